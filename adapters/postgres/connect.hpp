#pragma once
// Settings of every connection that the code relies on, whatever the DSN and the environment.
#include "runtime/secret.hpp"

namespace arrakis::postgres {
/// `dsn` with client_encoding=UTF8, which wins over any other in it, and with connect_timeout=3 (libpq's own, in whole
/// seconds, at least 2) unless it has one. An address that cannot be read stays as it is.
secret complete(const secret& dsn);
} // namespace arrakis::postgres
