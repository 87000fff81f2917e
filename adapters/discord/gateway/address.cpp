#include "adapters/discord/gateway/address.hpp"

#include "runtime/url.hpp"

#include <algorithm>

namespace arrakis::discord::gateway {
namespace {
constexpr std::string_view sockets = "ws wss";

/// https://discord.com/developers/docs/events/gateway#connecting: wss://gateway.discord.gg, and for a resume
/// wss://gateway-us-east1-b.discord.gg and its like.
bool is_discords(const url& address) {
  constexpr std::string_view domain = "discord.gg";
  const std::string_view host = address.host();
  const bool under = host == domain || (host.ends_with(domain) && host[host.size() - domain.size() - 1] == '.');
  return under && address.scheme() == "wss" && address.port() == 443;
}
} // namespace

caf::expected<address_policy> address_policy::of(std::string_view gateway_url, std::string_view api_url) {
  address_policy out;
  if (!gateway_url.empty()) {
    if (const auto wrong = out.add(gateway_url))
      return failed<address_policy>(ec::invalid, "discord.gateway_url: " + text_of(wrong));
  } else if (api_url.starts_with("http") && !api_url.starts_with("http+unix:")) {
    const auto api = url::parse(api_url, "http https");
    if (!api)
      return failed<address_policy>(ec::invalid, "discord.api_url: " + text_of(api.error()));
    out.origins_.push_back("ws" + api->origin().substr(std::string_view{"http"}.size()));
  }
  return out;
}

caf::error address_policy::add(std::string_view address) {
  const auto parsed = url::parse(address, sockets);
  if (!parsed)
    return parsed.error();
  origins_.push_back(parsed->origin());
  return {};
}

bool address_policy::allows(std::string_view address) const {
  const auto parsed = url::parse(address, sockets);
  return parsed && parsed->authorization().empty()
      && (is_discords(*parsed) || std::ranges::find(origins_, parsed->origin()) != origins_.end());
}

std::string address_policy::refusal(std::string_view address) const {
  const auto parsed = url::parse(address, sockets);
  return "the bot token is not sent to " + (parsed ? parsed->origin() : std::string{"what is no gateway address"})
       + ": it is neither under discord.gg nor what discord.gateway_url says; set that if the address is right";
}
} // namespace arrakis::discord::gateway
