// Products for generation: a value is a dot product in sixteen lanes of fixed order, so it depends neither on how many
// rows there are nor on where its row lies. A tile only shares loads.
#include "lanes.h"
#include "loops.h"

namespace orc {
namespace ORC_ISA {

namespace {

// Accumulators of a tile, with its operands, fit the registers.
#if defined(__AVX512F__)
constexpr int kTileRows = 4, kTileOutputs = 4, kSingle = 8;
#elif defined(__AVX__)
constexpr int kTileRows = 2, kTileOutputs = 2, kSingle = 4;
#else
constexpr int kTileRows = 1, kTileOutputs = 2, kSingle = 2;
#endif

struct Product {
    const float* x;
    int64_t x_row;
    const float* w;
    int64_t w_row, width;
    float* y;
    int64_t y_row;
    const float* onto;

    template <int R, int N>
    void tile(int64_t row, int64_t output) const {
        const float *xs = x + row * x_row, *ws = w + output * w_row;
        f16 sums[R][N] = {};
        int64_t k = 0;
        for (; k + kLanes <= width; k += kLanes) {
            f16 a[R];
            for (int r = 0; r < R; ++r) a[r] = load(xs + r * x_row + k);
            for (int n = 0; n < N; ++n) {
                const f16 b = load(ws + n * w_row + k);
                for (int r = 0; r < R; ++r) sums[r][n] = fused(a[r], b, sums[r][n]);
            }
        }
        for (int n = 0; n < N && k < width; ++n) {
            const f16 b = load_part(ws + n * w_row + k, width - k, 0.0f);
            for (int r = 0; r < R; ++r) {
                sums[r][n] = fused(load_part(xs + r * x_row + k, width - k, 0.0f), b, sums[r][n]);
            }
        }
        for (int r = 0; r < R; ++r) {
            for (int n = 0; n < N; ++n) {
                const int64_t at = (row + r) * y_row + output + n;
                y[at] = onto != nullptr ? onto[at] + total(sums[r][n]) : total(sums[r][n]);
            }
        }
    }

    template <int R, int N>
    void column(int64_t first, int64_t rows, int64_t output) const {
        int64_t row = first;
        for (; row + R <= rows; row += R) tile<R, N>(row, output);
        for (; row < rows; ++row) tile<1, N>(row, output);
    }
};

}  // namespace

void row_products(const float* x, int64_t x_row, int64_t rows, const float* w, int64_t w_row, int64_t outputs,
                  int64_t width, float* y, int64_t y_row, const float* onto) {
    const Product product{x, x_row, w, w_row, width, y, y_row, onto};
    int64_t output = 0;
    for (; rows == 1 && output + kSingle <= outputs; output += kSingle) product.tile<1, kSingle>(0, output);
    for (; output + kTileOutputs <= outputs; output += kTileOutputs) {
        product.column<kTileRows, kTileOutputs>(0, rows, output);
    }
    for (; output < outputs; ++output) product.column<kTileRows, 1>(0, rows, output);
}

// A key of weight 0, which is hidden, is passed over: it cannot show.
void weighted_sum(const float* weights_K, const float* values, int64_t value_row, int64_t keys, float* o,
                  int64_t width) {
    for (int64_t at = 0; at < width; at += kLanes) {
        const int64_t n = width - at < kLanes ? width - at : kLanes;
        f16 sum = splat(0.0f);
        for (int64_t k = 0; k < keys; ++k) {
            if (weights_K[k] == 0.0f) continue;
            const float* value = values + k * value_row + at;
            sum = fused(splat(weights_K[k]), n == kLanes ? load(value) : load_part(value, n, 0.0f), sum);
        }
        store_part(o + at, sum, n);
    }
}

}  // namespace ORC_ISA
}  // namespace orc
