// Attention over one (batch item, head) at a time: its scores stay in cache between the products, and operands
// are read where they lie in the packed projections. Compiled once per instruction set.
#include <algorithm>
#include <cmath>
#include <vector>

#include "model.h"
#include "simd.h"

namespace {

constexpr int kRowMajor = 101, kPlain = 111, kTransposed = 112;
constexpr int64_t kTile = 128;  // queries of one tile

// Softmax of one row of scores, in place: n keys are visible, the others get 0.
inline void softmax_row(float* s, int64_t n, int64_t keys, const float* bias, const float* mask) {
    const float lowest = -INFINITY;
    V top = splat(lowest);
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) {
        V x = load(s + i);
        if (bias) x += load(bias + i);
        if (mask) x = load(mask + i) != 0.0f ? x : splat(lowest);
        store(s + i, x);
        top = max(top, x);
    }
    if (i < n) {
        V x = load_part(s + i, n - i, lowest);
        if (bias) x += load_part(bias + i, n - i);
        if (mask) x = load_part(mask + i, n - i) != 0.0f ? x : splat(lowest);
        store_part(s + i, x, n - i);
        top = max(top, x);
    }
    float peak = largest(top);
    if (peak == lowest) {  // nothing to see
        std::fill(s, s + keys, 0.0f);
        return;
    }
    V total = {};
    for (i = 0; i + kLanes <= n; i += kLanes) {
        V e = exp(load(s + i) - peak);
        store(s + i, e);
        total += e;
    }
    if (i < n) {
        V e = exp(load_part(s + i, n - i, lowest) - peak);
        store_part(s + i, e, n - i);
        total += e;
    }
    float scale = 1.0f / sum(total);
    for (i = 0; i + kLanes <= n; i += kLanes) store(s + i, load(s + i) * scale);
    for (; i < n; i++) s[i] *= scale;
    std::fill(s + n, s + keys, 0.0f);
}

// dp becomes the gradient of the scores: p * (dp - sum(p * dp)).
inline void softmax_row_backward(float* dp, const float* p, int64_t n, float* dbias) {
    V total = {};
    int64_t i = 0;
    for (; i + kLanes <= n; i += kLanes) total += load(p + i) * load(dp + i);
    float tail = 0.0f;
    for (; i < n; i++) tail += p[i] * dp[i];
    float dot = sum(total) + tail;
    for (i = 0; i + kLanes <= n; i += kLanes) {
        V g = load(p + i) * (load(dp + i) - dot);
        store(dp + i, g);
        if (dbias) store(dbias + i, load(dbias + i) + g);
    }
    for (; i < n; i++) {
        dp[i] = p[i] * (dp[i] - dot);
        if (dbias) dbias[i] += dp[i];
    }
}

// Keys that some query of [first, end) sees.
inline int64_t seen(const OrcAttention& a, int64_t end) {
    return a.causal ? std::clamp<int64_t>(end + a.causal_offset, 0, a.keys) : a.keys;
}

inline void scale_rows(const float* v, int64_t row, const float* scale, float* out, int64_t keys, int64_t width) {
    for (int64_t k = 0; k < keys; k++)
        for (int64_t i = 0; i < width; i++) out[k * width + i] = v[k * row + i] * scale[k];
}

}  // namespace

ORC_ATTENTION_FORWARD(ORC_KERNEL(attention_forward)) {
    if (!orc_sgemm) return 1;
    const int64_t pairs = a->batch * a->heads;
#pragma omp parallel if (pairs > 1 && a->queries * a->keys * pairs > 4096)
    {
        std::vector<float> scores(probabilities_BHQK ? 0 : std::min(kTile, a->queries) * a->keys);
        std::vector<float> scaled(a->value_scale_BHK ? a->keys * a->width : 0);
#pragma omp for schedule(static)
        for (int64_t pair = 0; pair < pairs; pair++) {
            const int64_t b = pair / a->heads, h = pair % a->heads, at = h * a->width;
            const float *qp = q + b * a->q_batch + at, *kp = k + b * a->k_batch + at, *vp = v + b * a->v_batch + at;
            float* op = o + b * a->o_batch + at;
            int64_t v_row = a->v_row;
            if (a->value_scale_BHK) {
                scale_rows(vp, v_row, a->value_scale_BHK + pair * a->keys, scaled.data(), a->keys, a->width);
                vp = scaled.data();
                v_row = a->width;
            }
            for (int64_t first = 0; first < a->queries; first += kTile) {
                const int64_t n = std::min(kTile, a->queries - first), keys = seen(*a, first + n);
                float* s =
                    probabilities_BHQK ? probabilities_BHQK + (pair * a->queries + first) * a->keys : scores.data();
                if (keys > 0)
                    orc_sgemm(kRowMajor, kPlain, kTransposed, n, keys, a->width, 1.0f, qp + first * a->q_row, a->q_row,
                              kp, a->k_row, 0.0f, s, a->keys);
                for (int64_t i = 0; i < n; i++) {
                    const float* bias = a->bias ? a->bias + h * a->bias_heads + a->bias_origin - (first + i) : nullptr;
                    softmax_row(s + i * a->keys, seen(*a, first + i + 1), a->keys, bias,
                                a->key_mask_BK ? a->key_mask_BK + b * a->keys : nullptr);
                }
                orc_sgemm(kRowMajor, kPlain, kPlain, n, a->width, keys, 1.0f, s, a->keys, vp, v_row, 0.0f,
                          op + first * a->o_row, a->o_row);
            }
        }
    }
    return 0;
}

ORC_ATTENTION_BACKWARD(ORC_KERNEL(attention_backward)) {
    if (!orc_sgemm) return 1;
    const int64_t pairs = a->batch * a->heads;
    // Each batch item has a bias gradient of its own, summed in order below.
    std::vector<float> partial(dbias ? a->batch * a->heads * a->bias_heads : 0, 0.0f);
#pragma omp parallel if (pairs > 1 && a->queries * a->keys * pairs > 4096)
    {
        std::vector<float> dscores(std::min(kTile, a->queries) * a->keys);
        std::vector<float> scaled(a->value_scale_BHK ? a->keys * a->width : 0);
#pragma omp for schedule(static)
        for (int64_t pair = 0; pair < pairs; pair++) {
            const int64_t b = pair / a->heads, h = pair % a->heads, at = h * a->width;
            const float *qp = q + b * a->q_batch + at, *kp = k + b * a->k_batch + at, *vp = v + b * a->v_batch + at;
            const float* gp = d_o + b * a->o_batch + at;
            float *dqp = dq + b * a->q_batch + at, *dkp = dk + b * a->k_batch + at, *dvp = dv + b * a->v_batch + at;
            const float* scale = a->value_scale_BHK ? a->value_scale_BHK + pair * a->keys : nullptr;
            int64_t v_row = a->v_row;
            if (scale) {
                scale_rows(vp, v_row, scale, scaled.data(), a->keys, a->width);
                vp = scaled.data();
                v_row = a->width;
            }
            // Keys that nobody sees keep a gradient of 0.
            for (int64_t key = seen(*a, a->queries); key < a->keys; key++) {
                std::fill(dkp + key * a->k_row, dkp + key * a->k_row + a->width, 0.0f);
                std::fill(dvp + key * a->v_row, dvp + key * a->v_row + a->width, 0.0f);
            }
            // Tiles from the last, which sees the most keys and so writes every row that later tiles add to.
            const int64_t tiles = (a->queries + kTile - 1) / kTile;
            for (int64_t tile = tiles - 1; tile >= 0; tile--) {
                const int64_t first = tile * kTile, n = std::min(kTile, a->queries - first), keys = seen(*a, first + n);
                const float beta = tile == tiles - 1 ? 0.0f : 1.0f;
                const float* p = probabilities_BHQK + (pair * a->queries + first) * a->keys;
                const float* g = gp + first * a->o_row;
                orc_sgemm(kRowMajor, kTransposed, kPlain, keys, a->width, n, 1.0f, p, a->keys, g, a->o_row, beta, dvp,
                          a->v_row);
                orc_sgemm(kRowMajor, kPlain, kTransposed, n, keys, a->width, 1.0f, g, a->o_row, vp, v_row, 0.0f,
                          dscores.data(), a->keys);
                for (int64_t i = 0; i < n; i++) {
                    float* into =
                        dbias ? partial.data() + (b * a->heads + h) * a->bias_heads + a->bias_origin - (first + i)
                              : nullptr;
                    const int64_t visible = seen(*a, first + i + 1);
                    softmax_row_backward(dscores.data() + i * a->keys, p + i * a->keys, visible, into);
                    std::fill(dscores.data() + i * a->keys + visible, dscores.data() + i * a->keys + keys, 0.0f);
                }
                orc_sgemm(kRowMajor, kPlain, kPlain, n, a->width, keys, 1.0f, dscores.data(), a->keys, kp, a->k_row,
                          0.0f, dqp + first * a->q_row, a->q_row);
                orc_sgemm(kRowMajor, kTransposed, kPlain, keys, a->width, n, 1.0f, dscores.data(), a->keys,
                          qp + first * a->q_row, a->q_row, beta, dkp, a->k_row);
            }
            if (scale)
                for (int64_t key = 0; key < a->keys; key++)
                    for (int64_t i = 0; i < a->width; i++) dvp[key * a->v_row + i] *= scale[key];
        }
    }
    if (dbias)
        for (int64_t b = 0; b < a->batch; b++)
            for (int64_t i = 0; i < a->heads * a->bias_heads; i++)
                dbias[i] += partial[b * a->heads * a->bias_heads + i];
    return 0;
}
