// Inside of the C ABI: handles, errors, and conversion between OrcValue and c10::IValue.
#pragma once

#include <ATen/ATen.h>
#include <ATen/core/ivalue.h>
#include <torch/version.h>

#include <exception>
#include <memory>
#include <string>
#include <vector>

#include "torch_abi.h"

#define ORC_TORCH_AT_LEAST(major, minor) \
    (TORCH_VERSION_MAJOR > (major) || (TORCH_VERSION_MAJOR == (major) && TORCH_VERSION_MINOR >= (minor)))

namespace orchestrator {

#if ORC_TORCH_AT_LEAST(2, 4)
template <typename T>
using Optional = std::optional<T>;
#else
template <typename T>
using Optional = c10::optional<T>;
#endif

// An exception that a managed callback threw, on its way through libtorch's engine back to the managed caller.
struct ManagedError final : std::exception {
    ManagedError(void* handle, void (*release)(void*));
    const char* what() const noexcept override { return "A managed backward function threw an exception."; }
    void* take() const;

  private:
    struct Held;
    std::shared_ptr<Held> held_;
};

int record_error(const std::exception& error) noexcept;  // returns the status
int record_error(const char* text) noexcept;

template <typename F>
int guarded(F&& body) noexcept {
    try {
        body();
        return 0;
    } catch (const std::exception& error) {
        return record_error(error);
    } catch (...) {
        return record_error("libtorch threw something that is no exception.");
    }
}

at::Tensor borrow(OrcTensor handle);  // one more reference, dropped with the result
at::Tensor lend(OrcTensor handle);    // the caller's own reference, which must be taken out again; not null
OrcTensor give(at::Tensor tensor);    // the caller owns a reference
std::vector<at::Tensor> borrow_all(const OrcTensor* handles, int count);

c10::IValue to_ivalue(const OrcValue& value);
// Appends the value's parts; lists of tensors become one entry each.
void from_ivalue(c10::IValue&& value, std::vector<OrcValue>& results);

}  // namespace orchestrator
