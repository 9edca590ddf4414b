// How work is cut: blocks of fixed bounds, which threads share, so that no result depends on the number of threads.
#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>

#include "loops.h"

#define ORC_EXPORT extern "C" __attribute__((visibility("default")))

namespace orc {

constexpr int64_t kRows = 64;  // rows of a block

// Threads of one call.
extern std::atomic<int32_t> threads;

// The loops of this machine's instruction set.
const Loops& loops();

inline int64_t blocks_of(int64_t count, int64_t block) { return (count + block - 1) / block; }

template <typename Action>
void for_blocks(int64_t blocks, const Action& action) {
    const int count = static_cast<int>(std::min<int64_t>(threads.load(std::memory_order_relaxed), blocks));
    if (count <= 1) {
        for (int64_t b = 0; b < blocks; ++b) action(b);
        return;
    }
#pragma omp parallel for num_threads(count) schedule(static)
    for (int64_t b = 0; b < blocks; ++b) action(b);
}

// action(first, count) for each block of a range of values.
template <typename Action>
void for_values(int64_t count, int64_t block, const Action& action) {
    for_blocks(blocks_of(count, block), [&](int64_t b) { action(b * block, std::min(block, count - b * block)); });
}

inline double in_order(const double* values, int64_t count) {
    double total = 0;
    for (int64_t i = 0; i < count; ++i) total += values[i];
    return total;
}

}  // namespace orc
