// One boxed call reaches every operator of libtorch's dispatcher.
#include <ATen/core/dispatch/Dispatcher.h>

#include <algorithm>

#include "values.h"

namespace orchestrator {
namespace {

struct Operator {
    c10::OperatorHandle handle;
    std::vector<c10::IValue> defaults;  // by position; absent: None
    std::vector<bool> has_default;
    std::vector<bool> wants_double;  // an integer given for a float argument is widened
    size_t arguments;
};

// Hooks re-enter, so a call takes the thread's stack out and puts it back when done: no allocation in the usual case.
thread_local torch::jit::Stack spare_stack;
thread_local std::vector<OrcValue> spare_results;

class Borrowed {
  public:
    Borrowed() : stack(std::move(spare_stack)), results(std::move(spare_results)) {
        stack.clear();
        results.clear();
    }
    ~Borrowed() {
        stack.clear();
        results.clear();
        spare_stack = std::move(stack);
        spare_results = std::move(results);
    }
    torch::jit::Stack stack;
    std::vector<OrcValue> results;
};

void release_results(const std::vector<OrcValue>& results) {
    for (const OrcValue& result : results) {
        if (result.tag == ORC_TENSOR) {
            orc_torch_release(result.pointer);
        }
    }
}

}  // namespace
}  // namespace orchestrator

using namespace orchestrator;

int orc_torch_find(const char* name, const char* overload, void** op) {
    return guarded([&] {
        const Optional<c10::OperatorHandle> found = c10::Dispatcher::singleton().findSchema({name, overload});
        TORCH_CHECK(found.has_value(), "this libtorch (", TORCH_VERSION, ") has no operator ", name,
                    overload[0] == 0 ? "" : ".", overload);
        const auto& arguments = found->schema().arguments();
        auto* entry = new Operator{*found, {}, {}, {}, arguments.size()};
        for (const auto& argument : arguments) {
            const bool known = argument.default_value().has_value();
            const auto type = argument.type();
            const auto kind = type->kind();
            entry->defaults.push_back(known ? *argument.default_value() : c10::IValue());
            entry->has_default.push_back(known || kind == c10::TypeKind::OptionalType);
            const bool optional_double =
                kind == c10::TypeKind::OptionalType &&
                type->castRaw<c10::OptionalType>()->getElementType()->kind() == c10::TypeKind::FloatType;
            entry->wants_double.push_back(kind == c10::TypeKind::FloatType || optional_double);
        }
        *op = entry;  // operators live as long as the process
    });
}

// Hot: a tiny operator spends as long here as in its kernel. No allocation beyond what the arguments need.
int orc_torch_call(void* op, const OrcValue* arguments, int count, OrcValue* results, int capacity, int* result_count) {
    return guarded([&] {
        const auto& target = *static_cast<const Operator*>(op);
        TORCH_CHECK(static_cast<size_t>(count) <= target.arguments, target.handle.schema().name(), " takes ",
                    target.arguments, " arguments, not ", count);
        Borrowed borrowed;
        for (int i = 0; i < count; ++i) {
            if (arguments[i].tag == ORC_DEFAULT) {
                borrowed.stack.push_back(target.defaults[i]);
            } else if (arguments[i].tag == ORC_INT && target.wants_double[i]) {
                borrowed.stack.emplace_back(static_cast<double>(arguments[i].integer));
            } else {
                borrowed.stack.push_back(to_ivalue(arguments[i]));
            }
        }
        for (size_t i = count; i < target.arguments; ++i) {
            TORCH_CHECK(target.has_default[i], target.handle.schema().name(), ": argument ",
                        target.handle.schema().arguments()[i].name(), " is missing");
            borrowed.stack.push_back(target.defaults[i]);
        }
        target.handle.callBoxed(borrowed.stack);
        try {
            for (c10::IValue& value : borrowed.stack) {
                from_ivalue(std::move(value), borrowed.results);
            }
        } catch (...) {
            release_results(borrowed.results);
            throw;
        }
        *result_count = static_cast<int>(borrowed.results.size());
        if (*result_count > capacity) {
            release_results(borrowed.results);
            TORCH_CHECK(false, target.handle.schema().name(), " gave ", *result_count, " results where ", capacity,
                        " were expected");
        }
        std::copy(borrowed.results.begin(), borrowed.results.end(), results);
    });
}
