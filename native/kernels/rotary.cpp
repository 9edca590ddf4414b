#include "loops.h"

namespace orc {
namespace ORC_ISA {

// In each head, value i and value pairs + i turn together (GPT-NeoX's layout); direction -1 turns back.
void rotate_row(float* x, int64_t heads, int64_t head_stride, int64_t pairs, const float* cos_P, const float* sin_P,
                float direction) {
    for (int64_t h = 0; h < heads; ++h) {
        float* __restrict a = x + h * head_stride, * __restrict b = a + pairs;
        for (int64_t i = 0; i < pairs; ++i) {
            const float s = sin_P[i] * direction, first = a[i], second = b[i];
            a[i] = first * cos_P[i] - second * s;
            b[i] = second * cos_P[i] + first * s;
        }
    }
}

}  // namespace ORC_ISA
}  // namespace orc
