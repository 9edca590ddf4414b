#include <math.h>

#include "lanes.h"
#include "loops.h"

namespace orc {
namespace ORC_ISA {

// Hot: bench/kernels; the row stays in the second-level cache between its passes.
LogZ cross_entropy_row(float* logits_V, int64_t vocabulary, int64_t target, double z_loss, double share,
                       float grad_scale, bool backward) {
    const float lowest = -__builtin_inff();
    f16 best = splat(lowest);
    int64_t whole = vocabulary / kLanes * kLanes;
    for (int64_t i = 0; i < whole; i += kLanes) {
        best = larger(load(logits_V + i), best);
    }
    f16 rest = load_part(logits_V + whole, vocabulary - whole, lowest);
    best = larger(rest, best);
    const float top = maximum(best);

    // What each token but the target has of a smoothed label.
    const double other = share > 0 && vocabulary > 1 ? share / static_cast<double>(vocabulary - 1) : 0;
    Sum all;
    if (other > 0) {
        for (int64_t i = 0; i < whole; i += kLanes) all.add(load(logits_V + i));
        all.add(load_part(logits_V + whole, vocabulary - whole, 0.0f));
    }

    Sum sum;
    for (int64_t i = 0; i < whole; i += kLanes) {
        f16 e = exponential(load(logits_V + i) - top);
        if (backward) store(logits_V + i, e);
        sum.add(e);
    }
    f16 last = exponential(rest - top);
    if (backward) store_part(logits_V + whole, last, vocabulary - whole);
    sum.add(last);
    const double total = sum.total();
    const LogZ log_z = {top, log(total), all.total()};

    if (backward) {
        const float factor =
            static_cast<float>((1.0 + 2.0 * z_loss * (log_z.top + log_z.log_sum)) / total * grad_scale);
        int64_t i = 0;
        const float low = static_cast<float>(other * grad_scale);
        for (; i < whole; i += kLanes) store(logits_V + i, load(logits_V + i) * factor - low);
        for (; i < vocabulary; ++i) logits_V[i] = logits_V[i] * factor - low;
        logits_V[target] -= static_cast<float>((1.0 - share - other) * grad_scale);
    }
    return log_z;
}

}  // namespace ORC_ISA
}  // namespace orc
