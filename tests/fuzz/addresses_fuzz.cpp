// Addresses that shards find in Redis, where others may have written: with any of them the bot token goes to Discord or
// to the address that the operator set.
#include "adapters/discord/gateway/address.hpp"
#include "adapters/discord/gateway/stored.hpp"
#include "adapters/discord/shards/plan.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>

namespace arrakis::fuzz {
namespace {
using namespace discord::gateway;

/// The same question to another reader of addresses: where would a token go?
bool is_harmless(std::string_view address) {
  // Where it goes is said before the path, in which this reader is stricter than we are.
  if (const auto mark = address.find("://"); mark != std::string_view::npos)
    address = address.substr(0, address.find_first_of("/?#", mark + 3));
  const auto parsed = boost::urls::parse_uri(boost::urls::string_view{address.data(), address.size()});
  if (!parsed)
    return false;
  auto lower = [](std::string text) {
    std::ranges::transform(text, text.begin(), [](unsigned char c) { return std::tolower(c); });
    return text;
  };
  const auto scheme = lower({parsed->scheme().data(), parsed->scheme().size()});
  const auto host = lower(parsed->host());
  const std::string port{parsed->port().data(), parsed->port().size()};
  const auto is_port = [&](std::string_view want) {
    const auto first = port.find_first_not_of('0');
    return first != std::string::npos && std::string_view{port}.substr(first) == want;
  };
  if (parsed->has_userinfo())
    return false;
  const bool discords = scheme == "wss" && (host == "discord.gg" || host.ends_with(".discord.gg"));
  return (discords && (port.empty() || is_port("443")))
      || (scheme == "ws" && host == "gateway.intern" && is_port("8080"));
}

void judge(std::string_view address) {
  static const auto policy = *address_policy::of("ws://gateway.intern:8080", "");
  static const address_policy discord_alone;
  if (policy.allows(address))
    ARRAKIS_ASSERT(is_harmless(address), "the token goes to Discord, or where the operator said");
  ARRAKIS_ASSERT(!discord_alone.allows(address) || policy.allows(address), "Discord's gateways are always allowed");
  const auto refusal = policy.refusal(address);
  ARRAKIS_ASSERT(refusal.find_first_of("?@\r\n\x1b") == std::string::npos, "a refusal shows the origin alone");
}
} // namespace

void addresses(std::string_view bytes) {
  judge(bytes);
  const auto session = read_session(bytes);
  if (!session.id.empty()) {
    judge(session.resume_url);
    const auto again = read_session(print_session(session));
    ARRAKIS_ASSERT(again.id == session.id && again.resume_url == session.resume_url
                     && again.sequence == session.sequence,
                   "a session is written as it was read");
  }
  if (const auto p = discord::shards::read_plan(bytes)) {
    judge(p->url);
    ARRAKIS_ASSERT(p->shards >= 1 && p->shards <= 16'384 && p->max_concurrency >= 1, "a plan keeps its bounds");
    ARRAKIS_ASSERT(p->starts_left >= 0 && p->starts_reset.count() >= 0, "no limit is negative");
  }
}
} // namespace arrakis::fuzz
