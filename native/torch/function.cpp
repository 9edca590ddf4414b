// A node of the autograd graph whose backward is a managed function.
#include <torch/csrc/autograd/custom_function.h>
#include <torch/csrc/autograd/function.h>
#include <torch/csrc/autograd/saved_variable.h>

#include <unordered_set>

#include "values.h"

namespace orchestrator {
namespace {

using torch::autograd::SavedVariable;
using torch::autograd::variable_list;

class ManagedNode final : public torch::autograd::Node {
  public:
    ManagedNode(OrcBackward backward, void (*release)(void*), void (*release_exception)(void*), void* context)
        : backward_(backward), release_(release), release_exception_(release_exception), context_(context) {}

    ~ManagedNode() override { release_(context_); }

    variable_list apply(variable_list&& gradients) override {
        std::vector<OrcTensor> given;
        given.reserve(gradients.size());
        for (at::Tensor& gradient : gradients) {
            given.push_back(give(std::move(gradient)));
        }
        std::vector<OrcTensor> results(num_outputs(), nullptr);
        void* exception = nullptr;
        // The callback owns the gradients it is given; what it returns is ours.
        const int status = backward_(context_, this, given.data(), static_cast<int>(given.size()), results.data(),
                                     static_cast<int>(results.size()), &exception);
        variable_list taken;
        taken.reserve(results.size());
        for (OrcTensor result : results) {
            taken.push_back(borrow(result));
            orc_torch_release(result);
        }
        if (status != 0) {
            throw ManagedError(exception, release_exception_);
        }
        return taken;
    }

    void release_variables() override {
        for (SavedVariable& variable : saved) {
            variable.reset_data();
        }
    }

    std::string name() const override { return "ManagedFunction"; }

    std::vector<SavedVariable> saved;

  private:
    OrcBackward backward_;
    void (*release_)(void*);
    void (*release_exception_)(void*);
    void* context_;
};

using Shared = std::shared_ptr<ManagedNode>;

std::unordered_set<at::TensorImpl*> as_set(const OrcTensor* handles, int count) {
    std::unordered_set<at::TensorImpl*> set;
    for (int i = 0; i < count; ++i) {
        set.insert(static_cast<at::TensorImpl*>(handles[i]));
    }
    return set;
}

// _wrap_outputs grew an argument in 2.1, in 2.2 and in 2.7: whichever form this libtorch declares is called.
using Set = std::unordered_set<at::TensorImpl*>;
using Outputs = std::vector<Optional<at::Tensor>>;
using Jvp = torch::autograd::_jvp_fn_t;

const auto view_as_self = [](const at::Tensor& tensor) { return tensor.view_as(tensor); };

template <typename Raw, typename J>
Outputs wrap(Outputs (*form)(const variable_list&, const Set&, const Set&, Raw,
                             const std::shared_ptr<torch::autograd::Node>&, J),
             const variable_list& inputs, const Set& fixed, const Set& dirty, const Outputs& raw, const Shared& node,
             const Jvp& jvp) {
    return form(inputs, fixed, dirty, raw, node, jvp);
}

template <typename Raw, typename J>
Outputs wrap(Outputs (*form)(const variable_list&, const Set&, const Set&, Raw,
                             const std::shared_ptr<torch::autograd::Node>&, J, const Set&),
             const variable_list& inputs, const Set& fixed, const Set& dirty, const Outputs& raw, const Shared& node,
             const Jvp& jvp) {
    return form(inputs, fixed, dirty, raw, node, jvp, {});
}

template <typename Raw, typename J, typename View>
Outputs wrap(Outputs (*form)(const variable_list&, const Set&, const Set&, Raw,
                             const std::shared_ptr<torch::autograd::Node>&, J, const Set&, const View&),
             const variable_list& inputs, const Set& fixed, const Set& dirty, const Outputs& raw, const Shared& node,
             const Jvp& jvp) {
    return form(inputs, fixed, dirty, raw, node, jvp, {}, view_as_self);
}

template <typename Raw, typename J, typename View>
Outputs wrap(Outputs (*form)(const variable_list&, const Set&, const Set&, Raw,
                             const std::shared_ptr<torch::autograd::Node>&, J, const Set&, const View&, bool),
             const variable_list& inputs, const Set& fixed, const Set& dirty, const Outputs& raw, const Shared& node,
             const Jvp& jvp) {
    return form(inputs, fixed, dirty, raw, node, jvp, {}, view_as_self, false);
}

}  // namespace
}  // namespace orchestrator

using namespace orchestrator;

int orc_torch_node_create(OrcBackward backward, void (*release)(void*), void (*release_exception)(void*), void* context,
                          const OrcTensor* inputs, int count, int executable, void** node) {
    return guarded([&] {
        auto shared = std::make_unique<Shared>(new ManagedNode(backward, release, release_exception, context),
                                               torch::autograd::deleteNode);
        if (executable != 0) {
            (*shared)->set_next_edges(torch::autograd::collect_next_edges(borrow_all(inputs, count)));
        }
        (*shared)->clear_input_metadata();
        *node = shared.release();
    });
}

int orc_torch_node_wrap(void* node, const OrcTensor* inputs, int input_count, const OrcTensor* non_differentiable,
                        int non_differentiable_count, const OrcTensor* dirty, int dirty_count, const OrcTensor* outputs,
                        int output_count, int executable, OrcTensor* results) {
    return guarded([&] {
        const auto& shared = *static_cast<Shared*>(node);
        std::vector<Optional<at::Tensor>> raw;
        for (int i = 0; i < output_count; ++i) {
            raw.emplace_back(borrow(outputs[i]));
        }
        const torch::autograd::_jvp_fn_t no_jvp = [](const variable_list&, const variable_list&) -> variable_list {
            TORCH_CHECK(false, "forward-mode differentiation of a managed function is not supported");
        };
        auto wrapped = wrap(torch::autograd::_wrap_outputs, borrow_all(inputs, input_count),
                            as_set(non_differentiable, non_differentiable_count), as_set(dirty, dirty_count), raw,
                            executable != 0 ? shared : nullptr, no_jvp);
        for (int i = 0; i < output_count; ++i) {
            results[i] = wrapped[i].has_value() ? give(*wrapped[i]) : nullptr;
        }
    });
}

int orc_torch_node_save(void* node, const OrcTensor* tensors, int count) {
    return guarded([&] {
        const auto& shared = *static_cast<Shared*>(node);
        for (int i = 0; i < count; ++i) {
            const at::Tensor tensor = borrow(tensors[i]);
            const bool is_output = tensor.defined() && tensor.grad_fn().get() == shared.get();
            shared->saved.emplace_back(tensor, is_output);
        }
    });
}

int orc_torch_node_saved(void* node_in_backward, int index, OrcTensor* result) {
    return guarded([&] {
        auto* node = static_cast<ManagedNode*>(node_in_backward);
        *result = give(node->saved.at(index).unpack(node->shared_from_this()));
    });
}

int orc_torch_node_output(void* node_in_backward, int index, OrcTensor* zeros) {
    return guarded(
        [&] { *zeros = give(static_cast<ManagedNode*>(node_in_backward)->input_metadata(index).zeros_like()); });
}

void orc_torch_node_release(void* node) { delete static_cast<Shared*>(node); }
