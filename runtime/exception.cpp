#include "runtime/exception.hpp"

namespace arrakis {
caf::error error_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& e) {
    return fail(ec::unknown, e.what());
  } catch (...) { // A library may throw anything; it must not end more than the one actor.
    return fail(ec::unknown, "something was thrown that is no std::exception");
  }
}
} // namespace arrakis
