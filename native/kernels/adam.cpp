#include "loops.h"

namespace orc {
namespace ORC_ISA {

// Each value by itself, so the compiler's vectors give the same bits as any other.
void adam_update(float* weight, const float* grad, float* first, float* second, int64_t count, const AdamStep& step) {
    const float fresh1 = 1.0f - step.beta1, fresh2 = 1.0f - step.beta2;
    for (int64_t i = 0; i < count; ++i) {
        float g = grad[i] * step.grad_scale;
        float m = first[i] = first[i] * step.beta1 + g * fresh1;
        float v = second[i] = second[i] * step.beta2 + g * g * fresh2;
        weight[i] = weight[i] * step.keep - step.rate * (m / (__builtin_sqrtf(v) * step.root + step.epsilon));
    }
}

}  // namespace ORC_ISA
}  // namespace orc
