// Nanoseconds per operator from C++: the floor that the C# numbers of bench/engine stand on.
// Build: see bench/engine/run.sh. Output: one line an operator, "name size ns".
#include <torch/torch.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <functional>

namespace {

// Processor time, so that what else runs on the machine counts little.
double nanoseconds(const std::function<void()>& body) {
    for (int i = 0; i < 50; ++i) {
        body();
    }
    double best = 1e300;
    for (int round = 0; round < 3; ++round) {
        int64_t count = 0;
        const std::clock_t start = std::clock();
        std::clock_t taken = 0;
        do {
            for (int i = 0; i < 100; ++i) {
                body();
            }
            count += 100;
            taken = std::clock() - start;
        } while (taken < CLOCKS_PER_SEC / 20);
        best = std::min(best, 1e9 * static_cast<double>(taken) / CLOCKS_PER_SEC / static_cast<double>(count));
    }
    return best;
}

void report(const char* name, int64_t size, const std::function<void()>& body) {
    std::printf("%s %lld %.0f\n", name, static_cast<long long>(size), nanoseconds(body));
    std::fflush(stdout);
}

}  // namespace

int main() {
    torch::set_num_threads(1);
    for (const int64_t size : {4, 64, 256, 512}) {
        const auto x = torch::ones({size, size});
        const auto y = torch::ones({size, size});
        const auto leaf = torch::ones({size, size}, torch::requires_grad());
        report("add", size, [&] { auto z = x + y; });
        report("add_grad", size, [&] { auto z = leaf + y; });
        report("mul_", size, [&, z = x.clone()] { z.mul_(y); });
        report("exp", size, [&] { auto z = x.exp(); });
        report("softmax", size, [&] { auto z = x.softmax(-1); });
        report("sum_dim", size, [&] { auto z = x.sum(1); });
        report("view", size, [&] { auto z = x.view({size * size}); });
        report("transpose", size, [&] { auto z = x.transpose(0, 1); });
        report("matmul", size, [&] { auto z = x.matmul(y); });
        report("cat", size, [&] { auto z = torch::cat({x, y}, 0); });
    }
}
