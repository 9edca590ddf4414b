// Attention over one (batch item, head) at a time: its scores stay in cache between the products, and operands are read
// where they lie in the packed projections. Suffixes: B = batch, H = heads, Q = queries, K = keys.
#include <dlfcn.h>

#include <algorithm>
#include <cstdint>
#include <vector>

#include "blocks.h"

using namespace orc;

// Sizes, strides in values, and what is seen. In a row of o heads lie side by side. Mirrored by NativeAttention in
// training/Native.
struct Attention {
    int64_t batch, heads, queries, keys, width;
    int64_t q_head, k_head;  // from one head of a row to the next; k_head is v's too
    int64_t q_batch, q_row, k_batch, k_row, v_batch, v_row, o_batch, o_row;
    const float* bias;  // by distance: bias[h * bias_heads + key - query + bias_origin], or null
    int64_t bias_heads, bias_origin;
    const uint8_t* keep_BK;         // 0 hides the key, or null
    const float* value_scale_BHK;   // factor of each value row (dropout of attention weights), or null
    int64_t causal, causal_offset;  // causal: query i sees the keys up to i + causal_offset
    const int64_t* q_segment_BQ;    // a query sees the keys of its own segment alone, or null
    const int64_t* k_segment_BK;
    float scale;  // factor of q k'
};

namespace {

constexpr int kRowMajor = 101, kPlain = 111, kTransposed = 112;
constexpr int64_t kTile = 128;  // queries of one tile

typedef void (*Sgemm)(int order, int trans_a, int trans_b, int m, int n, int k, float alpha, const float* a, int lda,
                      const float* b, int ldb, float beta, float* c, int ldc);

// The process's BLAS, or one that can be loaded.
Sgemm find_sgemm() {
    if (void* loaded = dlsym(RTLD_DEFAULT, "cblas_sgemm")) return reinterpret_cast<Sgemm>(loaded);
    for (const char* name : {"libblas.so.3", "libopenblas.so.0"}) {
        if (void* library = dlopen(name, RTLD_NOW | RTLD_LOCAL)) {
            if (void* found = dlsym(library, "cblas_sgemm")) return reinterpret_cast<Sgemm>(found);
        }
    }
    return nullptr;
}

const Sgemm sgemm = find_sgemm();

// Keys that some query before `end` sees.
int64_t seen(const Attention& a, int64_t end) {
    return a.causal != 0 ? std::clamp<int64_t>(end + a.causal_offset, 0, a.keys) : a.keys;
}

// One (batch item, head): where its operands begin.
struct Pair {
    int64_t b, h;

    Pair(const Attention& a, int64_t pair) : b(pair / a.heads), h(pair % a.heads) {}
    int64_t q(const Attention& a) const { return b * a.q_batch + h * a.q_head; }
    int64_t k(const Attention& a) const { return b * a.k_batch + h * a.k_head; }
    int64_t v(const Attention& a) const { return b * a.v_batch + h * a.k_head; }
    int64_t o(const Attention& a) const { return b * a.o_batch + h * a.width; }
};

// The values with their factors on, [keys, width].
std::vector<float> scaled_values(const Attention& a, const float* v, const float* scale) {
    std::vector<float> scaled(static_cast<size_t>(a.keys * a.width));
    for (int64_t k = 0; k < a.keys; ++k) {
        for (int64_t i = 0; i < a.width; ++i) scaled[k * a.width + i] = v[k * a.v_row + i] * scale[k];
    }
    return scaled;
}

// Which keys a query sees besides what causality hides: 0 hides a key; null: all are seen.
class Seen {
  public:
    Seen(const Attention& a, int64_t b)
        : keep_(a.keep_BK != nullptr ? a.keep_BK + b * a.keys : nullptr),
          queries_(a.q_segment_BQ != nullptr ? a.q_segment_BQ + b * a.queries : nullptr),
          keys_(a.k_segment_BK != nullptr ? a.k_segment_BK + b * a.keys : nullptr),
          row_(static_cast<size_t>(queries_ != nullptr ? a.keys : 0)) {}

    const uint8_t* by(int64_t query) {
        if (queries_ == nullptr) return keep_;
        if (!made_ || queries_[query] != segment_) {
            segment_ = queries_[query];
            for (size_t k = 0; k < row_.size(); ++k)
                row_[k] = keys_[k] == segment_ && (keep_ == nullptr || keep_[k] != 0) ? 1 : 0;
            made_ = true;
        }
        return row_.data();
    }

  private:
    const uint8_t* keep_;
    const int64_t *queries_, *keys_;
    std::vector<uint8_t> row_;
    int64_t segment_ = 0;
    bool made_ = false;
};

}  // namespace

// o = softmax(scale q k' + bias) v. The probabilities are kept for the backward pass, or null. 1: there is no BLAS.
ORC_EXPORT int32_t orc_attention(const Attention* a, const float* q, const float* k, const float* v, float* o,
                                 float* probabilities_BHQK) {
    if (sgemm == nullptr) return 1;
    for_blocks(a->batch * a->heads, [&](int64_t number) {
        const Pair pair(*a, number);
        const float *qp = q + pair.q(*a), *kp = k + pair.k(*a), *vp = v + pair.v(*a);
        std::vector<float> scores, scaled;
        Seen visible(*a, pair.b);
        if (probabilities_BHQK == nullptr) scores.resize(static_cast<size_t>(std::min(kTile, a->queries) * a->keys));
        int64_t v_row = a->v_row;
        if (a->value_scale_BHK != nullptr) {
            scaled = scaled_values(*a, vp, a->value_scale_BHK + number * a->keys);
            vp = scaled.data();
            v_row = a->width;
        }
        for (int64_t first = 0; first < a->queries; first += kTile) {
            const int64_t n = std::min(kTile, a->queries - first), keys = seen(*a, first + n);
            float* s = probabilities_BHQK != nullptr ? probabilities_BHQK + (number * a->queries + first) * a->keys
                                                     : scores.data();
            if (keys > 0) {
                sgemm(kRowMajor, kPlain, kTransposed, n, keys, a->width, a->scale, qp + first * a->q_row, a->q_row, kp,
                      a->k_row, 0.0f, s, a->keys);
            }
            for (int64_t i = 0; i < n; ++i) {
                const float* bias =
                    a->bias != nullptr ? a->bias + pair.h * a->bias_heads + a->bias_origin - (first + i) : nullptr;
                loops().softmax_row(s + i * a->keys, bias, visible.by(first + i), a->keys, seen(*a, first + i + 1));
            }
            sgemm(kRowMajor, kPlain, kPlain, n, a->width, keys, 1.0f, s, a->keys, vp, v_row, 0.0f,
                  o + pair.o(*a) + first * a->o_row, a->o_row);
        }
    });
    return 0;
}

// The same, each query by itself: what it becomes depends on no other query, and on no key that it does not see.
ORC_EXPORT void orc_attention_rows(const Attention* a, const float* q, const float* k, const float* v, float* o) {
    for_blocks(a->batch * a->heads, [&](int64_t number) {
        const Pair pair(*a, number);
        std::vector<float> scores(static_cast<size_t>(a->keys));
        Seen visible(*a, pair.b);
        for (int64_t i = 0; i < a->queries; ++i) {
            const int64_t keys = seen(*a, i + 1);
            loops().row_products(q + pair.q(*a) + i * a->q_row, a->q_row, 1, k + pair.k(*a), a->k_row, keys, a->width,
                                 scores.data(), keys, nullptr);
            if (a->scale != 1.0f) loops().scale(scores.data(), keys, a->scale);
            loops().softmax_row(scores.data(),
                                a->bias != nullptr ? a->bias + pair.h * a->bias_heads + a->bias_origin - i : nullptr,
                                visible.by(i), keys, keys);
            loops().weighted_sum(scores.data(), v + pair.v(*a), a->v_row, keys, o + pair.o(*a) + i * a->o_row,
                                 a->width);
        }
    });
}

// grad_q, grad_k, grad_v (strides of q, k, v) are set; grad_bias (layout of bias) gains, in batch order, and may be
// null.
ORC_EXPORT int32_t orc_attention_backward(const Attention* a, const float* q, const float* k, const float* v,
                                          const float* grad_o, const float* probabilities_BHQK, float* grad_q,
                                          float* grad_k, float* grad_v, float* grad_bias) {
    if (sgemm == nullptr) return 1;
    const int64_t bias_size = a->heads * a->bias_heads;
    std::vector<float> partial(static_cast<size_t>(grad_bias != nullptr ? a->batch * bias_size : 0));
    for_blocks(a->batch * a->heads, [&](int64_t number) {
        const Pair pair(*a, number);
        const float *qp = q + pair.q(*a), *kp = k + pair.k(*a), *vp = v + pair.v(*a), *gp = grad_o + pair.o(*a);
        float *dqp = grad_q + pair.q(*a), *dkp = grad_k + pair.k(*a), *dvp = grad_v + pair.v(*a);
        const float* scale = a->value_scale_BHK != nullptr ? a->value_scale_BHK + number * a->keys : nullptr;
        std::vector<float> grad(static_cast<size_t>(std::min(kTile, a->queries) * a->keys)), scaled;
        int64_t v_row = a->v_row;
        if (scale != nullptr) {
            scaled = scaled_values(*a, vp, scale);
            vp = scaled.data();
            v_row = a->width;
        }
        // Keys that nobody sees keep a gradient of 0.
        for (int64_t key = seen(*a, a->queries); key < a->keys; ++key) {
            std::fill_n(dkp + key * a->k_row, a->width, 0.0f);
            std::fill_n(dvp + key * a->v_row, a->width, 0.0f);
        }
        // From the last tile, which sees the most keys and so sets every row that the others add to.
        const int64_t tiles = blocks_of(a->queries, kTile);
        for (int64_t tile = tiles - 1; tile >= 0; --tile) {
            const int64_t first = tile * kTile, n = std::min(kTile, a->queries - first), keys = seen(*a, first + n);
            const float beta = tile == tiles - 1 ? 0.0f : 1.0f;
            const float* p = probabilities_BHQK + (number * a->queries + first) * a->keys;
            const float* g = gp + first * a->o_row;
            sgemm(kRowMajor, kTransposed, kPlain, keys, a->width, n, 1.0f, p, a->keys, g, a->o_row, beta, dvp,
                  a->v_row);
            sgemm(kRowMajor, kPlain, kTransposed, n, keys, a->width, 1.0f, g, a->o_row, vp, v_row, 0.0f, grad.data(),
                  a->keys);
            for (int64_t i = 0; i < n; ++i) {
                float* row = grad.data() + i * a->keys;
                loops().softmax_backward_row(row, p + i * a->keys, keys);
                if (grad_bias != nullptr) {
                    float* into =
                        partial.data() + pair.b * bias_size + pair.h * a->bias_heads + a->bias_origin - (first + i);
                    loops().add(into, into, row, seen(*a, first + i + 1));
                }
            }
            sgemm(kRowMajor, kPlain, kPlain, n, a->width, keys, a->scale, grad.data(), a->keys, kp, a->k_row, 0.0f,
                  dqp + first * a->q_row, a->q_row);
            sgemm(kRowMajor, kTransposed, kPlain, keys, a->width, n, a->scale, grad.data(), a->keys,
                  qp + first * a->q_row, a->q_row, beta, dkp, a->k_row);
        }
        if (scale != nullptr) {
            for (int64_t key = 0; key < a->keys; ++key) {
                for (int64_t i = 0; i < a->width; ++i) dvp[key * a->v_row + i] *= scale[key];
            }
        }
    });
    for (int64_t b = 0; grad_bias != nullptr && b < a->batch; ++b) {
        loops().add(grad_bias, grad_bias, partial.data() + b * bias_size, bias_size);
    }
    return 0;
}
