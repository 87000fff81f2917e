#pragma once
// The one way to a connection: what our code relies on does not depend on the address, nor on where we run.
#include "runtime/secret.hpp"

namespace arrakis::postgres {
/// `dsn` with client_encoding=UTF8, which wins over any other in it, and with connect_timeout=3 (libpq's own, in whole
/// seconds, at least 2) unless it has one. An address that cannot be read stays as it is.
secret complete(const secret& dsn);
} // namespace arrakis::postgres
