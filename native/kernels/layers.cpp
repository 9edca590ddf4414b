// Gates, row products and the embedding's gradient. Shape suffixes: R = rows, D = model width, F = hidden width, V =
// vocabulary.
#include "blocks.h"

using namespace orc;

ORC_EXPORT void orc_gated_gelu(const float* h_R2F, float* y_RF, int64_t rows, int64_t width) {
    for_blocks(rows, [&](int64_t r) { loops().gated_gelu_row(h_R2F + r * 2 * width, y_RF + r * width, width); });
}

// h becomes its gradient.
ORC_EXPORT void orc_gated_gelu_backward(const float* grad_y_RF, float* h_R2F, int64_t rows, int64_t width) {
    for_blocks(
        rows, [&](int64_t r) { loops().gated_gelu_backward_row(grad_y_RF + r * width, h_R2F + r * 2 * width, width); });
}

ORC_EXPORT void orc_relu_backward(float* grad, const float* y, int64_t count) {
    for_values(count, 1 << 14, [&](int64_t at, int64_t n) { loops().relu_backward(grad + at, y + at, n); });
}

// y [R, N] = x [R, K] w' [N, K] + onto [R, N], or without onto where it is null.
ORC_EXPORT void orc_row_products(const float* x, const float* w, const float* onto, float* y, int64_t rows,
                                 int64_t outputs, int64_t width) {
    for_values(outputs, 64, [&](int64_t at, int64_t n) {
        loops().row_products(x, width, rows, w + at * width, width, n, width, y + at, outputs,
                             onto != nullptr ? onto + at : nullptr);
    });
}

// table[id] += gradient, in row order; threads share the columns.
ORC_EXPORT void orc_embedding_backward(const float* grad_RD, const int64_t* ids_R, float* table_VD, int64_t rows,
                                       int64_t width) {
    for_values(width, 64, [&](int64_t at, int64_t n) {
        for (int64_t r = 0; r < rows; ++r) {
            float* into = table_VD + ids_R[r] * width + at;
            loops().add(into, into, grad_RD + r * width + at, n);
        }
    });
}
