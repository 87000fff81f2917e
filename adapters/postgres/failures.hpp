#pragma once
// The one place that turns libpqxx's exceptions into errors of ours.
#include "runtime/error.hpp"
#include "runtime/secret.hpp"

#include <caf/error.hpp>
#include <exception>

namespace arrakis::postgres {
struct failure {
  caf::error why;
  bool again = false; ///< The server rolled back and asks for another try: serialization failure or deadlock.
  bool lost = false;  ///< The connection is of no more use.
};
/// `committing`: COMMIT was under way, so a lost connection leaves its outcome open (ec::unknown).
failure failure_of(const std::exception& thrown, bool committing = false);
/// Of a connection that could not be made. libpq repeats what it was given: of the values in `dsn` only those that say
/// where and as whom stay in the text, and of one that it cannot read, none.
caf::error connect_error(const std::exception& thrown, const secret& dsn);
} // namespace arrakis::postgres
