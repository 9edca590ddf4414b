// Gates, layer norm, biases, row products, rotary positions and the embedding's gradient. Shape suffixes: R = rows, D =
// model width, F = hidden width, V = vocabulary, P = pairs that turn together.
#include <vector>

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

// h gains the bias; y = gelu(h) in its tanh form or, with exact, by the error function.
ORC_EXPORT void orc_gelu(float* h_RF, const float* bias_F, float* y_RF, int64_t rows, int64_t width, int32_t exact) {
    const auto row = exact != 0 ? loops().gelu_erf_row : loops().gelu_row;
    for_blocks(rows, [&](int64_t r) { row(h_RF + r * width, bias_F, y_RF + r * width, width); });
}

// The gradient of y becomes that of h.
ORC_EXPORT void orc_gelu_backward(float* grad_RF, const float* h_RF, int64_t rows, int64_t width, int32_t exact) {
    const auto row = exact != 0 ? loops().gelu_erf_backward_row : loops().gelu_backward_row;
    for_blocks(rows, [&](int64_t r) { row(grad_RF + r * width, h_RF + r * width, width); });
}

// mean_rstd [rows, 2] is kept for the backward pass.
ORC_EXPORT void orc_layer_norm(const float* x_RD, const float* weight_D, const float* bias_D, float* y_RD,
                               float* mean_rstd, int64_t rows, int64_t width, double epsilon) {
    for_blocks(rows, [&](int64_t r) {
        loops().layer_norm_row(x_RD + r * width, weight_D, bias_D, y_RD + r * width, mean_rstd + 2 * r, width, epsilon);
    });
}

// grad_weight_D and grad_bias_D gain; grad_x_RD may be grad_y_RD.
ORC_EXPORT void orc_layer_norm_backward(const float* x_RD, const float* weight_D, const float* grad_y_RD,
                                        const float* mean_rstd, float* grad_x_RD, float* grad_weight_D,
                                        float* grad_bias_D, int64_t rows, int64_t width) {
    const int64_t blocks = blocks_of(rows, kRows);
    std::vector<double> weight(static_cast<size_t>(blocks * width)), bias(static_cast<size_t>(blocks * width));
    for_values(rows, kRows, [&](int64_t at, int64_t n) {
        for (int64_t r = at; r < at + n; ++r) {
            loops().layer_norm_backward_row(x_RD + r * width, weight_D, grad_y_RD + r * width, mean_rstd + 2 * r,
                                            grad_x_RD + r * width, &weight[at / kRows * width],
                                            &bias[at / kRows * width], width);
        }
    });
    for (int64_t d = 0; d < width; ++d) {
        double weight_sum = 0, bias_sum = 0;
        for (int64_t b = 0; b < blocks; ++b) {
            weight_sum += weight[b * width + d];
            bias_sum += bias[b * width + d];
        }
        grad_weight_D[d] += static_cast<float>(weight_sum);
        grad_bias_D[d] += static_cast<float>(bias_sum);
    }
}

// Every row gains the bias.
ORC_EXPORT void orc_add_bias(float* x_RD, const float* bias_D, int64_t rows, int64_t width) {
    for_blocks(rows, [&](int64_t r) { loops().add(x_RD + r * width, x_RD + r * width, bias_D, width); });
}

// The bias's gradient gains the sum of the rows.
ORC_EXPORT void orc_bias_backward(const float* grad_RD, float* grad_bias_D, int64_t rows, int64_t width) {
    const int64_t blocks = blocks_of(rows, kRows);
    std::vector<double> partial(static_cast<size_t>(blocks * width));
    for_values(rows, kRows, [&](int64_t at, int64_t n) {
        for (int64_t r = at; r < at + n; ++r)
            loops().accumulate(&partial[at / kRows * width], grad_RD + r * width, width);
    });
    for (int64_t d = 0; d < width; ++d) {
        double sum = 0;
        for (int64_t b = 0; b < blocks; ++b) sum += partial[b * width + d];
        grad_bias_D[d] += static_cast<float>(sum);
    }
}

// Turns queries or keys by their positions: x begins at the first head's first value. table [positions, 2, P] holds
// cosines and sines.
ORC_EXPORT void orc_rotate(float* x, int64_t rows, int64_t row_stride, int64_t heads, int64_t head_stride,
                           int64_t pairs, const int64_t* positions_R, const float* table, float direction) {
    for_blocks(rows, [&](int64_t r) {
        const float* cos = table + positions_R[r] * 2 * pairs;
        loops().rotate_row(x + r * row_stride, heads, head_stride, pairs, cos, cos + pairs, direction);
    });
}
