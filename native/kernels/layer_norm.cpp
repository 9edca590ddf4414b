#include <math.h>

#include "lanes.h"
#include "loops.h"

namespace orc {
namespace ORC_ISA {

// mean_rstd receives the mean and 1 / sqrt(variance + epsilon).
void layer_norm_row(const float* x_D, const float* weight_D, const float* bias_D, float* y_D, float* mean_rstd,
                    int64_t width, double epsilon) {
    const int64_t whole = width / kLanes * kLanes;
    Sum sum;
    double rest = 0;
    for (int64_t i = 0; i < whole; i += kLanes) sum.add(load(x_D + i));
    for (int64_t i = whole; i < width; ++i) rest += x_D[i];
    const float mean = static_cast<float>((sum.total() + rest) / static_cast<double>(width));
    Sum squares;
    rest = 0;
    for (int64_t i = 0; i < whole; i += kLanes) {
        const f16 d = load(x_D + i) - mean;
        squares.add_product(d, d);
    }
    for (int64_t i = whole; i < width; ++i) rest += static_cast<double>(x_D[i] - mean) * (x_D[i] - mean);
    const float rstd = static_cast<float>(1.0 / sqrt((squares.total() + rest) / static_cast<double>(width) + epsilon));
    for (int64_t i = 0; i < width; ++i) y_D[i] = weight_D[i] * ((x_D[i] - mean) * rstd) + bias_D[i];
    mean_rstd[0] = mean;
    mean_rstd[1] = rstd;
}

// With n the normalised row and g = w grad_y: grad_x = rstd (g - mean(g) - n mean(g n)).
void layer_norm_backward_row(const float* x_D, const float* weight_D, const float* grad_y_D, const float* mean_rstd,
                             float* grad_x_D, double* grad_weight_D, double* grad_bias_D, int64_t width) {
    const float mean = mean_rstd[0], rstd = mean_rstd[1];
    const int64_t whole = width / kLanes * kLanes;
    Sum gradients, products;
    double rest = 0, rest_products = 0;
    for (int64_t i = 0; i < whole; i += kLanes) {
        const f16 g = load(weight_D + i) * load(grad_y_D + i);
        gradients.add(g);
        products.add_product(g, (load(x_D + i) - mean) * rstd);
    }
    for (int64_t i = whole; i < width; ++i) {
        const float g = weight_D[i] * grad_y_D[i];
        rest += g;
        rest_products += static_cast<double>(g) * ((x_D[i] - mean) * rstd);
    }
    const float shift = static_cast<float>((gradients.total() + rest) / static_cast<double>(width));
    const float pull = static_cast<float>((products.total() + rest_products) / static_cast<double>(width));
    for (int64_t i = 0; i < width; ++i) {
        const float n = (x_D[i] - mean) * rstd, dy = grad_y_D[i];
        grad_weight_D[i] += static_cast<double>(dy * n);
        grad_bias_D[i] += static_cast<double>(dy);
        grad_x_D[i] = rstd * ((weight_D[i] * dy - shift) - n * pull);
    }
}

}  // namespace ORC_ISA
}  // namespace orc
