#pragma once
// Policy of the gateway addresses that may receive the bot token. An address comes from configuration, from Discord
// (GET /gateway/bot, READY) or from Redis, where others may have written: the token is sent to allowed ones only.
#include "runtime/error.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace arrakis::discord::gateway {

/// Set of allowed origins.
class address_policy {
public:
  /// Allows Discord only: wss:// of discord.gg and its subdomains, on port 443.
  address_policy() = default;
  /// Allows also the operator's origin (scheme, host and port): that of `gateway_url`; without one that of
  /// `api_url`, with ws for http and wss for https. Either may be empty. ec::invalid names the key that is no address.
  static caf::expected<address_policy> of(std::string_view gateway_url, std::string_view api_url);

  /// Allows the origin of a ws:// or wss:// address too. ec::invalid when it is none.
  caf::error add(std::string_view address);

  bool allows(std::string_view address) const;
  /// Error text for an address that is not allowed, with the remedy. Shows its origin only.
  std::string refusal(std::string_view address) const;

private:
  std::vector<std::string> origins_; ///< As url::origin() writes them.
};

} // namespace arrakis::discord::gateway
