#include "runtime/exception.hpp"

namespace arrakis {
caf::error error_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::exception& e) {
    return fail(ec::internal, e.what());
  }
}
} // namespace arrakis
