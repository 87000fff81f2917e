#pragma once
// Settings of every connection that the code relies on, whatever the DSN and the environment.
#include "runtime/secret.hpp"

namespace arrakis::postgres {
/// Completes `dsn` with client_encoding=UTF8, which replaces any other, and with connect_timeout=3 (libpq: whole
/// seconds, at least 2) unless it has one. A malformed DSN is returned unchanged.
secret complete(const secret& dsn);
} // namespace arrakis::postgres
