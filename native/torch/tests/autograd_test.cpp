// Gradients through the C ABI against libtorch's autograd, and managed nodes with a C++ stand-in for the manager.
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/autograd/variable.h>

#include "calls.h"

namespace {

at::Tensor leaf(at::IntArrayRef shape, int64_t seed) {
    return at::arange(seed, seed + c10::multiply_integers(shape), at::kDouble)
        .sin()
        .reshape(shape)
        .set_requires_grad(true);
}

std::vector<OrcTensor> handles(const std::vector<at::Tensor>& tensors) {
    std::vector<OrcTensor> raw;
    for (const at::Tensor& tensor : tensors) {
        raw.push_back(tensor.unsafeGetTensorImpl());
    }
    return raw;
}

std::vector<at::Tensor> gradients(const at::Tensor& output, const std::vector<at::Tensor>& inputs, bool retain = false,
                                  bool create = false) {
    const auto raw = handles(inputs);
    const OrcTensor root = output.unsafeGetTensorImpl();
    std::vector<OrcTensor> results(inputs.size());
    if (orc_torch_gradients(&root, 1, raw.data(), static_cast<int>(raw.size()), nullptr, retain, create, 1,
                            results.data()) != 0) {
        throw std::runtime_error(orc_torch_error());
    }
    std::vector<at::Tensor> found;
    for (OrcTensor result : results) {
        found.push_back(own(result));
    }
    return found;
}

// A node that multiplies by three on the way back, or throws.
struct Tripling {
    bool fails = false;
    int released = 0;
    int exceptions_released = 0;
};

int triple(void* context, void* node, const OrcTensor* given, int count, OrcTensor* results, int result_count,
           void** exception) {
    auto* self = static_cast<Tripling*>(context);
    OrcTensor saved = nullptr;
    EQUAL(0, orc_torch_node_saved(node, 0, &saved));
    const at::Tensor factor = own(saved);
    for (int i = 0; i < count; ++i) {
        const at::Tensor gradient = own(given[i]);
        if (i < result_count && !self->fails) {
            results[i] = at::Tensor(gradient * factor).unsafeReleaseTensorImpl();
            orc_torch_retain(results[i]);
            c10::intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl>::reclaim(
                static_cast<at::TensorImpl*>(results[i]));
        }
    }
    if (self->fails) {
        *exception = self;
        return 1;
    }
    return 0;
}

at::Tensor tripled(Tripling& state, const at::Tensor& x) {
    void* node = nullptr;
    const OrcTensor input = x.unsafeGetTensorImpl();
    EQUAL(0, orc_torch_node_create(
                 triple, [](void* context) { static_cast<Tripling*>(context)->released++; },
                 [](void* exception) { static_cast<Tripling*>(exception)->exceptions_released++; }, &state, &input, 1,
                 1, &node));
    const at::Tensor three = at::full({}, 3, at::kDouble);
    const OrcTensor saved = three.unsafeGetTensorImpl();
    EQUAL(0, orc_torch_node_save(node, &saved, 1));
    const at::Tensor value = x.detach() * 3;
    const OrcTensor raw = value.unsafeGetTensorImpl();
    OrcTensor wrapped = nullptr;
    EQUAL(0, orc_torch_node_wrap(node, &input, 1, nullptr, 0, nullptr, 0, &raw, 1, 1, &wrapped));
    orc_torch_node_release(node);
    return own(wrapped);
}

}  // namespace

TEST(gradients_are_those_of_libtorch) {
    const at::Tensor x = leaf({4, 3}, 1);
    const at::Tensor w = leaf({5, 3}, 2);
    const at::Tensor b = leaf({5}, 3);
    const at::Tensor direct = at::softmax(at::gelu(at::linear(x, w, b)).transpose(0, 1), -1).pow(2).sum();
    const auto expected = torch::autograd::grad({direct}, {x, w, b});

    at::Tensor y = one("linear", "", {x, w, b});
    y = one("transpose", "int", {one("gelu", "", {y}), 0, 1});
    y = one("sum", "", {one("pow", "Tensor_Scalar", {one("softmax", "int", {y, -1}), 2})});
    HOLDS(same(direct.detach(), y.detach()));
    const auto found = gradients(y, {x, w, b});
    for (size_t i = 0; i < 3; ++i) {
        HOLDS(same(expected[i], found[i]));
    }
}

TEST(second_gradients_are_those_of_libtorch) {
    const at::Tensor x = leaf({4}, 1);
    const at::Tensor first = torch::autograd::grad({x.pow(4).sum()}, {x}, {}, true, true)[0];
    const auto expected = torch::autograd::grad({first.sum()}, {x});
    const auto mine = gradients(one("sum", "", {one("pow", "Tensor_Scalar", {x, 4})}), {x}, true, true)[0];
    HOLDS(same(expected[0], gradients(mine.sum(), {x})[0]));
}

TEST(backward_adds_to_grad_and_a_second_one_needs_the_graph) {
    const at::Tensor x = leaf({4}, 1);
    const at::Tensor y = one("sum", "", {one("exp", "", {x})});
    const OrcTensor root = y.unsafeGetTensorImpl();
    EQUAL(0, orc_torch_backward(&root, 1, nullptr, 1, 0, nullptr, 0));
    EQUAL(0, orc_torch_backward(&root, 1, nullptr, 0, 0, nullptr, 0));
    OrcTensor grad = nullptr;
    EQUAL(0, orc_torch_grad(x.unsafeGetTensorImpl(), &grad));
    HOLDS(same((x.exp() * 2).detach(), own(grad)));
    EQUAL(1, orc_torch_backward(&root, 1, nullptr, 0, 0, nullptr, 0));
    HOLDS(std::string(orc_torch_error()).find("second time") != std::string::npos);
}

TEST(an_input_that_nothing_depends_on_has_no_gradient) {
    const at::Tensor x = leaf({4}, 1);
    const at::Tensor unused = leaf({4}, 2);
    HOLDS(!gradients(x.sum(), {x, unused})[1].defined());
}

TEST(what_changed_in_place_is_noticed) {
    const at::Tensor x = leaf({4}, 1);
    const at::Tensor y = one("exp", "", {x});
    one("mul_", "Scalar", {y, 2});
    const OrcTensor root = y.sum().unsafeReleaseTensorImpl();
    EQUAL(1, orc_torch_backward(&root, 1, nullptr, 0, 0, nullptr, 0));
    HOLDS(std::string(orc_torch_error()).find("modified by an inplace operation") != std::string::npos);
    c10::intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl>::reclaim(static_cast<at::TensorImpl*>(root));
}

TEST(modes_switch_recording_off) {
    const at::Tensor x = leaf({4}, 1);
    EQUAL(1, orc_torch_mode(0, 0));
    HOLDS(!one("exp", "", {x}).requires_grad());
    EQUAL(0, orc_torch_mode(0, 1));
    HOLDS(one("exp", "", {x}).requires_grad());
    void* guard = orc_torch_inference_enter(1);
    HOLDS(one("exp", "", {x}).is_inference());
    orc_torch_inference_leave(guard);
    HOLDS(one("exp", "", {x}).requires_grad());
}

TEST(a_managed_node_takes_part_in_the_graph_and_is_released_with_it) {
    Tripling state;
    const int64_t live = orc_torch_live(0);
    {
        const at::Tensor x = leaf({4}, 1);
        const at::Tensor y = tripled(state, x.exp()).sin().sum();
        HOLDS(same((3 * x.exp()).sin().sum().detach(), y.detach()));
        HOLDS(at::allclose(torch::autograd::grad({(3 * x.exp()).sin().sum()}, {x})[0], gradients(y, {x})[0]));
        EQUAL(0, state.released);
    }
    EQUAL(1, state.released);
    EQUAL(live, orc_torch_live(0));
}

TEST(what_a_managed_node_throws_comes_out_of_backward) {
    Tripling state;
    state.fails = true;
    const at::Tensor x = leaf({4}, 1);
    const at::Tensor y = tripled(state, x).sum();
    const OrcTensor root = y.unsafeGetTensorImpl();
    EQUAL(2, orc_torch_backward(&root, 1, nullptr, 1, 0, nullptr, 0));
    HOLDS(orc_torch_managed_error() == &state);
    HOLDS(orc_torch_managed_error() == nullptr);
    EQUAL(0, state.exceptions_released);
}
