// Fused kernels of a T5's forward and backward pass over raw fp32 memory, behind a C ABI.
//
// Letters: R = rows (batch x length), D = width, F = hidden width, V = vocabulary, B = batch, H = heads,
// Q = query length, K = key length, E = width of a head. Everything is row-major fp32.
// Results do not depend on the number of threads: rows are independent, and sums over rows go through fixed blocks.
#pragma once

#include <cstdint>

#define ORC_MODEL_API extern "C" __attribute__((visibility("default")))

// y = gelu_tanh(h[:, :F]) * h[:, F:]
#define ORC_GEGLU_FORWARD(name) void name(const float* h_R2F, float* y_RF, int64_t rows, int64_t width)

// h becomes d(loss)/dh, given dy.
#define ORC_GEGLU_BACKWARD(name) void name(const float* dy_RF, float* h_R2F, int64_t rows, int64_t width)

// dy becomes 0 where y is 0.
#define ORC_RELU_BACKWARD(name) void name(float* dy, const float* y, int64_t count)

// table[id] += g, in row order.
#define ORC_EMBEDDING_BACKWARD(name) \
    void name(const float* g_RD, const int64_t* ids_R, float* table_VD, int64_t rows, int64_t width)

struct OrcAttention {
    int64_t batch, heads, queries, keys, width;
    // element strides between batch items and between positions; heads lie side by side in a row
    int64_t q_batch, q_row, k_batch, k_row, v_batch, v_row, o_batch, o_row;
    const float* bias;  // by distance: bias[h * bias_heads + key - query + bias_origin], or null
    int64_t bias_heads, bias_origin;
    const float* key_mask_BK;      // 0 hides the key, or null
    const float* value_scale_BHK;  // factor of each value row (dropout of attention weights), or null
    int64_t causal;                // 1: query i sees the keys up to i + causal_offset
    int64_t causal_offset;
};

// o = softmax(q k^T + bias) v; probabilities_BHQK is kept for the backward pass, or null.
#define ORC_ATTENTION_FORWARD(name) \
    int name(const OrcAttention* a, const float* q, const float* k, const float* v, float* o, float* probabilities_BHQK)

// dq, dk, dv (strides of q, k, v) are overwritten, dbias (layout of bias) is added to. probabilities are destroyed.
#define ORC_ATTENTION_BACKWARD(name)                                                                  \
    int name(const OrcAttention* a, const float* q, const float* k, const float* v, const float* d_o, \
             float* probabilities_BHQK, float* dq, float* dk, float* dv, float* dbias)

#define ORC_MODEL_KERNELS(X)                      \
    X(geglu_forward, ORC_GEGLU_FORWARD)           \
    X(geglu_backward, ORC_GEGLU_BACKWARD)         \
    X(relu_backward, ORC_RELU_BACKWARD)           \
    X(embedding_backward, ORC_EMBEDDING_BACKWARD) \
    X(attention_forward, ORC_ATTENTION_FORWARD)   \
    X(attention_backward, ORC_ATTENTION_BACKWARD)

#define ORC_PASTE_(a, b) a##_##b
#define ORC_PASTE(a, b) ORC_PASTE_(a, b)
#define ORC_KERNEL(name) ORC_PASTE(name, ORC_ISA)

typedef void (*OrcSgemm)(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const float* a, int lda,
                         const float* b, int ldb, float beta, float* c, int ldc);
extern OrcSgemm orc_sgemm;  // the process's BLAS
