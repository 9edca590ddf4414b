// Sixteen lanes, in as many registers as the instruction set needs for them: sums come out the same with every one.
#pragma once

#include <cstdint>
#include <cstring>

#if defined(__FMA__)
#include <immintrin.h>
#endif

namespace orc {
namespace ORC_ISA {

#if defined(__AVX512F__)
constexpr int kWidth = 64;
#elif defined(__AVX__)
constexpr int kWidth = 32;
#else
constexpr int kWidth = 16;
#endif

constexpr int64_t kLanes = 16;
constexpr int kParts = 64 / kWidth;

typedef float Part __attribute__((vector_size(kWidth)));
typedef int32_t IntPart __attribute__((vector_size(kWidth)));
typedef double DoublePart __attribute__((vector_size(kWidth)));
typedef float HalfPart __attribute__((vector_size(kWidth / 2)));

struct f16 {
    Part part[kParts];
};

struct d16 {
    DoublePart part[2 * kParts];
};

// Memory is read and written a register at a time: a copy in other pieces would not be forwarded from store to load.
typedef Part LoosePart __attribute__((aligned(4), may_alias));
typedef DoublePart LooseDoublePart __attribute__((aligned(8), may_alias));

inline f16 load(const float* p) {
    f16 v;
    for (int i = 0; i < kParts; ++i) v.part[i] = *reinterpret_cast<const LoosePart*>(p + i * (kLanes / kParts));
    return v;
}

inline void store(float* p, const f16& v) {
    for (int i = 0; i < kParts; ++i) *reinterpret_cast<LoosePart*>(p + i * (kLanes / kParts)) = v.part[i];
}

inline d16 load(const double* p) {
    d16 v;
    for (int i = 0; i < 2 * kParts; ++i) {
        v.part[i] = *reinterpret_cast<const LooseDoublePart*>(p + i * (kLanes / kParts / 2));
    }
    return v;
}

inline void store(double* p, const d16& v) {
    for (int i = 0; i < 2 * kParts; ++i) {
        *reinterpret_cast<LooseDoublePart*>(p + i * (kLanes / kParts / 2)) = v.part[i];
    }
}

inline f16 splat(float x) {
    f16 v;
    for (auto& part : v.part) part = x - Part{};
    return v;
}

// The last lanes of a row: absent ones are `fill`.
inline f16 load_part(const float* p, int64_t count, float fill) {
    float lane[kLanes];
    store(lane, splat(fill));
    std::memcpy(lane, p, static_cast<size_t>(count) * sizeof(float));
    return load(lane);
}

inline void store_part(float* p, const f16& v, int64_t count) {
    float lane[kLanes];
    store(lane, v);
    std::memcpy(p, lane, static_cast<size_t>(count) * sizeof(float));
}

template <typename Action>
inline f16 each(const f16& a, const f16& b, const Action& action) {
    f16 v;
    for (int i = 0; i < kParts; ++i) v.part[i] = action(a.part[i], b.part[i]);
    return v;
}

inline f16 operator+(const f16& a, const f16& b) {
    return each(a, b, [](Part x, Part y) { return x + y; });
}
inline f16 operator-(const f16& a, const f16& b) {
    return each(a, b, [](Part x, Part y) { return x - y; });
}
inline f16 operator*(const f16& a, const f16& b) {
    return each(a, b, [](Part x, Part y) { return x * y; });
}
inline f16 operator/(const f16& a, const f16& b) {
    return each(a, b, [](Part x, Part y) { return x / y; });
}
inline f16 operator+(const f16& a, float b) { return a + splat(b); }
inline f16 operator-(const f16& a, float b) { return a - splat(b); }
inline f16 operator*(const f16& a, float b) { return a * splat(b); }

// The larger of each lane; a NaN in `a` is passed over.
inline f16 larger(const f16& a, const f16& b) {
    return each(a, b, [](Part x, Part y) { return x > y ? x : y; });
}

// a b + c, rounded once.
inline Part fused(Part a, Part b, Part c) {
#if defined(__AVX512F__)
    return _mm512_fmadd_ps(a, b, c);
#elif defined(__FMA__)
    return _mm256_fmadd_ps(a, b, c);
#else
    for (int i = 0; i < static_cast<int>(kLanes / kParts); ++i) c[i] = __builtin_fmaf(a[i], b[i], c[i]);
    return c;
#endif
}

inline f16 fused(const f16& a, const f16& b, const f16& c) {
    f16 v;
    for (int i = 0; i < kParts; ++i) v.part[i] = fused(a.part[i], b.part[i], c.part[i]);
    return v;
}

// The sum of the lanes, always in the same order.
inline float total(const f16& v) {
    float x[kLanes];
    store(x, v);
    for (int half = kLanes / 2; half > 0; half /= 2) {
        for (int i = 0; i < half; ++i) x[i] += x[i + half];
    }
    return x[0];
}

inline float maximum(const f16& v) {
    float lane[kLanes];
    store(lane, v);
    float m = lane[0];
    for (float x : lane) m = x > m ? x : m;
    return m;
}

// The lower or the upper half of a register.
inline HalfPart half(Part x, int upper) {
#if defined(__AVX512F__)
    return upper == 0 ? __builtin_shufflevector(x, x, 0, 1, 2, 3, 4, 5, 6, 7)
                      : __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15);
#elif defined(__AVX__)
    return upper == 0 ? __builtin_shufflevector(x, x, 0, 1, 2, 3) : __builtin_shufflevector(x, x, 4, 5, 6, 7);
#else
    return upper == 0 ? __builtin_shufflevector(x, x, 0, 1) : __builtin_shufflevector(x, x, 2, 3);
#endif
}

inline d16 widen(const f16& v) {
    d16 wide;
    for (int i = 0; i < kParts; ++i) {
        wide.part[2 * i] = __builtin_convertvector(half(v.part[i], 0), DoublePart);
        wide.part[2 * i + 1] = __builtin_convertvector(half(v.part[i], 1), DoublePart);
    }
    return wide;
}

inline d16 operator+(const d16& a, const d16& b) {
    d16 v;
    for (int i = 0; i < 2 * kParts; ++i) v.part[i] = a.part[i] + b.part[i];
    return v;
}

// A sum of floats in sixteen double lanes.
struct Sum {
    d16 lanes{};

    void add(const d16& v) { lanes = lanes + v; }
    void add(const f16& v) { add(widen(v)); }
    void add_product(const f16& x, const f16& y) { add(product(x, y)); }

    static d16 product(const f16& x, const f16& y) {
        d16 a = widen(x), b = widen(y);
        for (int i = 0; i < 2 * kParts; ++i) a.part[i] = a.part[i] * b.part[i];
        return a;
    }

    double total() const {
        double x[kLanes];
        store(x, lanes);
        for (int i = 0; i < 8; ++i) x[i] += x[i + 8];
        return ((x[0] + x[4]) + (x[2] + x[6])) + ((x[1] + x[5]) + (x[3] + x[7]));
    }
};

// e^x to about 1 ulp for x <= 88; below -87 it is 0; NaN stays NaN. Cephes' polynomial.
inline Part exponential(Part x) {
    const Part lowest = -87.0f - Part{};
    IntPart tiny = x < lowest;
    x = tiny ? lowest : x;
    const Part magic = 12582912.0f - Part{};  // 1.5 x 2^23: adding it rounds to an integer
    Part n = (x * 1.44269504088896341f + magic) - magic;
    Part r = x - n * 0.693359375f;
    r = r - n * -2.12194440e-4f;
    Part p = 1.9875691500e-4f - Part{};
    p = p * r + 1.3981999507e-3f;
    p = p * r + 8.3334519073e-3f;
    p = p * r + 4.1665795894e-2f;
    p = p * r + 1.6666665459e-1f;
    p = p * r + 5.0000001201e-1f;
    p = p * (r * r) + r + 1.0f;
    IntPart bits = (__builtin_convertvector(n, IntPart) + 127) << 23;
    p = p * reinterpret_cast<Part>(bits);
    return tiny ? Part{} : p;
}

inline f16 exponential(const f16& x) {
    f16 v;
    for (int i = 0; i < kParts; ++i) v.part[i] = exponential(x.part[i]);
    return v;
}

}  // namespace ORC_ISA
}  // namespace orc
