#include "runtime/exception.hpp"

#include "runtime/last_resort.hpp"

#include <system_error>

namespace arrakis {
namespace {
/// std::thread, of a detached actor for instance, throws the code that a socket or a file has for "not now". Only
/// another attempt shows which it was. Once threads are available again, the supervisor restarts the actor.
bool lacks_threads() {
  try {
    last_resort::require_threads(1);
    return false;
  } catch (const std::exception&) {
    return true;
  }
}
} // namespace

caf::error error_of(const std::exception_ptr& thrown) {
  try {
    std::rethrow_exception(thrown);
  } catch (const std::system_error& e) {
    // Repeated restarts of an actor that gets no thread do not help.
    if (e.code() == std::errc::resource_unavailable_try_again && last_resort::is_installed() && lacks_threads())
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
