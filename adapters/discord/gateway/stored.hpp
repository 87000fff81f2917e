#pragma once
// Text form of sessions in Redis. Others may write there, so out-of-range values count as missing.
#include "adapters/discord/gateway/session.hpp"

#include <string>
#include <string_view>

namespace arrakis::discord::gateway {

/// {"id", "url", "seq"}, as print_session writes it. Without an id when it is none: the id has at most 128 visible
/// ASCII characters, the sequence is not negative. Whether the address may be used, address_policy says.
saved_session read_session(std::string_view text);
/// Writes {"id", "url", "seq"}.
std::string print_session(const saved_session&);

} // namespace arrakis::discord::gateway
