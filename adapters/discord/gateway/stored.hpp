#pragma once
// What shards keep in Redis, as text. Others may have written there: what does not keep its bounds is not there.
#include "adapters/discord/gateway/session.hpp"

#include <string>
#include <string_view>

namespace arrakis::discord::gateway {

/// {"id", "url", "seq"}, as print_session writes it. Without an id when it is none: the id has at most 128 visible
/// ASCII characters, the sequence is not negative. Whether the address may be used, address_policy says.
saved_session read_session(std::string_view text);
std::string print_session(const saved_session&);

} // namespace arrakis::discord::gateway
