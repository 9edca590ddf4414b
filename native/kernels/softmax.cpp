#include "lanes.h"
#include "loops.h"

namespace orc {
namespace ORC_ISA {

void softmax_row(float* scores_K, const float* bias_K, const uint8_t* keep_K, int64_t keys, int64_t visible) {
    const float lowest = -__builtin_inff();
    f16 best = splat(lowest);
    for (int64_t i = 0; i < visible; i += kLanes) {
        int64_t n = visible - i < kLanes ? visible - i : kLanes;
        f16 x = n == kLanes ? load(scores_K + i) : load_part(scores_K + i, n, lowest);
        if (bias_K != nullptr) x = x + (n == kLanes ? load(bias_K + i) : load_part(bias_K + i, n, 0.0f));
        if (keep_K != nullptr) {
            float lane[kLanes];
            store(lane, x);
            for (int64_t k = 0; k < n; ++k) lane[k] = keep_K[i + k] != 0 ? lane[k] : lowest;
            x = load(lane);
        }
        best = larger(x, best);
        store_part(scores_K + i, x, n);
    }
    const float top = maximum(best);
    Sum sum;
    // All keys masked: nothing is attended to.
    const bool none = top == lowest;
    for (int64_t i = 0; i < visible && !none; i += kLanes) {
        int64_t n = visible - i < kLanes ? visible - i : kLanes;
        f16 e = exponential((n == kLanes ? load(scores_K + i) : load_part(scores_K + i, n, lowest)) - top);
        sum.add(e);
        store_part(scores_K + i, e, n);
    }
    const float factor = none ? 0.0f : static_cast<float>(1.0 / sum.total());
    for (int64_t i = 0; i < keys; ++i) scores_K[i] = i < visible && !none ? scores_K[i] * factor : 0.0f;
}

void softmax_backward_row(float* grad_K, const float* probabilities_K, int64_t keys) {
    Sum products;
    int64_t whole = keys / kLanes * kLanes;
    double rest = 0;
    for (int64_t i = 0; i < whole; i += kLanes) products.add_product(load(grad_K + i), load(probabilities_K + i));
    for (int64_t i = whole; i < keys; ++i) rest += static_cast<double>(grad_K[i]) * probabilities_K[i];
    const float dot = static_cast<float>(products.total() + rest);
    for (int64_t i = 0; i < keys; ++i) grad_K[i] = probabilities_K[i] * (grad_K[i] - dot);
}

}  // namespace ORC_ISA
}  // namespace orc
