#include "values.h"

#include <ATen/core/List.h>
#include <c10/util/Exception.h>

#include <atomic>
#include <mutex>

namespace orchestrator {
namespace {

thread_local std::string last_error;
thread_local void* last_managed_error = nullptr;
std::atomic<int64_t> live_handles{0};
std::atomic<int64_t> peak_handles{0};  // near enough: two threads at the peak may record the lower of theirs

at::TensorImpl* impl(OrcTensor handle) { return static_cast<at::TensorImpl*>(handle); }

}  // namespace

struct ManagedError::Held {
    void* handle;
    void (*release)(void*);
    std::mutex mutex;
    ~Held() {
        if (handle != nullptr) {
            release(handle);
        }
    }
};

ManagedError::ManagedError(void* handle, void (*release)(void*)) : held_(new Held{handle, release, {}}) {}

void* ManagedError::take() const {
    std::lock_guard<std::mutex> lock(held_->mutex);
    return std::exchange(held_->handle, nullptr);
}

int record_error(const std::exception& error) noexcept {
    if (const auto* managed = dynamic_cast<const ManagedError*>(&error)) {
        last_managed_error = managed->take();
        return 2;
    }
    if (const auto* torch = dynamic_cast<const c10::Error*>(&error)) {
        return record_error(torch->what_without_backtrace());
    }
    return record_error(error.what());
}

int record_error(const char* text) noexcept {
    try {
        last_error = text;
    } catch (...) {
        last_error.clear();
    }
    return 1;
}

at::Tensor borrow(OrcTensor handle) {
    if (handle == nullptr) {
        return {};
    }
    return at::Tensor(
        c10::intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl>::unsafe_reclaim_from_nonowning(impl(handle)));
}

at::Tensor lend(OrcTensor handle) {
    return at::Tensor(c10::intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl>::reclaim(impl(handle)));
}

OrcTensor give(at::Tensor tensor) {
    if (!tensor.defined()) {
        return nullptr;
    }
    const int64_t live = live_handles.fetch_add(1, std::memory_order_relaxed) + 1;
    if (live > peak_handles.load(std::memory_order_relaxed)) {
        peak_handles.store(live, std::memory_order_relaxed);
    }
    return tensor.unsafeReleaseTensorImpl();
}

std::vector<at::Tensor> borrow_all(const OrcTensor* handles, int count) {
    std::vector<at::Tensor> tensors;
    tensors.reserve(count);
    for (int i = 0; i < count; ++i) {
        tensors.push_back(borrow(handles[i]));
    }
    return tensors;
}

c10::IValue to_ivalue(const OrcValue& value) {
    switch (value.tag) {
        case ORC_NONE:
            return {};
        case ORC_TENSOR:
            return borrow(value.pointer);
        case ORC_INT:
            return value.integer;
        case ORC_DOUBLE:
            return value.real;
        case ORC_BOOL:
            return value.integer != 0;
        case ORC_INT_LIST:
            return c10::List<int64_t>(at::IntArrayRef(static_cast<const int64_t*>(value.pointer), value.aux));
        case ORC_DOUBLE_LIST:
            return c10::List<double>(at::ArrayRef<double>(static_cast<const double*>(value.pointer), value.aux));
        case ORC_TENSOR_LIST: {
            c10::List<at::Tensor> list;
            list.reserve(value.aux);
            for (int i = 0; i < value.aux; ++i) {
                list.push_back(borrow(static_cast<const OrcTensor*>(value.pointer)[i]));
            }
            return list;
        }
        case ORC_OPTIONAL_TENSOR_LIST: {
            c10::List<Optional<at::Tensor>> list;
            list.reserve(value.aux);
            for (int i = 0; i < value.aux; ++i) {
                OrcTensor handle = static_cast<const OrcTensor*>(value.pointer)[i];
                list.push_back(handle == nullptr ? Optional<at::Tensor>() : Optional<at::Tensor>(borrow(handle)));
            }
            return list;
        }
        case ORC_STRING:
            return std::string(static_cast<const char*>(value.pointer), value.aux);
        case ORC_DEVICE:
            return at::Device(static_cast<at::DeviceType>(value.aux), static_cast<at::DeviceIndex>(value.integer));
        case ORC_GENERATOR:
            return *static_cast<const at::Generator*>(value.pointer);
        default:
            TORCH_CHECK(false, "a value has the unknown tag ", value.tag);
    }
}

void from_ivalue(c10::IValue&& value, std::vector<OrcValue>& results) {
    OrcValue result{};
    if (value.isTensor()) {
        result.tag = ORC_TENSOR;
        result.pointer = give(std::move(value).toTensor());
    } else if (value.isTensorList()) {
        c10::List<at::Tensor> list = std::move(value).toTensorList();
        for (size_t i = 0; i < list.size(); ++i) {
            OrcValue item{};
            item.tag = ORC_TENSOR;
            item.pointer = give(list.get(i));
            results.push_back(item);
        }
        return;
    } else if (value.isInt()) {
        result.tag = ORC_INT;
        result.integer = value.toInt();
    } else if (value.isDouble()) {
        result.tag = ORC_DOUBLE;
        result.real = value.toDouble();
    } else if (value.isBool()) {
        result.tag = ORC_BOOL;
        result.integer = value.toBool() ? 1 : 0;
    } else if (value.isNone()) {
        result.tag = ORC_NONE;
    } else {
        TORCH_CHECK(false, "an operator gave a ", value.tagKind(), ", which has no managed form");
    }
    results.push_back(result);
}

}  // namespace orchestrator

using namespace orchestrator;

const char* orc_torch_error() { return last_error.c_str(); }

void* orc_torch_managed_error() { return std::exchange(last_managed_error, nullptr); }

void orc_torch_retain(OrcTensor tensor) {
    if (tensor != nullptr) {
        give(borrow(tensor));
    }
}

void orc_torch_release(OrcTensor tensor) {
    if (tensor != nullptr) {
        live_handles.fetch_sub(1, std::memory_order_relaxed);
        c10::intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl>::reclaim(impl(tensor));
    }
}

int64_t orc_torch_live(int which) { return (which == 0 ? live_handles : peak_handles).load(std::memory_order_relaxed); }
