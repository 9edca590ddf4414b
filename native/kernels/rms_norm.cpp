#include <math.h>

#include "lanes.h"
#include "loops.h"

namespace orc {
namespace ORC_ISA {

float rms_norm_row(const float* x_D, const float* weight_D, float* y_D, int64_t width, double epsilon) {
    const float inverse =
        static_cast<float>(1.0 / sqrt(sum_squares(x_D, width) / static_cast<double>(width) + epsilon));
    int64_t i = 0;
    for (; i + kLanes <= width; i += kLanes) store(y_D + i, load(weight_D + i) * (load(x_D + i) * inverse));
    for (; i < width; ++i) y_D[i] = weight_D[i] * (x_D[i] * inverse);
    return inverse;
}

// grad_x = inverse (w grad_y - x inverse^2 mean(w grad_y x)).
void rms_norm_backward_row(const float* x_D, const float* weight_D, const float* grad_y_D, float inverse,
                           float* grad_x_D, double* grad_weight_D, int64_t width) {
    Sum products;
    int64_t whole = width / kLanes * kLanes;
    double rest = 0;
    for (int64_t i = 0; i < whole; i += kLanes)
        products.add_product(load(weight_D + i) * load(grad_y_D + i), load(x_D + i));
    for (int64_t i = whole; i < width; ++i) rest += static_cast<double>(weight_D[i] * grad_y_D[i]) * x_D[i];
    const double mean = (products.total() + rest) / static_cast<double>(width);
    const float pull = static_cast<float>(mean * inverse * inverse);
    for (int64_t i = 0; i < width; ++i) {
        const float x = x_D[i], dy = grad_y_D[i];
        grad_weight_D[i] += static_cast<double>(dy * (x * inverse));
        grad_x_D[i] = inverse * (weight_D[i] * dy - x * pull);
    }
}

}  // namespace ORC_ISA
}  // namespace orc
