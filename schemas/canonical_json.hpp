#pragma once
#include "runtime/error.hpp"

#include <boost/json/fwd.hpp>
#include <string>
#include <string_view>

namespace arrakis {
/// Returns the bytes of RFC 8785 (JCS): keys sorted by UTF-16 code units, shortest number form of ECMAScript, minimal
/// escapes. ec::invalid for NaN, infinities and integers beyond 2^53 (they would not survive another reader).
caf::expected<std::string> canonical_json(const boost::json::value&);
/// Returns the SHA-256 of `bytes` in lower-case hex.
std::string sha256_hex(std::string_view bytes);
} // namespace arrakis
