// The C ABI of the kernels: cuts work into blocks of fixed bounds, which threads share, and sums blocks in their order.
// So no result depends on the number of threads. Arguments are checked by the caller (training/Native).
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <vector>

#include "blocks.h"
#include "loops.h"

namespace {

constexpr int64_t kBlock = 1 << 16;        // values
constexpr int64_t kTreeBlock = 1 << 12;    // values: a dozen of these lie in the first-level cache
constexpr int64_t kDigestBlock = 1 << 22;  // bytes

const orc::Loops& pick() {
#ifdef ORC_X86
    // ORCHESTRATOR_KERNELS = baseline | avx2 takes an older set, to compare.
    const char* limit = std::getenv("ORCHESTRATOR_KERNELS");
    bool plain = limit != nullptr && std::strcmp(limit, "baseline") == 0;
    bool no_wide = plain || (limit != nullptr && std::strcmp(limit, "avx2") == 0);
    __builtin_cpu_init();
    bool avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("bmi2");
    bool avx512 = avx2 && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                  __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
                  __builtin_cpu_supports("avx512cd");
    if (avx512 && !no_wide) return orc::avx512_loops();
    if (avx2 && !plain) return orc::avx2_loops();
#endif
    return orc::baseline_loops();
}

}  // namespace

namespace orc {

std::atomic<int32_t> threads{1};

const Loops& loops() {
    static const Loops& picked = pick();
    return picked;
}

}  // namespace orc

using namespace orc;

ORC_EXPORT const char* orc_kernels_name() { return loops().name; }

ORC_EXPORT void orc_kernels_set_threads(int32_t count) { threads.store(count, std::memory_order_relaxed); }

ORC_EXPORT void orc_add(float* into, const float* a, const float* b, int64_t count) {
    for_values(count, kBlock, [&](int64_t at, int64_t n) { loops().add(into + at, a + at, b + at, n); });
}

// For each pair p, in order: parts[into[p]] += parts[from[p]].
ORC_EXPORT void orc_tree_sum(float* const* parts, const int32_t* into, const int32_t* from, int32_t pairs,
                             int64_t count) {
    for_values(count, kTreeBlock, [&](int64_t at, int64_t n) {
        for (int32_t p = 0; p < pairs; ++p)
            loops().add(parts[into[p]] + at, parts[into[p]] + at, parts[from[p]] + at, n);
    });
}

ORC_EXPORT void orc_scale(float* values, int64_t count, float factor) {
    for_values(count, kBlock, [&](int64_t at, int64_t n) { loops().scale(values + at, n, factor); });
}

ORC_EXPORT double orc_sum_squares(const float* values, int64_t count) {
    std::vector<double> partial(static_cast<size_t>(blocks_of(count, kBlock)));
    for_values(count, kBlock,
               [&](int64_t at, int64_t n) { partial[at / kBlock] = loops().sum_squares(values + at, n); });
    return in_order(partial.data(), static_cast<int64_t>(partial.size()));
}

ORC_EXPORT int64_t orc_first_non_finite(const float* values, int64_t count) {
    std::vector<int64_t> found(static_cast<size_t>(blocks_of(count, kBlock)), -1);
    for_values(count, kBlock, [&](int64_t at, int64_t n) {
        int64_t i = loops().first_non_finite(values + at, n);
        found[at / kBlock] = i < 0 ? -1 : at + i;
    });
    for (int64_t i : found) {
        if (i >= 0) return i;
    }
    return -1;
}

ORC_EXPORT void orc_to_bfloat16(uint16_t* into, const float* from, int64_t count) {
    for_values(count, kBlock, [&](int64_t at, int64_t n) { loops().to_bfloat16(into + at, from + at, n); });
}

ORC_EXPORT void orc_from_bfloat16(float* into, const uint16_t* from, int64_t count) {
    for_values(count, kBlock, [&](int64_t at, int64_t n) { loops().from_bfloat16(into + at, from + at, n); });
}

ORC_EXPORT uint64_t orc_digest(const void* bytes, int64_t count, uint64_t seed) {
    if (count <= kDigestBlock) return loops().digest(bytes, count, seed);
    std::vector<uint64_t> partial(static_cast<size_t>(blocks_of(count, kDigestBlock)));
    for_values(count, kDigestBlock, [&](int64_t at, int64_t n) {
        partial[at / kDigestBlock] =
            loops().digest(static_cast<const char*>(bytes) + at, n, seed + static_cast<uint64_t>(at));
    });
    return loops().digest(partial.data(), static_cast<int64_t>(partial.size() * sizeof(uint64_t)),
                          seed ^ static_cast<uint64_t>(count));
}

// One tensor's step. Mirrored by AdafactorTensor in training/Native.
struct AdafactorTensor {
    float* weight;
    const float* grad;
    float* state;     // factored: rows [batch, rows], then columns [batch, columns]; else the second moment, as many as
                      // weights
    float* momentum;  // as many as weights, or null
    int64_t batch;
    int64_t rows;
    int64_t columns;
    int32_t factored;
    int32_t by_slice;  // clip and scale each slice of the batch by itself
};

struct AdafactorStep {
    double learning_rate;
    double decay;
    double clip_threshold;
    double epsilon1;
    double epsilon2;
    double max_scale;     // ceiling of the parameter's RMS
    double beta1;         // of the momentum
    double weight_decay;  // weights are taken times 1 - this
    float grad_scale;
    int32_t scale_parameter;
    int32_t decay_by_rate;  // the decay is multiplied by the step's scaled learning rate (Hugging Face)
};

namespace {

// The step size, and how the update meets the weights.
struct Rate {
    double rate;
    orc::Blend blend;
};

// Given the tensor's (or slice's) sums of squares over `count` values.
Rate rate(const AdafactorTensor& t, const AdafactorStep& step, double weight_squares, double update_squares,
          double count) {
    double size = step.scale_parameter != 0
                      ? std::min(step.max_scale, std::max(step.epsilon2, std::sqrt(weight_squares / count)))
                      : 1.0;
    double clip =
        step.clip_threshold > 0 ? std::max(1.0, std::sqrt(update_squares / count) / step.clip_threshold) : 1.0;
    double decay = step.weight_decay * (step.decay_by_rate != 0 ? step.learning_rate * size : 1.0);
    return {step.learning_rate * size / clip,
            {static_cast<float>(step.beta1), static_cast<float>(1.0 - decay),
             t.momentum == nullptr && step.weight_decay == 0}};
}

// Reads the gradient three times: for the averages, for the update's size, for the update.
void factored(const AdafactorTensor& t, const AdafactorStep& step) {
    const int64_t row_blocks = blocks_of(t.rows, kRows), blocks = t.batch * row_blocks, slice = t.rows * t.columns;
    std::vector<double> row_sums(static_cast<size_t>(t.batch * t.rows));
    std::vector<double> column_sums(static_cast<size_t>(blocks * t.columns));
    std::vector<double> weight_squares(static_cast<size_t>(blocks)), update_squares(static_cast<size_t>(blocks));
    std::vector<float> row_factor(row_sums.size()), column_factor(static_cast<size_t>(t.batch * t.columns));
    const auto& loop = loops();

    auto for_rows = [&](const auto& action) {
        for_blocks(blocks, [&](int64_t b) {
            int64_t s = b / row_blocks, first = b % row_blocks * kRows;
            action(b, s, s * t.rows + first, std::min(kRows, t.rows - first));
        });
    };
    for_rows([&](int64_t b, int64_t, int64_t row, int64_t rows) {
        weight_squares[b] = loop.factored_sums(t.weight + row * t.columns, t.grad + row * t.columns, rows, t.columns,
                                               step.grad_scale, &row_sums[row], &column_sums[b * t.columns]);
    });

    float* column_state = t.state + t.batch * t.rows;
    for_blocks(t.batch, [&](int64_t s) {
        const double fresh = 1.0 - step.decay;
        double row_mean = 0;
        for (int64_t r = s * t.rows; r < (s + 1) * t.rows; ++r) {
            double mean = row_sums[r] / static_cast<double>(t.columns);
            t.state[r] = static_cast<float>(step.decay * t.state[r] + fresh * (mean + step.epsilon1));
            row_mean += t.state[r];
        }
        row_mean /= static_cast<double>(t.rows);
        for (int64_t r = s * t.rows; r < (s + 1) * t.rows; ++r) {
            row_factor[r] = static_cast<float>(step.grad_scale / std::sqrt(t.state[r] / row_mean));
        }
        for (int64_t c = 0; c < t.columns; ++c) {
            double sum = 0;
            for (int64_t b = s * row_blocks; b < (s + 1) * row_blocks; ++b) sum += column_sums[b * t.columns + c];
            float& state = column_state[s * t.columns + c];
            state =
                static_cast<float>(step.decay * state + fresh * (sum / static_cast<double>(t.rows) + step.epsilon1));
            column_factor[s * t.columns + c] = static_cast<float>(1.0 / std::sqrt(static_cast<double>(state)));
        }
    });

    for_rows([&](int64_t b, int64_t s, int64_t row, int64_t rows) {
        update_squares[b] = loop.factored_update_squares(t.grad + row * t.columns, rows, t.columns, &row_factor[row],
                                                         &column_factor[s * t.columns]);
    });

    const int64_t groups = t.by_slice != 0 ? t.batch : 1, group_blocks = blocks / groups;
    std::vector<orc::Blend> blends(static_cast<size_t>(groups));
    for (int64_t g = 0; g < groups; ++g) {
        auto size = rate(t, step, in_order(&weight_squares[g * group_blocks], group_blocks),
                         in_order(&update_squares[g * group_blocks], group_blocks),
                         static_cast<double>(t.batch / groups * slice));
        for (int64_t r = g * (t.batch / groups) * t.rows; r < (g + 1) * (t.batch / groups) * t.rows; ++r) {
            row_factor[r] = static_cast<float>(row_factor[r] * size.rate);
        }
        blends[g] = size.blend;
    }
    for_rows([&](int64_t, int64_t s, int64_t row, int64_t rows) {
        float* momentum = t.momentum == nullptr ? nullptr : t.momentum + row * t.columns;
        loop.factored_update(t.weight + row * t.columns, t.grad + row * t.columns, momentum, rows, t.columns,
                             &row_factor[row], &column_factor[s * t.columns], blends[t.by_slice != 0 ? s : 0]);
    });
}

// Reads the gradient twice.
void plain(const AdafactorTensor& t, const AdafactorStep& step) {
    const int64_t slices = t.by_slice != 0 ? t.batch : 1, count = t.batch * t.rows * t.columns / slices;
    for (int64_t s = 0; s < slices; ++s) {
        float* weight = t.weight + s * count;
        const float* grad = t.grad + s * count;
        float* second = t.state + s * count;
        std::vector<orc::UpdateSums> sums(static_cast<size_t>(blocks_of(count, kBlock)));
        for_values(count, kBlock, [&](int64_t at, int64_t n) {
            sums[at / kBlock] = loops().plain_sums(weight + at, grad + at, second + at, n, step.grad_scale,
                                                   static_cast<float>(step.decay), static_cast<float>(step.epsilon1));
        });
        orc::UpdateSums total{0, 0};
        for (const auto& one : sums) {
            total.weight_squares += one.weight_squares;
            total.update_squares += one.update_squares;
        }
        float* momentum = t.momentum == nullptr ? nullptr : t.momentum + s * count;
        auto size = rate(t, step, total.weight_squares, total.update_squares, static_cast<double>(count));
        for_values(count, kBlock, [&](int64_t at, int64_t n) {
            loops().plain_update(weight + at, grad + at, second + at, momentum == nullptr ? nullptr : momentum + at, n,
                                 static_cast<float>(size.rate * step.grad_scale), size.blend);
        });
    }
}

}  // namespace

ORC_EXPORT void orc_adafactor_step(const AdafactorTensor* tensor, const AdafactorStep* step) {
    if (tensor->factored != 0) {
        factored(*tensor, *step);
    } else {
        plain(*tensor, *step);
    }
}

ORC_EXPORT void orc_adam_step(float* weight, const float* grad, float* first, float* second, int64_t count,
                              const orc::AdamStep* step) {
    for_values(count, kBlock, [&](int64_t at, int64_t n) {
        loops().adam_update(weight + at, grad + at, first + at, second + at, n, *step);
    });
}

// Mirrored by CrossEntropyResult in training/Native.
struct CrossEntropyResult {
    double loss;       // sum of -log p(target) over the rows that count
    double z_loss;     // sum of z log^2 Z over them
    double smoothing;  // sum of what smoothed labels add
    int64_t count;
};

// Mirrored by NativeSmoothing in training/Native.
struct LabelSmoothing {
    double share;    // of all tokens but the target together
    double entropy;  // of the label: a perfect model's cross-entropy, taken off
};

// row_losses [rows], 0 for ignored rows, may be null. backward: logits become the gradient x grad_scale.
ORC_EXPORT void orc_cross_entropy(float* logits_NV, const int64_t* targets_N, int64_t rows, int64_t vocabulary,
                                  int64_t ignored, double z_loss, LabelSmoothing smoothing, float grad_scale,
                                  int32_t backward, float* row_losses_N, CrossEntropyResult* result) {
    std::vector<double> losses(static_cast<size_t>(rows)), log_zs(losses.size()), added(losses.size());
    const double other =
        smoothing.share > 0 && vocabulary > 1 ? smoothing.share / static_cast<double>(vocabulary - 1) : 0;
    for_blocks(rows, [&](int64_t n) {
        float* row = logits_NV + n * vocabulary;
        int64_t target = targets_N[n];
        if (target == ignored) {
            if (backward != 0) std::memset(row, 0, static_cast<size_t>(vocabulary) * sizeof(float));
            return;
        }
        double wanted = row[target];
        auto log_z =
            loops().cross_entropy_row(row, vocabulary, target, z_loss, smoothing.share, grad_scale, backward != 0);
        losses[n] = (log_z.top - wanted) + log_z.log_sum;
        log_zs[n] = log_z.top + log_z.log_sum;
        if (other > 0) {
            added[n] = other * (static_cast<double>(vocabulary) * log_zs[n] - log_z.logits) -
                       (smoothing.share + other) * losses[n] - smoothing.entropy;
        }
    });
    *result = {0, 0, 0, 0};
    for (int64_t n = 0; n < rows; ++n) {
        if (row_losses_N != nullptr) row_losses_N[n] = static_cast<float>(losses[n]);
        if (targets_N[n] == ignored) continue;
        result->loss += losses[n];
        result->z_loss += z_loss * log_zs[n] * log_zs[n];
        result->smoothing += added[n];
        ++result->count;
    }
}

// inverse_N [rows] is kept for the backward pass.
ORC_EXPORT void orc_rms_norm(const float* x_ND, const float* weight_D, float* y_ND, float* inverse_N, int64_t rows,
                             int64_t width, double epsilon) {
    for_values(rows, kRows, [&](int64_t at, int64_t n) {
        for (int64_t r = at; r < at + n; ++r) {
            inverse_N[r] = loops().rms_norm_row(x_ND + r * width, weight_D, y_ND + r * width, width, epsilon);
        }
    });
}

// grad_weight_D gains; grad_x_ND may be grad_y_ND.
ORC_EXPORT void orc_rms_norm_backward(const float* x_ND, const float* weight_D, const float* grad_y_ND,
                                      const float* inverse_N, float* grad_x_ND, float* grad_weight_D, int64_t rows,
                                      int64_t width) {
    std::vector<double> partial(static_cast<size_t>(blocks_of(rows, kRows) * width));
    for_values(rows, kRows, [&](int64_t at, int64_t n) {
        for (int64_t r = at; r < at + n; ++r) {
            loops().rms_norm_backward_row(x_ND + r * width, weight_D, grad_y_ND + r * width, inverse_N[r],
                                          grad_x_ND + r * width, &partial[at / kRows * width], width);
        }
    });
    for (int64_t d = 0; d < width; ++d) {
        double sum = 0;
        for (int64_t b = 0; b < blocks_of(rows, kRows); ++b) sum += partial[b * width + d];
        grad_weight_D[d] += static_cast<float>(sum);
    }
}

// Shapes: B = batch, H = heads, Q = queries, K = keys. scores [B, H, Q, K] in place; bias [H, Q, K] and keep [B, K] may
// be null. causal: query q sees keys 0 to q.
ORC_EXPORT void orc_softmax(float* scores_BHQK, const float* bias_HQK, const uint8_t* keep_BK, int64_t batch,
                            int64_t heads, int64_t queries, int64_t keys, int32_t causal) {
    for_blocks(batch * heads * queries, [&](int64_t row) {
        int64_t q = row % queries, h = row / queries % heads, b = row / queries / heads;
        loops().softmax_row(
            scores_BHQK + row * keys, bias_HQK == nullptr ? nullptr : bias_HQK + (h * queries + q) * keys,
            keep_BK == nullptr ? nullptr : keep_BK + b * keys, keys, causal != 0 ? std::min(keys, q + 1) : keys);
    });
}

// grad: of the probabilities in, of the scores out. grad_bias gains and may be null.
ORC_EXPORT void orc_softmax_backward(float* grad_BHQK, const float* probabilities_BHQK, float* grad_bias_HQK,
                                     int64_t batch, int64_t heads, int64_t queries, int64_t keys) {
    for_blocks(heads * queries, [&](int64_t hq) {
        for (int64_t b = 0; b < batch; ++b) {
            int64_t at = (b * heads * queries + hq) * keys;
            loops().softmax_backward_row(grad_BHQK + at, probabilities_BHQK + at, keys);
            if (grad_bias_HQK != nullptr) {
                float* bias = grad_bias_HQK + hq * keys;
                loops().add(bias, bias, grad_BHQK + at, keys);
            }
        }
    });
}
