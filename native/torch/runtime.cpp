// The process's side of the engine: threads, chance, devices, switches.
#include <ATen/Context.h>
#include <ATen/Parallel.h>
#include <ATen/Version.h>
#include <torch/cuda.h>
#include <torch/types.h>
#include <torch/utils.h>

#include <atomic>
#include <type_traits>

#include "values.h"

using namespace orchestrator;

namespace {

at::Generator& generator_of(void* handle) { return *static_cast<at::Generator*>(handle); }

// Whether reduced precision is allowed is a truth value before 2.8; since then it is one of several options, of which 0
// allows it.
template <typename Option>
bool reduces(Option option) {
    if constexpr (std::is_same_v<Option, bool>) {
        return option;
    } else {
        return option == Option{};
    }
}

// The setter takes a truth value, with or without a second one, or one of those options.
template <typename Context>
auto set_fp16_reduction(Context& context, bool allowed, int) -> decltype(context.setAllowFP16ReductionCuBLAS(allowed)) {
    context.setAllowFP16ReductionCuBLAS(allowed);
}

template <typename Context>
void set_fp16_reduction(Context& context, bool allowed, long) {
    using Option = decltype(context.allowFP16ReductionCuBLAS());
    context.setAllowFP16ReductionCuBLAS(static_cast<Option>(allowed ? 0 : 1));
}

}  // namespace

const char* orc_torch_version() { return TORCH_VERSION; }

const char* orc_torch_config() {
    static thread_local std::string text;
    const int status = guarded([&] { text = at::show_config() + "\n" + at::get_parallel_info(); });
    return status == 0 ? text.c_str() : "";
}

int orc_torch_threads(int which, int value) {
    if (value > 0) {
        const int status =
            guarded([&] { which == 0 ? at::set_num_threads(value) : at::set_num_interop_threads(value); });
        if (status != 0) {
            return -1;
        }
    }
    return which == 0 ? at::get_num_threads() : at::get_num_interop_threads();
}

int orc_torch_cuda(int which) {
    int answer = 0;
    guarded([&] {
        answer = which == 0   ? torch::cuda::is_available()
                 : which == 1 ? static_cast<int>(torch::cuda::device_count())
                              : torch::cuda::cudnn_is_available();
    });
    return answer;
}

int orc_torch_cuda_synchronize(int device) {
    return guarded([&] { torch::cuda::synchronize(device); });
}

int orc_torch_cuda_seed(int64_t seed, int all) {
    return guarded([&] {
        if (torch::cuda::is_available()) {
            all != 0 ? torch::cuda::manual_seed_all(static_cast<uint64_t>(seed))
                     : torch::cuda::manual_seed(static_cast<uint64_t>(seed));
        }
    });
}

// 0 deterministic algorithms, 1 the same only warn, 2 TF32 in cuBLAS, 3 TF32 in cuDNN, 4 fp16 reduced-precision
// reduction, 5 float32 matmul precision (0 highest, 1 high, 2 medium), 6 flash attention, 7 math attention
int orc_torch_flag(int which, int value) {
    int before = -1;
    const int status = guarded([&] {
        auto& context = at::globalContext();
        switch (which) {
            case 0:
                before = context.deterministicAlgorithms();
                if (value >= 0) {
                    context.setDeterministicAlgorithms(value != 0, context.deterministicAlgorithmsWarnOnly());
                }
                break;
            case 1:
                before = context.deterministicAlgorithmsWarnOnly();
                if (value >= 0) {
                    context.setDeterministicAlgorithms(context.deterministicAlgorithms(), value != 0);
                }
                break;
            case 2:
                before = context.allowTF32CuBLAS();
                if (value >= 0) {
                    context.setAllowTF32CuBLAS(value != 0);
                }
                break;
            case 3:
                before = context.allowTF32CuDNN();
                if (value >= 0) {
                    context.setAllowTF32CuDNN(value != 0);
                }
                break;
            case 4:
                before = reduces(context.allowFP16ReductionCuBLAS());
                if (value >= 0) {
                    set_fp16_reduction(context, value != 0, 0);
                }
                break;
            case 5:
                before = static_cast<int>(context.float32MatmulPrecision());
                if (value >= 0) {
                    context.setFloat32MatmulPrecision(value == 0 ? "highest" : value == 1 ? "high" : "medium");
                }
                break;
#if ORC_TORCH_AT_LEAST(2, 0)
            case 6:
                before = context.userEnabledFlashSDP();
                if (value >= 0) {
                    context.setSDPUseFlash(value != 0);
                }
                break;
            case 7:
                before = context.userEnabledMathSDP();
                if (value >= 0) {
                    context.setSDPUseMath(value != 0);
                }
                break;
#endif
            default:
                TORCH_CHECK(false, "this libtorch (", TORCH_VERSION, ") has no switch ", which);
        }
    });
    return status == 0 ? before : -1;
}

int orc_torch_manual_seed(int64_t seed) {
    return guarded([&] { torch::manual_seed(static_cast<uint64_t>(seed)); });
}

int orc_torch_generator(int device_type, int device_index, int is_default, void** generator) {
    return guarded([&] {
        const at::Device device(static_cast<at::DeviceType>(device_type), static_cast<at::DeviceIndex>(device_index));
        const at::Generator& shared = at::globalContext().defaultGenerator(device);
        *generator = new at::Generator(is_default != 0 ? shared : shared.clone());
    });
}

int orc_torch_generator_seed(void* generator, int which, int64_t seed, int64_t* result) {
    return guarded([&] {
        at::Generator& target = generator_of(generator);
        std::lock_guard<std::mutex> lock(target.mutex());
        if (which == 0) {
            target.set_current_seed(static_cast<uint64_t>(seed));
        }
        *result = static_cast<int64_t>(which == 1 ? target.seed() : target.current_seed());
    });
}

int orc_torch_generator_state(void* generator, OrcTensor* state, int set) {
    return guarded([&] {
        at::Generator& target = generator_of(generator);
        std::lock_guard<std::mutex> lock(target.mutex());
        if (set != 0) {
            target.set_state(borrow(*state));
        } else {
            *state = give(target.get_state());
        }
    });
}

void orc_torch_generator_release(void* generator) { delete static_cast<at::Generator*>(generator); }
