// The inner loops, single-threaded, over one block each. Compiled once for each instruction set (ORC_ISA names its
// namespace); kernels.cpp cuts the work into blocks whose bounds do not depend on the number of threads.
// Shape suffixes: N = rows, V = vocabulary, D = model width, R = rows, C = columns, K = keys. Row-major fp32.
#pragma once

#include <cstdint>

namespace orc {

// What one block of an Adafactor tensor adds to the tensor's sums.
struct UpdateSums {
    double weight_squares;
    double update_squares;
};

// log Z of one row of logits is top + log_sum.
struct LogZ {
    double top;
    double log_sum;
    double logits;  // their sum, where labels are smoothed
};

// How an Adafactor update meets the weight: weight x keep - update, the update averaged with those before it.
struct Blend {
    float beta1;
    float keep;
    bool plain;  // neither momentum nor decay: weight - update
};

// Constants of an Adam step. Mirrored by NativeAdamStep in training/Native.
struct AdamStep {
    float rate;  // learning rate / (1 - beta1^t)
    float beta1;
    float beta2;
    float root;  // 1 / sqrt(1 - beta2^t)
    float epsilon;
    float keep;  // 1 - learning rate x weight decay
    float grad_scale;
};

struct Loops {
    const char* name;

    void (*add)(float* into, const float* a, const float* b, int64_t count);
    void (*scale)(float* values, int64_t count, float factor);
    double (*sum_squares)(const float* values, int64_t count);
    int64_t (*first_non_finite)(const float* values, int64_t count);
    void (*to_bfloat16)(uint16_t* into, const float* from, int64_t count);
    void (*from_bfloat16)(float* into, const uint16_t* from, int64_t count);
    uint64_t (*digest)(const void* bytes, int64_t count, uint64_t seed);

    // Factored: sums of squares of gradient x scale by row [R] and, added on, by column [C]; returns the weights' sum.
    double (*factored_sums)(const float* weight_RC, const float* grad_RC, int64_t rows, int64_t columns, float scale,
                            double* row_R, double* column_C);
    // Sum of (gradient x row x column) squared, row_R with the gradient's scale in it.
    double (*factored_update_squares)(const float* grad_RC, int64_t rows, int64_t columns, const float* row_R,
                                      const float* column_C);
    void (*factored_update)(float* weight_RC, const float* grad_RC, float* momentum_RC, int64_t rows, int64_t columns,
                            const float* row_R, const float* column_C, const Blend& blend);
    UpdateSums (*plain_sums)(const float* weight, const float* grad, float* second, int64_t count, float scale,
                             float decay, float epsilon);
    void (*plain_update)(float* weight, const float* grad, const float* second, float* momentum, int64_t count,
                         float rate, const Blend& blend);
    // Loshchilov & Hutter 2019, algorithm 2, in PyTorch's order.
    void (*adam_update)(float* weight, const float* grad, float* first, float* second, int64_t count,
                        const AdamStep& step);

    // One row; with backward the logits become grad_scale x d(loss + z log^2 Z)/d logits, the loss being the
    // cross-entropy with a label of 1 - share at the target and share spread evenly over the others.
    LogZ (*cross_entropy_row)(float* logits_V, int64_t vocabulary, int64_t target, double z_loss, double share,
                              float grad_scale, bool backward);
    // Returns 1 / sqrt(mean(x^2) + epsilon).
    float (*rms_norm_row)(const float* x_D, const float* weight_D, float* y_D, int64_t width, double epsilon);
    // grad_weight_D gains grad_y x x x inverse.
    void (*rms_norm_backward_row)(const float* x_D, const float* weight_D, const float* grad_y_D, float inverse,
                                  float* grad_x_D, double* grad_weight_D, int64_t width);
    // y = w (x - mean) rstd + b.
    void (*layer_norm_row)(const float* x_D, const float* weight_D, const float* bias_D, float* y_D, float* mean_rstd,
                           int64_t width, double epsilon);
    // grad_weight_D and grad_bias_D gain.
    void (*layer_norm_backward_row)(const float* x_D, const float* weight_D, const float* grad_y_D,
                                    const float* mean_rstd, float* grad_x_D, double* grad_weight_D, double* grad_bias_D,
                                    int64_t width);
    // In place; keep_K is 0 where a key is masked, or null; bias_K may be null. Only the first `visible` keys count.
    void (*softmax_row)(float* scores_K, const float* bias_K, const uint8_t* keep_K, int64_t keys, int64_t visible);
    void (*softmax_backward_row)(float* grad_K, const float* probabilities_K, int64_t keys);
    // y = gelu(a) b of one row [a | b], gelu in its tanh form; and the row's gradient in its place.
    void (*gated_gelu_row)(const float* h_2F, float* y_F, int64_t width);
    void (*gated_gelu_backward_row)(const float* grad_y_F, float* h_2F, int64_t width);
    // grad becomes 0 where y is.
    void (*relu_backward)(float* grad, const float* y, int64_t count);
    // y = x w', each value a dot product of its own; onto, in y's layout, is added, or null.
    void (*row_products)(const float* x, int64_t x_row, int64_t rows, const float* w, int64_t w_row, int64_t outputs,
                         int64_t width, float* y, int64_t y_row, const float* onto);
    // o = sum over keys of weight x value, in their order.
    void (*weighted_sum)(const float* weights_K, const float* values, int64_t value_row, int64_t keys, float* o,
                         int64_t width);
    // h gains the bias and y = gelu(h); the gradient is multiplied by the slope at h. Tanh form, then error function.
    void (*gelu_row)(float* h_F, const float* bias_F, float* y_F, int64_t width);
    void (*gelu_backward_row)(float* grad_F, const float* h_F, int64_t width);
    void (*gelu_erf_row)(float* h_F, const float* bias_F, float* y_F, int64_t width);
    void (*gelu_erf_backward_row)(float* grad_F, const float* h_F, int64_t width);
    // Turns the first 2 x pairs values of each head; direction is 1 or -1.
    void (*rotate_row)(float* x, int64_t heads, int64_t head_stride, int64_t pairs, const float* cos_P,
                       const float* sin_P, float direction);
    void (*accumulate)(double* into, const float* from, int64_t count);
};

const Loops& baseline_loops();
const Loops& avx2_loops();
const Loops& avx512_loops();

namespace ORC_ISA {
void add(float* into, const float* a, const float* b, int64_t count);
void scale(float* values, int64_t count, float factor);
double sum_squares(const float* values, int64_t count);
int64_t first_non_finite(const float* values, int64_t count);
void to_bfloat16(uint16_t* into, const float* from, int64_t count);
void from_bfloat16(float* into, const uint16_t* from, int64_t count);
uint64_t digest(const void* bytes, int64_t count, uint64_t seed);
double factored_sums(const float* weight_RC, const float* grad_RC, int64_t rows, int64_t columns, float scale,
                     double* row_R, double* column_C);
double factored_update_squares(const float* grad_RC, int64_t rows, int64_t columns, const float* row_R,
                               const float* column_C);
void factored_update(float* weight_RC, const float* grad_RC, float* momentum_RC, int64_t rows, int64_t columns,
                     const float* row_R, const float* column_C, const Blend& blend);
UpdateSums plain_sums(const float* weight, const float* grad, float* second, int64_t count, float scale, float decay,
                      float epsilon);
void plain_update(float* weight, const float* grad, const float* second, float* momentum, int64_t count, float rate,
                  const Blend& blend);
void adam_update(float* weight, const float* grad, float* first, float* second, int64_t count, const AdamStep& step);
LogZ cross_entropy_row(float* logits_V, int64_t vocabulary, int64_t target, double z_loss, double share,
                       float grad_scale, bool backward);
float rms_norm_row(const float* x_D, const float* weight_D, float* y_D, int64_t width, double epsilon);
void rms_norm_backward_row(const float* x_D, const float* weight_D, const float* grad_y_D, float inverse,
                           float* grad_x_D, double* grad_weight_D, int64_t width);
void softmax_row(float* scores_K, const float* bias_K, const uint8_t* keep_K, int64_t keys, int64_t visible);
void softmax_backward_row(float* grad_K, const float* probabilities_K, int64_t keys);
void gated_gelu_row(const float* h_2F, float* y_F, int64_t width);
void gated_gelu_backward_row(const float* grad_y_F, float* h_2F, int64_t width);
void relu_backward(float* grad, const float* y, int64_t count);
void row_products(const float* x, int64_t x_row, int64_t rows, const float* w, int64_t w_row, int64_t outputs,
                  int64_t width, float* y, int64_t y_row, const float* onto);
void weighted_sum(const float* weights_K, const float* values, int64_t value_row, int64_t keys, float* o,
                  int64_t width);
void layer_norm_row(const float* x_D, const float* weight_D, const float* bias_D, float* y_D, float* mean_rstd,
                    int64_t width, double epsilon);
void layer_norm_backward_row(const float* x_D, const float* weight_D, const float* grad_y_D, const float* mean_rstd,
                             float* grad_x_D, double* grad_weight_D, double* grad_bias_D, int64_t width);
void gelu_row(float* h_F, const float* bias_F, float* y_F, int64_t width);
void gelu_backward_row(float* grad_F, const float* h_F, int64_t width);
void gelu_erf_row(float* h_F, const float* bias_F, float* y_F, int64_t width);
void gelu_erf_backward_row(float* grad_F, const float* h_F, int64_t width);
void rotate_row(float* x, int64_t heads, int64_t head_stride, int64_t pairs, const float* cos_P, const float* sin_P,
                float direction);
void accumulate(double* into, const float* from, int64_t count);
}  // namespace ORC_ISA

}  // namespace orc
