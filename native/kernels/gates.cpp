#include "lanes.h"
#include "loops.h"

namespace orc {
namespace ORC_ISA {

namespace {

// gelu(a) = a sigmoid(2u) with u = sqrt(2 / pi) (a + 0.044715 a^3).
constexpr float kTwice = 2.0f * 0.7978845608028654f;
constexpr float kCubic = 0.044715f;

// exponential is exact up to 88, where the sigmoid is 0 to single precision; NaN stays NaN.
inline f16 sigmoid(const f16& a) {
    const f16 power =
        each((a + a * a * a * kCubic) * -kTwice, splat(88.0f), [](Part x, Part y) { return x > y ? y : x; });
    return splat(1.0f) / (exponential(power) + 1.0f);
}

}  // namespace

void gated_gelu_row(const float* h_2F, float* y_F, int64_t width) {
    const float *a = h_2F, *b = h_2F + width;
    for (int64_t i = 0; i < width; i += kLanes) {
        const int64_t n = width - i;
        if (n >= kLanes) {
            f16 x = load(a + i);
            store(y_F + i, x * sigmoid(x) * load(b + i));
        } else {
            f16 x = load_part(a + i, n, 0.0f);
            store_part(y_F + i, x * sigmoid(x) * load_part(b + i, n, 0.0f), n);
        }
    }
}

void gated_gelu_backward_row(const float* grad_y_F, float* h_2F, int64_t width) {
    float *a = h_2F, *b = h_2F + width;
    for (int64_t i = 0; i < width; i += kLanes) {
        const int64_t n = width - i;
        const bool whole = n >= kLanes;
        f16 x = whole ? load(a + i) : load_part(a + i, n, 0.0f);
        f16 gate = whole ? load(b + i) : load_part(b + i, n, 0.0f);
        f16 g = whole ? load(grad_y_F + i) : load_part(grad_y_F + i, n, 0.0f);
        f16 s = sigmoid(x);
        f16 value = x * s;
        f16 slope = s + value * (splat(1.0f) - s) * (x * x * (3.0f * kCubic * kTwice) + kTwice);
        if (whole) {
            store(a + i, g * gate * slope);
            store(b + i, g * value);
        } else {
            store_part(a + i, g * gate * slope, n);
            store_part(b + i, g * value, n);
        }
    }
}

void relu_backward(float* grad, const float* y, int64_t count) {
    for (int64_t i = 0; i < count; ++i) grad[i] = y[i] > 0.0f ? grad[i] : 0.0f;
}

}  // namespace ORC_ISA
}  // namespace orc
