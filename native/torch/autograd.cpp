// Backward passes and the modes that steer them.
#include <ATen/core/grad_mode.h>
#include <c10/core/InferenceMode.h>
#include <torch/csrc/autograd/anomaly_mode.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/types.h>

#include "values.h"

using namespace orchestrator;
using torch::autograd::variable_list;

int orc_torch_backward(const OrcTensor* tensors, int count, const OrcTensor* gradients, int retain_graph,
                       int create_graph, const OrcTensor* inputs, int input_count) {
    return guarded([&] {
        torch::autograd::backward(borrow_all(tensors, count),
                                  gradients == nullptr ? variable_list() : borrow_all(gradients, count),
                                  retain_graph != 0, create_graph != 0, borrow_all(inputs, input_count));
    });
}

int orc_torch_gradients(const OrcTensor* outputs, int count, const OrcTensor* inputs, int input_count,
                        const OrcTensor* gradients, int retain_graph, int create_graph, int allow_unused,
                        OrcTensor* results) {
    return guarded([&] {
        variable_list found =
            torch::autograd::grad(borrow_all(outputs, count), borrow_all(inputs, input_count),
                                  gradients == nullptr ? variable_list() : borrow_all(gradients, count),
                                  retain_graph != 0, create_graph != 0, allow_unused != 0);
        for (int i = 0; i < input_count; ++i) {
            results[i] = give(std::move(found[i]));
        }
    });
}

int orc_torch_mode(int which, int value) {
    switch (which) {
        case 0: {
            const bool before = at::GradMode::is_enabled();
            if (value >= 0) {
                at::GradMode::set_enabled(value != 0);
            }
            return before ? 1 : 0;
        }
        case 1:
        case 2: {
            const bool enabled = torch::autograd::AnomalyMode::is_enabled();
            const bool check_nan = torch::autograd::AnomalyMode::should_check_nan();
            if (value >= 0) {
                torch::autograd::AnomalyMode::set_enabled(which == 1 ? value != 0 : enabled,
                                                          which == 2 ? value != 0 : check_nan);
            }
            return (which == 1 ? enabled : check_nan) ? 1 : 0;
        }
        default:
            return c10::InferenceMode::is_enabled() ? 1 : 0;
    }
}

void* orc_torch_inference_enter(int value) { return new c10::InferenceMode(value != 0); }

void orc_torch_inference_leave(void* guard) { delete static_cast<c10::InferenceMode*>(guard); }
