#include "runtime/exception.hpp"

#include "runtime/last_resort.hpp"

#include <system_error>

namespace arrakis {
caf::error error_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::system_error& e) {
    // std::thread throws it, of a detached actor for instance: to start that one again and again helps nobody.
    if (e.code() == std::errc::resource_unavailable_try_again && last_resort::is_installed())
      last_resort::give_up("the system gives this process no further thread: raise its limit (ulimit -u, pids.max, "
                           "TasksMax, or its memory), or lower runtime.workers and postgres.connections");
    return fail(ec::unknown, e.what());
  } catch (const std::exception& e) {
    return fail(ec::unknown, e.what());
  } catch (...) { // A library may throw anything; it must not end more than the one actor.
    return fail(ec::unknown, "something was thrown that is no std::exception");
  }
}
} // namespace arrakis
