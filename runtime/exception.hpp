#pragma once
#include "runtime/error.hpp"

#include <exception>

namespace arrakis {
/// Converts any exception to ec::unknown with its text. Ends the process if the system grants no further thread.
caf::error error_of(const std::exception_ptr&);

/// Keeps the text of an exception that ends the actor as its exit reason, for logs and console (CAF alone keeps only
/// "runtime_error"). Call it first in a behavior.
template <class Self>
void keep_exception_text(Self* self) {
  self->set_exception_handler([](std::exception_ptr& thrown) { return error_of(thrown); });
}
} // namespace arrakis
