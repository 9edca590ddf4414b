// Direct calls of operators whose signature is one of the usual ones.
#pragma once

#include <ATen/core/dispatch/Dispatcher.h>

#include "values.h"

namespace orchestrator {

struct Typed {
    // False, and nothing called, if an argument is not of the parameter's kind. A result that is null is dropped.
    bool (*call)(const void* handle, const OrcValue* arguments, OrcValue* result) = nullptr;
    const void* handle = nullptr;  // lives as long as the process
};

constexpr size_t kMostTyped = 5;  // parameters

Typed typed_call_of(const c10::OperatorHandle& op);

}  // namespace orchestrator
