// Picks the kernels of this machine's instruction set and finds the process's BLAS.
#include "model.h"

#include <dlfcn.h>

#include <initializer_list>

#define ORC_DECLARE(name, signature) \
    signature(name##_v2);            \
    signature(name##_v3);            \
    signature(name##_v4);
ORC_MODEL_KERNELS(ORC_DECLARE)

namespace {

int level() {
    static const int found =
        __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq") &&
                __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512cd")
            ? 4
        : __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2") ? 3
                                                                                                            : 2;
    return found;
}

OrcSgemm find_sgemm() {
    if (void* loaded = dlsym(RTLD_DEFAULT, "cblas_sgemm")) return reinterpret_cast<OrcSgemm>(loaded);
    for (const char* name : {"libblas.so.3", "libopenblas.so.0"})
        if (void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL))
            if (void* found = dlsym(library, "cblas_sgemm")) return reinterpret_cast<OrcSgemm>(found);
    return nullptr;
}

}  // namespace

OrcSgemm orc_sgemm = find_sgemm();

#define ORC_PICK(name) (level() == 4 ? name##_v4 : level() == 3 ? name##_v3 : name##_v2)

ORC_MODEL_API ORC_GEGLU_FORWARD(orc_model_geglu_forward) { ORC_PICK(geglu_forward)(h_R2F, y_RF, rows, width); }

ORC_MODEL_API ORC_GEGLU_BACKWARD(orc_model_geglu_backward) { ORC_PICK(geglu_backward)(dy_RF, h_R2F, rows, width); }

ORC_MODEL_API ORC_RELU_BACKWARD(orc_model_relu_backward) { ORC_PICK(relu_backward)(dy, y, count); }

ORC_MODEL_API ORC_EMBEDDING_BACKWARD(orc_model_embedding_backward) {
    ORC_PICK(embedding_backward)(g_RD, ids_R, table_VD, rows, width);
}

ORC_MODEL_API ORC_ATTENTION_FORWARD(orc_model_attention_forward) {
    return ORC_PICK(attention_forward)(a, q, k, v, o, probabilities_BHQK);
}

ORC_MODEL_API ORC_ATTENTION_BACKWARD(orc_model_attention_backward) {
    return ORC_PICK(attention_backward)(a, q, k, v, d_o, probabilities_BHQK, dq, dk, dv, dbias);
}
