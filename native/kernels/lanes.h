// Sixteen lanes as the compiler's vectors, whatever the machine has: sums come out the same with every instruction set.
#pragma once

#include <cstdint>
#include <cstring>

namespace orc {
namespace ORC_ISA {

typedef float f16 __attribute__((vector_size(64)));
typedef int32_t i16 __attribute__((vector_size(64)));
typedef float f8 __attribute__((vector_size(32)));
typedef double d8 __attribute__((vector_size(64)));

constexpr int64_t kLanes = 16;

inline f16 load(const float* p) {
    f16 v;
    std::memcpy(&v, p, sizeof(v));
    return v;
}

// The last lanes of a row: absent ones are `fill`.
inline f16 load_part(const float* p, int64_t count, float fill) {
    f16 v = fill - f16{};
    std::memcpy(&v, p, static_cast<size_t>(count) * sizeof(float));
    return v;
}

inline void store(float* p, f16 v) { std::memcpy(p, &v, sizeof(v)); }

inline void store_part(float* p, f16 v, int64_t count) {
    std::memcpy(p, &v, static_cast<size_t>(count) * sizeof(float));
}

inline f16 splat(float x) { return x - f16{}; }

// A sum of floats in sixteen double lanes.
struct Sum {
    d8 low{};
    d8 high{};

    void add(f16 v) {
        f8 a, b;
        std::memcpy(&a, &v, sizeof(a));
        std::memcpy(&b, reinterpret_cast<const char*>(&v) + sizeof(a), sizeof(b));
        low += __builtin_convertvector(a, d8);
        high += __builtin_convertvector(b, d8);
    }

    void add_product(f16 x, f16 y) {
        f8 xa, xb, ya, yb;
        std::memcpy(&xa, &x, sizeof(xa));
        std::memcpy(&xb, reinterpret_cast<const char*>(&x) + sizeof(xa), sizeof(xb));
        std::memcpy(&ya, &y, sizeof(ya));
        std::memcpy(&yb, reinterpret_cast<const char*>(&y) + sizeof(ya), sizeof(yb));
        low += __builtin_convertvector(xa, d8) * __builtin_convertvector(ya, d8);
        high += __builtin_convertvector(xb, d8) * __builtin_convertvector(yb, d8);
    }

    double total() const {
        d8 both = low + high;
        return ((both[0] + both[4]) + (both[2] + both[6])) + ((both[1] + both[5]) + (both[3] + both[7]));
    }
};

// e^x to about 1 ulp for x <= 88; below -87 it is 0; NaN stays NaN. Cephes' polynomial.
inline f16 exponential(f16 x) {
    const f16 lowest = splat(-87.0f);
    i16 tiny = x < lowest;
    x = tiny ? lowest : x;
    const f16 magic = splat(12582912.0f);  // 1.5 x 2^23: adding it rounds to an integer
    f16 n = (x * 1.44269504088896341f + magic) - magic;
    f16 r = x - n * 0.693359375f;
    r = r - n * -2.12194440e-4f;
    f16 p = splat(1.9875691500e-4f);
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    i16 bits = (__builtin_convertvector(n, i16) + 127) << 23;
    f16 power;
    std::memcpy(&power, &bits, sizeof(power));
    p = p * power;
    return tiny ? f16{} : p;
}

inline float maximum(f16 v) {
    float m = v[0];
    for (int i = 1; i < kLanes; ++i) m = v[i] > m ? v[i] : m;
    return m;
}

}  // namespace ORC_ISA
}  // namespace orc
