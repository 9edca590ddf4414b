// One boxed call reaches every operator of libtorch's dispatcher; the usual signatures have a direct one too.
#include <ATen/core/dispatch/Dispatcher.h>

#include <algorithm>

#include "typed.h"
#include "values.h"

namespace orchestrator {
namespace {

struct Operator {
    c10::OperatorHandle handle;
    std::vector<c10::IValue> defaults;  // by position; absent: None
    std::vector<bool> has_default;
    std::vector<bool> wants_double;  // an integer given for a float argument is widened
    size_t arguments;
    Typed typed;
    OrcValue typed_defaults[kMostTyped];
};

constexpr int32_t kNoDefault = -1;  // a tag that no typed parameter takes

// A default that a typed call can take.
OrcValue plain(const c10::IValue& value) {
    OrcValue result{};
    result.tag = kNoDefault;
    if (value.isNone()) {
        result.tag = ORC_NONE;
    } else if (value.isInt()) {
        result.tag = ORC_INT;
        result.integer = value.toInt();
    } else if (value.isDouble()) {
        result.tag = ORC_DOUBLE;
        result.real = value.toDouble();
    } else if (value.isBool()) {
        result.tag = ORC_BOOL;
        result.integer = value.toBool() ? 1 : 0;
    }
    return result;
}

// Whether the operator has a typed call that takes these arguments; if so it was made.
bool call_typed(const Operator& target, const OrcValue* arguments, int count, OrcValue* result) {
    OrcValue values[kMostTyped];
    for (int i = 0; i < count; ++i) {
        values[i] = arguments[i].tag == ORC_DEFAULT ? target.typed_defaults[i] : arguments[i];
    }
    std::copy(target.typed_defaults + count, target.typed_defaults + target.arguments, values + count);
    return target.typed.call(target.typed.handle, values, result);
}

// Hooks re-enter, so a call takes the thread's stack out and puts it back when done: no allocation in the usual case.
struct Spare {
    torch::jit::Stack stack;
    std::vector<OrcValue> results;
};
thread_local Spare spare_of_thread;

class Borrowed {
  public:
    Borrowed() : spare_(spare_of_thread), stack(std::move(spare_.stack)), results(std::move(spare_.results)) {}
    Borrowed(const Borrowed&) = delete;
    ~Borrowed() {
        stack.clear();
        results.clear();
        spare_.stack = std::move(stack);
        spare_.results = std::move(results);
    }

  private:
    Spare& spare_;

  public:
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
        auto entry = std::make_unique<Operator>(Operator{*found, {}, {}, {}, arguments.size(), {}, {}});
        if (arguments.size() <= kMostTyped) {
            entry->typed = typed_call_of(*found);
        }
        for (const auto& argument : arguments) {
            const bool known = argument.default_value().has_value();
            const auto type = argument.type();
            const auto kind = type->kind();
            entry->defaults.push_back(known ? *argument.default_value() : c10::IValue());
            if (entry->typed.call != nullptr) {
                const size_t position = entry->defaults.size() - 1;
                entry->typed_defaults[position] = plain(entry->defaults.back());
                if (!known) {
                    entry->typed_defaults[position].tag = kind == c10::TypeKind::OptionalType ? ORC_NONE : kNoDefault;
                }
            }
            entry->has_default.push_back(known || kind == c10::TypeKind::OptionalType);
            const bool optional_double =
                kind == c10::TypeKind::OptionalType &&
                type->castRaw<c10::OptionalType>()->getElementType()->kind() == c10::TypeKind::FloatType;
            entry->wants_double.push_back(kind == c10::TypeKind::FloatType || optional_double);
        }
        *op = entry.release();  // operators live as long as the process
    });
}

// Hot: a tiny operator spends as long here as in its kernel. No allocation beyond what the arguments need.
int orc_torch_call(void* op, const OrcValue* arguments, int count, OrcValue* results, int capacity, int* result_count) {
    return guarded([&] {
        const auto& target = *static_cast<const Operator*>(op);
        TORCH_CHECK(static_cast<size_t>(count) <= target.arguments, target.handle.schema().name(), " takes ",
                    target.arguments, " arguments, not ", count);
        if (target.typed.call != nullptr && call_typed(target, arguments, count, capacity == 0 ? nullptr : results)) {
            *result_count = capacity == 0 ? 0 : 1;
            return;
        }
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
        if (capacity == 0) {
            *result_count = 0;
            return;
        }
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
