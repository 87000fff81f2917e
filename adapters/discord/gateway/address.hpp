#pragma once
// Which gateways may get the bot token. An address comes from configuration, from Discord (GET /gateway/bot, READY) or
// out of a store, where others may have written: wherever it comes from, no token leaves for one that is not allowed.
#include "runtime/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace arrakis::discord::gateway {

class address_policy {
public:
  /// Discord alone: wss:// of discord.gg and what is under it, on port 443.
  address_policy() = default;
  /// The same, and what the operator set: the origin (scheme, host and port) of `gateway_url`; without one that of
  /// `api_url`, with ws for http and wss for https. Either may be empty. ec::invalid names the key that is no address.
  static caf::expected<address_policy> of(std::string_view gateway_url, std::string_view api_url);

  /// Allows the origin of a ws:// or wss:// address too. ec::invalid when it is none.
  caf::error add(std::string_view address);

  bool allows(std::string_view address) const;
  /// Why `address` is not allowed, and what to do: for a log. Shows no more of it than its origin.
  std::string refusal(std::string_view address) const;

private:
  std::vector<std::string> origins_; ///< As url::origin() writes them.
};

} // namespace arrakis::discord::gateway
