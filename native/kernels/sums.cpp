#include "lanes.h"
#include "loops.h"

namespace orc {
namespace ORC_ISA {

void add(float* into, const float* a, const float* b, int64_t count) {
    int64_t i = 0;
    for (; i + kLanes <= count; i += kLanes) store(into + i, load(a + i) + load(b + i));
    for (; i < count; ++i) into[i] = a[i] + b[i];
}

void accumulate(double* into, const float* from, int64_t count) {
    for (int64_t i = 0; i < count; ++i) into[i] += static_cast<double>(from[i]);
}

void scale(float* values, int64_t count, float factor) {
    int64_t i = 0;
    for (; i + kLanes <= count; i += kLanes) store(values + i, load(values + i) * factor);
    for (; i < count; ++i) values[i] *= factor;
}

double sum_squares(const float* values, int64_t count) {
    Sum even, odd;
    int64_t i = 0;
    for (; i + 2 * kLanes <= count; i += 2 * kLanes) {
        f16 a = load(values + i), b = load(values + i + kLanes);
        even.add_product(a, a);
        odd.add_product(b, b);
    }
    for (; i < count; i += kLanes) {
        f16 a = load_part(values + i, count - i < kLanes ? count - i : kLanes, 0.0f);
        even.add_product(a, a);
    }
    return even.total() + odd.total();
}

// The exponent is all ones in infinities and NaNs, and only there.
int64_t first_non_finite(const float* values, int64_t count) {
    constexpr int64_t block = 1024;
    for (int64_t start = 0; start < count; start += block) {
        int64_t end = start + block < count ? start + block : count;
        uint32_t found = 0;
        for (int64_t i = start; i < end; ++i) {
            uint32_t bits;
            std::memcpy(&bits, values + i, sizeof(bits));
            found |= (bits & 0x7f800000) == 0x7f800000 ? 1 : 0;
        }
        for (int64_t i = start; found != 0 && i < end; ++i) {
            int32_t bits;
            std::memcpy(&bits, values + i, sizeof(bits));
            if ((bits & 0x7f800000) == 0x7f800000) return i;
        }
    }
    return -1;
}

// To the nearest, ties to even; a NaN stays one.
void to_bfloat16(uint16_t* into, const float* from, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        uint32_t bits;
        std::memcpy(&bits, from + i, sizeof(bits));
        uint32_t rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
        uint32_t nan = (bits >> 16) | 0x40;
        into[i] = static_cast<uint16_t>((bits & 0x7fffffff) > 0x7f800000 ? nan : rounded);
    }
}

void from_bfloat16(float* into, const uint16_t* from, int64_t count) {
    for (int64_t i = 0; i < count; ++i) {
        uint32_t bits = static_cast<uint32_t>(from[i]) << 16;
        std::memcpy(into + i, &bits, sizeof(bits));
    }
}

}  // namespace ORC_ISA
}  // namespace orc
