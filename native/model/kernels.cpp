// Row-wise kernels. Compiled once per instruction set.
#include <algorithm>
#include <cmath>
#include <vector>

#include "model.h"
#include "simd.h"

namespace {

// gelu_tanh(a) = a * sigmoid(2u), u = sqrt(2/pi) (a + 0.044715 a^3)
constexpr float kTwiceRoot = 2.0f * 0.7978845608028654f;
constexpr float kCubic = 0.044715f;

inline V sigmoid(V a) { return 1.0f / (1.0f + exp(-kTwiceRoot * (a + kCubic * a * a * a))); }

inline V gelu(V a) { return a * sigmoid(a); }

inline void gelu_with_slope(V a, V& value, V& slope) {
    V s = sigmoid(a);
    value = a * s;
    slope = s + a * s * (1.0f - s) * (kTwiceRoot * (1.0f + 3.0f * kCubic * a * a));
}

}  // namespace

ORC_GEGLU_FORWARD(ORC_KERNEL(geglu_forward)) {
#pragma omp parallel for schedule(static) if (rows * width > 16384)
    for (int64_t r = 0; r < rows; r++) {
        const float *a = h_R2F + r * 2 * width, *b = a + width;
        float* y = y_RF + r * width;
        int64_t i = 0;
        for (; i + kLanes <= width; i += kLanes) store(y + i, gelu(load(a + i)) * load(b + i));
        if (i < width) store_part(y + i, gelu(load_part(a + i, width - i)) * load_part(b + i, width - i), width - i);
    }
}

ORC_GEGLU_BACKWARD(ORC_KERNEL(geglu_backward)) {
#pragma omp parallel for schedule(static) if (rows * width > 16384)
    for (int64_t r = 0; r < rows; r++) {
        float *a = h_R2F + r * 2 * width, *b = a + width;
        const float* dy = dy_RF + r * width;
        int64_t i = 0;
        V value, slope;
        for (; i + kLanes <= width; i += kLanes) {
            gelu_with_slope(load(a + i), value, slope);
            V g = load(dy + i);
            store(a + i, g * load(b + i) * slope);
            store(b + i, g * value);
        }
        if (i < width) {
            int64_t n = width - i;
            gelu_with_slope(load_part(a + i, n), value, slope);
            V g = load_part(dy + i, n);
            store_part(a + i, g * load_part(b + i, n) * slope, n);
            store_part(b + i, g * value, n);
        }
    }
}

ORC_RELU_BACKWARD(ORC_KERNEL(relu_backward)) {
#pragma omp parallel for schedule(static) if (count > 16384)
    for (int64_t i = 0; i < count; i++) dy[i] = y[i] > 0.0f ? dy[i] : 0.0f;
}

ORC_EMBEDDING_BACKWARD(ORC_KERNEL(embedding_backward)) {
    constexpr int64_t kColumns = 64;
    int64_t slices = (width + kColumns - 1) / kColumns;
#pragma omp parallel for schedule(static) if (rows * width > 65536)
    for (int64_t slice = 0; slice < slices; slice++) {
        int64_t first = slice * kColumns, n = std::min(kColumns, width - first);
        for (int64_t r = 0; r < rows; r++) {
            float* row = table_VD + ids_R[r] * width + first;
            const float* g = g_RD + r * width + first;
            for (int64_t i = 0; i < n; i++) row[i] += g[i];
        }
    }
}
