// A direct call needs no stack of tagged values, counts no references to its arguments and puts no list on the heap. On
// a tiny operator that is a tenth of its time; what has no signature in the table below goes through the boxed call.
#include "typed.h"

#include <c10/core/SymIntArrayRef.h>
#include <c10/util/SmallVector.h>

#include <utility>

namespace orchestrator {
namespace {

// One parameter: the schema's name of its type, which values fit, and its form while the call lasts.
template <typename T>
struct From;

template <typename T>
struct FromTensor {
    static bool fits(const OrcValue& value) { return value.tag == ORC_TENSOR && value.pointer != nullptr; }
    explicit FromTensor(const OrcValue& value) : tensor_(lend(value.pointer)) {}
    FromTensor(const FromTensor&) = delete;
    ~FromTensor() { (void)tensor_.unsafeReleaseTensorImpl(); }
    T get() { return tensor_; }

  private:
    at::Tensor tensor_;  // holds the caller's reference without counting it
};

template <>
struct From<const at::Tensor&> : FromTensor<const at::Tensor&> {
    static constexpr const char* kType = "Tensor";
    using FromTensor::FromTensor;
};

template <>
struct From<at::Tensor&> : FromTensor<at::Tensor&> {
    static constexpr const char* kType = "Tensor!";
    using FromTensor::FromTensor;
};

template <typename List>
struct FromTensors {
    static constexpr const char* kType = "Tensor[]";
    static bool fits(const OrcValue& value) { return value.tag == ORC_TENSOR_LIST; }
    explicit FromTensors(const OrcValue& value) {
        for (int i = 0; i < value.aux; ++i) {
            tensors_.push_back(borrow(static_cast<const OrcTensor*>(value.pointer)[i]));
        }
    }
    List get() const { return at::TensorList(tensors_); }

  private:
    c10::SmallVector<at::Tensor, 4> tensors_;
};

template <>
struct From<at::TensorList> : FromTensors<at::TensorList> {
    using FromTensors::FromTensors;
};

template <>
struct From<const at::ITensorListRef&> : FromTensors<at::ITensorListRef> {
    using FromTensors::FromTensors;
};

template <>
struct From<const at::Scalar&> {
    static constexpr const char* kType = "Scalar";
    static bool fits(const OrcValue& value) { return value.tag >= ORC_INT && value.tag <= ORC_BOOL; }
    explicit From(const OrcValue& value)
        : scalar_(value.tag == ORC_INT      ? at::Scalar(value.integer)
                  : value.tag == ORC_DOUBLE ? at::Scalar(value.real)
                                            : at::Scalar(value.integer != 0)) {}
    const at::Scalar& get() const { return scalar_; }

  private:
    at::Scalar scalar_;
};

template <>
struct From<int64_t> {
    static constexpr const char* kType = "int";
    static bool fits(const OrcValue& value) { return value.tag == ORC_INT; }
    explicit From(const OrcValue& value) : value_(value.integer) {}
    int64_t get() const { return value_; }

  private:
    int64_t value_;
};

template <>
struct From<bool> {
    static constexpr const char* kType = "bool";
    static bool fits(const OrcValue& value) { return value.tag == ORC_BOOL; }
    explicit From(const OrcValue& value) : value_(value.integer != 0) {}
    bool get() const { return value_; }

  private:
    bool value_;
};

template <>
struct From<Optional<at::ScalarType>> {
    static constexpr const char* kType = "ScalarType?";
    static bool fits(const OrcValue& value) { return value.tag == ORC_INT || value.tag == ORC_NONE; }
    explicit From(const OrcValue& value) {
        if (value.tag == ORC_INT) {
            type_ = static_cast<at::ScalarType>(value.integer);
        }
    }
    Optional<at::ScalarType> get() const { return type_; }

  private:
    Optional<at::ScalarType> type_;
};

at::IntArrayRef integers(const OrcValue& value) {
    return {static_cast<const int64_t*>(value.pointer), static_cast<size_t>(value.aux)};
}

template <>
struct From<at::IntArrayRef> {
    static constexpr const char* kType = "int[]";
    static bool fits(const OrcValue& value) { return value.tag == ORC_INT_LIST; }
    explicit From(const OrcValue& value) : list_(integers(value)) {}
    at::IntArrayRef get() const { return list_; }

  private:
    at::IntArrayRef list_;
};

template <>
struct From<at::OptionalIntArrayRef> {
    static constexpr const char* kType = "int[]?";
    static bool fits(const OrcValue& value) { return value.tag == ORC_INT_LIST || value.tag == ORC_NONE; }
    explicit From(const OrcValue& value) {
        if (value.tag == ORC_INT_LIST) {
            list_ = integers(value);
        }
    }
    at::OptionalIntArrayRef get() const { return list_; }

  private:
    at::OptionalIntArrayRef list_;
};

template <>
struct From<c10::SymInt> {
    static constexpr const char* kType = "SymInt";
    static bool fits(const OrcValue& value) { return value.tag == ORC_INT; }
    explicit From(const OrcValue& value) : value_(value.integer) {}
    c10::SymInt get() const { return value_; }

  private:
    int64_t value_;
};

template <>
struct From<c10::SymIntArrayRef> {
    static constexpr const char* kType = "SymInt[]";
    static bool fits(const OrcValue& value) { return value.tag == ORC_INT_LIST; }
    explicit From(const OrcValue& value) {
        for (const int64_t entry : integers(value)) {
            list_.push_back(c10::SymInt(entry));
        }
    }
    c10::SymIntArrayRef get() const { return list_; }

  private:
    c10::SmallVector<c10::SymInt, 6> list_;
};

template <typename F>
struct Signature;

template <typename Return, typename... Parameters>
struct Signature<Return(Parameters...)> {
    static_assert(sizeof...(Parameters) <= kMostTyped);
    using Handle = c10::TypedOperatorHandle<Return(Parameters...)>;

    static std::string types() { return ((std::string(From<Parameters>::kType) + ", ") + ...); }

    template <size_t... I>
    static bool call(const void* handle, const OrcValue* arguments, OrcValue* result, std::index_sequence<I...>) {
        if (!(From<Parameters>::fits(arguments[I]) && ...)) {
            return false;
        }
        // The second is a copy of a reference if the operator works in place.
        decltype(auto) made = static_cast<const Handle*>(handle)->call(From<Parameters>(arguments[I]).get()...);
        if (result != nullptr) {
            result->tag = ORC_TENSOR;
            result->pointer = give(std::forward<decltype(made)>(made));
        }
        return true;
    }

    static bool call(const void* handle, const OrcValue* arguments, OrcValue* result) {
        return call(handle, arguments, result, std::index_sequence_for<Parameters...>());
    }

    static bool match(const c10::OperatorHandle& op, const std::string& wanted, Typed& found) {
        if (found.call != nullptr || wanted != types()) {
            return found.call != nullptr;
        }
        try {
            found.handle = new Handle(op.typed<Return(Parameters...)>());
            found.call = &Signature::call;
        } catch (const c10::Error&) {
            // The same types in the schema, others in C++.
        }
        return found.call != nullptr;
    }
};

template <typename... Signatures>
Typed first_match(const c10::OperatorHandle& op, const std::string& wanted) {
    Typed found;
    (Signature<Signatures>::match(op, wanted, found), ...);
    return found;
}

}  // namespace

Typed typed_call_of(const c10::OperatorHandle& op) {
    using T = const at::Tensor&;
    using S = const at::Scalar&;
    using R = at::Tensor;
    const auto& schema = op.schema();
    if (schema.returns().size() != 1 || schema.returns()[0].type()->kind() != c10::TypeKind::TensorType) {
        return {};
    }
    std::string types;
    for (const auto& argument : schema.arguments()) {
        const bool written = argument.alias_info() != nullptr && argument.alias_info()->isWrite();
        types += argument.real_type()->str() + (written ? "!, " : ", ");
    }
    return first_match<
        R(T), R(T, T), R(T, T, T), R(T, S), R(T, S, S), R(T, T, S), R(T, T, T, S), R(T, int64_t),
        R(T, int64_t, int64_t), R(T, bool), R(T, T, bool, bool), R(T, int64_t, bool), R(T, Optional<at::ScalarType>),
        R(T, int64_t, Optional<at::ScalarType>), R(T, at::OptionalIntArrayRef, bool, Optional<at::ScalarType>),
        R(T, at::IntArrayRef), R(T, at::IntArrayRef, bool), R(T, c10::SymIntArrayRef), R(T, c10::SymIntArrayRef, bool),
        R(T, int64_t, int64_t, int64_t), R(T, int64_t, c10::SymInt), R(T, int64_t, c10::SymInt, c10::SymInt),
        R(T, T, T, S, S), R(at::TensorList, int64_t), R(const at::ITensorListRef&, int64_t), R&(R&), R&(R&, T),
        R&(R&, S), R&(R&, T, S), R&(R&, T, T, S), R&(R&, S, S), R&(R&, T, bool)>(op, types);
}

}  // namespace orchestrator
