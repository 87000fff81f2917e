#pragma once
// Translation of libpqxx's exceptions into errors of Arrakis.
#include "runtime/error.hpp"
#include "runtime/secret.hpp"

#include <caf/error.hpp>
#include <exception>

namespace arrakis::postgres {
/// An error that was translated from an exception of libpqxx.
struct failure {
  caf::error why;
  bool again = false; ///< The server rolled back and asks for another try: serialization failure or deadlock.
  bool lost = false;  ///< The connection is of no more use.
};
/// Translates an exception. `committing`: a connection lost in COMMIT leaves the outcome open (ec::unknown).
failure failure_of(const std::exception& thrown, bool committing = false);
/// Error of a failed connection. libpq's text repeats the connection string: the values of `dsn` other than address and
/// user are removed, and all values of a malformed one.
caf::error connect_error(const std::exception& thrown, const secret& dsn);
} // namespace arrakis::postgres
