// The C ABI as a managed caller uses it, with libtorch's own types around it.
#pragma once

#include <ATen/ATen.h>

#include <map>
#include <string>
#include <vector>

#include "../torch_abi.h"
#include "harness.h"

// An argument, and what must live while the call lasts.
struct Value {
    OrcValue value{};
    std::vector<int64_t> integers;
    std::vector<double> doubles;
    std::vector<OrcTensor> handles;
    std::string text;

    Value() { value.tag = ORC_NONE; }
    Value(const at::Tensor& tensor) {
        value.tag = ORC_TENSOR;
        value.pointer = tensor.defined() ? tensor.unsafeGetTensorImpl() : nullptr;
    }
    Value(int64_t integer) {
        value.tag = ORC_INT;
        value.integer = integer;
    }
    Value(int integer) : Value(static_cast<int64_t>(integer)) {}
    Value(at::ScalarType type) : Value(static_cast<int64_t>(type)) {}
    Value(double real) {
        value.tag = ORC_DOUBLE;
        value.real = real;
    }
    Value(bool truth) {
        value.tag = ORC_BOOL;
        value.integer = truth ? 1 : 0;
    }
    Value(const char* characters) : text(characters) { value.tag = ORC_STRING; }
    Value(std::vector<int64_t> list) : integers(std::move(list)) { value.tag = ORC_INT_LIST; }
    Value(const std::vector<at::Tensor>& list, bool optional = false) {
        value.tag = optional ? ORC_OPTIONAL_TENSOR_LIST : ORC_TENSOR_LIST;
        for (const at::Tensor& tensor : list) {
            handles.push_back(tensor.defined() ? tensor.unsafeGetTensorImpl() : nullptr);
        }
    }
    static Value reals(std::vector<double> list) {
        Value value;
        value.value.tag = ORC_DOUBLE_LIST;
        value.doubles = std::move(list);
        return value;
    }
    static Value fallback() {
        Value value;
        value.value.tag = ORC_DEFAULT;
        return value;
    }

    OrcValue raw() {
        if (value.tag == ORC_INT_LIST) {
            value.pointer = integers.data();
            value.aux = static_cast<int32_t>(integers.size());
        } else if (value.tag == ORC_DOUBLE_LIST) {
            value.pointer = doubles.data();
            value.aux = static_cast<int32_t>(doubles.size());
        } else if (value.tag == ORC_TENSOR_LIST || value.tag == ORC_OPTIONAL_TENSOR_LIST) {
            value.pointer = handles.data();
            value.aux = static_cast<int32_t>(handles.size());
        } else if (value.tag == ORC_STRING) {
            value.pointer = text.data();
            value.aux = static_cast<int32_t>(text.size());
        }
        return value;
    }
};

inline at::Tensor own(void* handle) {
    if (handle == nullptr) {
        return {};
    }
    const at::Tensor shared(c10::intrusive_ptr<at::TensorImpl, at::UndefinedTensorImpl>::unsafe_reclaim_from_nonowning(
        static_cast<at::TensorImpl*>(handle)));
    orc_torch_release(handle);
    return shared;
}

inline void* find(const std::string& name, const std::string& overload) {
    static std::map<std::string, void*> found;
    void*& op = found[name + "." + overload];
    if (op == nullptr && orc_torch_find(("aten::" + name).c_str(), overload.c_str(), &op) != 0) {
        throw std::runtime_error(orc_torch_error());
    }
    return op;
}

inline int call(const std::string& name, const std::string& overload, std::vector<Value> arguments,
                std::vector<OrcValue>& results) {
    std::vector<OrcValue> raw;
    for (Value& argument : arguments) {
        raw.push_back(argument.raw());
    }
    int count = 0;
    const int status = orc_torch_call(find(name, overload), raw.data(), static_cast<int>(raw.size()), results.data(),
                                      static_cast<int>(results.size()), &count);
    results.resize(status == 0 ? count : 0);
    return status;
}

inline std::vector<at::Tensor> many(const std::string& name, const std::string& overload, std::vector<Value> arguments,
                                    size_t capacity = 8) {
    std::vector<OrcValue> results(capacity);
    if (call(name, overload, std::move(arguments), results) != 0) {
        throw std::runtime_error(orc_torch_error());
    }
    std::vector<at::Tensor> tensors;
    for (const OrcValue& result : results) {
        EQUAL(static_cast<int32_t>(ORC_TENSOR), result.tag);
        tensors.push_back(own(result.pointer));
    }
    return tensors;
}

inline at::Tensor one(const std::string& name, const std::string& overload, std::vector<Value> arguments) {
    const std::vector<at::Tensor> results = many(name, overload, std::move(arguments), 1);
    EQUAL(size_t{1}, results.size());
    return results[0];
}

// Bit for bit, type and shape included.
inline bool same(const at::Tensor& expected, const at::Tensor& found) {
    return expected.defined() == found.defined() &&
           (!expected.defined() || (expected.scalar_type() == found.scalar_type() && at::equal(expected, found)));
}
