// Sixteen floats at a time, written once for every instruction set (GCC lowers the vector to what there is).
#pragma once

#include <cstdint>
#include <cstring>

namespace {

typedef float V __attribute__((vector_size(64)));
typedef int32_t I __attribute__((vector_size(64)));
constexpr int64_t kLanes = 16;

inline V load(const float* p) {
    V v;
    std::memcpy(&v, p, sizeof v);
    return v;
}

inline void store(float* p, V v) { std::memcpy(p, &v, sizeof v); }

inline V splat(float x) { return V{} + x; }

inline V load_part(const float* p, int64_t n, float fill = 0.0f) {
    V v = splat(fill);
    for (int64_t i = 0; i < n; i++) v[i] = p[i];
    return v;
}

inline void store_part(float* p, V v, int64_t n) {
    for (int64_t i = 0; i < n; i++) p[i] = v[i];
}

// The same pairwise order on every instruction set.
inline float sum(V v) {
    float a[kLanes];
    std::memcpy(a, &v, sizeof a);
    for (int64_t step = kLanes / 2; step > 0; step /= 2)
        for (int64_t i = 0; i < step; i++) a[i] += a[i + step];
    return a[0];
}

inline float largest(V v) {
    float m = v[0];
    for (int i = 1; i < kLanes; i++) m = v[i] > m ? v[i] : m;
    return m;
}

inline V max(V a, V b) { return a > b ? a : b; }

// e^x to 2 ulp; 0 below -87.3, saturating above 88, NaN stays NaN.
inline V exp(V x) {
    const V floor = splat(-87.3f), ceiling = splat(88.0f);
    I dead = x < floor;
    x = x < floor ? floor : x;
    x = x > ceiling ? ceiling : x;
    const V shift = splat(12582912.0f);  // 1.5 * 2^23: adding it rounds to the nearest integer
    V n = x * 1.44269504088896341f + shift;
    I exponent = (I)n << 23;
    n = n - shift;
    V r = x - n * 0.693359375f;
    r = r - n * -2.12194440e-4f;
    V p = splat(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * r * r + r + 1.0f;
    V y = (V)((I)p + exponent);
    return (V)((I)y & ~dead);
}

}  // namespace
