#pragma once
#include "runtime/error.hpp"

#include <exception>

namespace arrakis {
/// Converts to ec::unknown with what() of the exception: the requester cannot know how far the work had come.
caf::error error_of(const std::exception_ptr&);

/// A throw in a handler ends the actor; with this first line of its behavior the reason keeps the exception's text, so
/// that logs and console can say why. (CAF alone prints to standard error and keeps only "runtime_error".)
template <class Self>
void keep_exception_text(Self* self) {
  self->set_exception_handler([](std::exception_ptr& thrown) { return error_of(thrown); });
}
} // namespace arrakis
