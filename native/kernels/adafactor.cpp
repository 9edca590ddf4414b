#include "lanes.h"
#include "loops.h"

namespace orc {
namespace ORC_ISA {

// The update after momentum, where there is one.
static inline float blended(float* momentum, int64_t i, float update, const Blend& blend) {
    if (momentum == nullptr) return update;
    return momentum[i] = momentum[i] * blend.beta1 + update * (1.0f - blend.beta1);
}

double factored_sums(const float* weight_RC, const float* grad_RC, int64_t rows, int64_t columns, float scale,
                     double* row_R, double* column_C) {
    Sum weights;
    double more_weights = 0;
    for (int64_t r = 0; r < rows; ++r) {
        const float* weight = weight_RC + r * columns;
        const float* grad = grad_RC + r * columns;
        Sum squares;
        int64_t c = 0;
        for (; c + kLanes <= columns; c += kLanes) {
            f16 w = load(weight + c), g = load(grad + c) * scale;
            weights.add_product(w, w);
            d16 one = Sum::product(g, g);
            squares.add(one);
            store(column_C + c, load(column_C + c) + one);
        }
        double rest = 0, rest_weights = 0;
        for (; c < columns; ++c) {
            double g = grad[c] * scale, w = weight[c];
            rest += g * g;
            rest_weights += w * w;
            column_C[c] += g * g;
        }
        row_R[r] = squares.total() + rest;
        more_weights += rest_weights;
    }
    return weights.total() + more_weights;
}

double factored_update_squares(const float* grad_RC, int64_t rows, int64_t columns, const float* row_R,
                               const float* column_C) {
    Sum squares;
    double more = 0;
    for (int64_t r = 0; r < rows; ++r) {
        const float* grad = grad_RC + r * columns;
        int64_t c = 0;
        for (; c + kLanes <= columns; c += kLanes) {
            f16 u = load(grad + c) * row_R[r] * load(column_C + c);
            squares.add_product(u, u);
        }
        for (; c < columns; ++c) {
            double u = grad[c] * row_R[r] * column_C[c];
            more += u * u;
        }
    }
    return squares.total() + more;
}

void factored_update(float* weight_RC, const float* grad_RC, float* momentum_RC, int64_t rows, int64_t columns,
                     const float* row_R, const float* column_C, const Blend& blend) {
    for (int64_t r = 0; r < rows && !blend.plain; ++r) {
        for (int64_t i = r * columns; i < (r + 1) * columns; ++i) {
            weight_RC[i] = weight_RC[i] * blend.keep -
                           blended(momentum_RC, i, grad_RC[i] * row_R[r] * column_C[i - r * columns], blend);
        }
    }
    for (int64_t r = 0; r < rows && blend.plain; ++r) {
        float* weight = weight_RC + r * columns;
        const float* grad = grad_RC + r * columns;
        int64_t c = 0;
        for (; c + kLanes <= columns; c += kLanes) {
            store(weight + c, load(weight + c) - load(grad + c) * row_R[r] * load(column_C + c));
        }
        for (; c < columns; ++c) weight[c] -= grad[c] * row_R[r] * column_C[c];
    }
}

UpdateSums plain_sums(const float* weight, const float* grad, float* second, int64_t count, float scale, float decay,
                      float epsilon) {
    Sum weights, updates;
    const float fresh = 1.0f - decay;
    for (int64_t i = 0; i < count; i += kLanes) {
        int64_t n = count - i < kLanes ? count - i : kLanes;
        bool whole = n == kLanes;
        f16 w = whole ? load(weight + i) : load_part(weight + i, n, 0.0f);
        f16 g = (whole ? load(grad + i) : load_part(grad + i, n, 0.0f)) * scale;
        f16 v = whole ? load(second + i) : load_part(second + i, n, 1.0f);
        f16 square = g * g;
        v = v * decay + (square + epsilon) * fresh;
        if (whole) {
            store(second + i, v);
        } else {
            store_part(second + i, v, n);
        }
        weights.add_product(w, w);
        updates.add(square / v);
    }
    return {weights.total(), updates.total()};
}

void plain_update(float* weight, const float* grad, const float* second, float* momentum, int64_t count, float rate,
                  const Blend& blend) {
    for (int64_t i = 0; i < count && !blend.plain; ++i) {
        weight[i] = weight[i] * blend.keep - blended(momentum, i, rate * grad[i] / __builtin_sqrtf(second[i]), blend);
    }
    for (int64_t i = 0; i < count && blend.plain; ++i) weight[i] -= rate * grad[i] / __builtin_sqrtf(second[i]);
}

}  // namespace ORC_ISA
}  // namespace orc
