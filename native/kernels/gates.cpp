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

inline f16 sigmoid_slope(const f16& x, const f16& s) {
    return s + x * s * (splat(1.0f) - s) * (x * x * (3.0f * kCubic * kTwice) + kTwice);
}

// The normal distribution function, 0.5 (1 + erf(x / sqrt 2)), to about 1e-7: Abramowitz and Stegun 7.1.26. `bell`
// receives exp(-x^2 / 2).
inline f16 normal(const f16& x, f16* bell) {
    const f16 z = each(x, x, [](Part v, Part) { return (v < 0.0f - Part{} ? -v : v) * 0.70710678118654752f; });
    const f16 power = each(z, z, [](Part v, Part w) { return -(v * w); });
    *bell = exponential(power);
    const f16 t = splat(1.0f) / (z * 0.3275911f + 1.0f);
    const f16 tail = ((((t * 1.061405429f - 1.453152027f) * t + 1.421413741f) * t - 0.284496736f) * t + 0.254829592f) *
                     t * *bell * 0.5f;
    return each(x, tail, [](Part v, Part w) { return v < 0.0f - Part{} ? w : 1.0f - w; });
}

// action(i, count) for the row's pieces of sixteen.
template <typename Action>
inline void for_lanes(int64_t width, const Action& action) {
    for (int64_t i = 0; i < width; i += kLanes) action(i, width - i < kLanes ? width - i : kLanes);
}

inline f16 load_some(const float* p, int64_t n) { return n == kLanes ? load(p) : load_part(p, n, 0.0f); }
inline void store_some(float* p, const f16& v, int64_t n) {
    if (n == kLanes) {
        store(p, v);
    } else {
        store_part(p, v, n);
    }
}

}  // namespace

void gelu_row(float* h_F, const float* bias_F, float* y_F, int64_t width) {
    for_lanes(width, [&](int64_t i, int64_t n) {
        const f16 x = load_some(h_F + i, n) + load_some(bias_F + i, n);
        store_some(h_F + i, x, n);
        store_some(y_F + i, x * sigmoid(x), n);
    });
}

void gelu_backward_row(float* grad_F, const float* h_F, int64_t width) {
    for_lanes(width, [&](int64_t i, int64_t n) {
        const f16 x = load_some(h_F + i, n);
        store_some(grad_F + i, load_some(grad_F + i, n) * sigmoid_slope(x, sigmoid(x)), n);
    });
}

void gelu_erf_row(float* h_F, const float* bias_F, float* y_F, int64_t width) {
    for_lanes(width, [&](int64_t i, int64_t n) {
        const f16 x = load_some(h_F + i, n) + load_some(bias_F + i, n);
        f16 bell;
        store_some(h_F + i, x, n);
        store_some(y_F + i, x * normal(x, &bell), n);
    });
}

void gelu_erf_backward_row(float* grad_F, const float* h_F, int64_t width) {
    for_lanes(width, [&](int64_t i, int64_t n) {
        const f16 x = load_some(h_F + i, n);
        f16 bell;
        const f16 below = normal(x, &bell);
        store_some(grad_F + i, load_some(grad_F + i, n) * (below + x * bell * 0.3989422804014327f), n);
    });
}

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
