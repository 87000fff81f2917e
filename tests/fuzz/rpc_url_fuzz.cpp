// The address of an RPC endpoint: what is shown holds no secret, what is sent forges nothing, and another reader of
// addresses finds the same place in it.
#include "runtime/url.hpp"
#include "tests/fuzz/fuzz.hpp"
#include "tests/support/plain.hpp"

#include <algorithm>
#include <boost/url/parse.hpp>
#include <boost/url/url_view.hpp>
#include <charconv>

namespace arrakis::fuzz {
namespace {
constexpr std::string_view schemes = "http https";

bool visible(std::string_view text) {
  return std::ranges::all_of(text, [](unsigned char c) { return c > 32 && c < 127; });
}
std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(), [](unsigned char c) { return c >= 'A' && c <= 'Z' ? c + 32 : c; });
  return text;
}

/// Boost.URL reads fewer texts (it knows no odd characters in a path); what both read, they read alike.
void compare(std::string_view bytes, const arrakis::url& ours) {
  const auto theirs = boost::urls::parse_uri(boost::urls::string_view{bytes.data(), bytes.size()});
  if (!theirs)
    return;
  ARRAKIS_ASSERT(lower({theirs->scheme().data(), theirs->scheme().size()}) == ours.scheme(), "the same scheme");
  ARRAKIS_ASSERT(lower(theirs->host_address()) == ours.host() || ours.host().find(':') != std::string::npos,
                 "the same host");
  ARRAKIS_ASSERT(theirs->has_userinfo() == !ours.authorization().empty(), "the same user");
  unsigned port = 0;
  const auto digits = theirs->port();
  if (std::from_chars(digits.data(), digits.data() + digits.size(), port).ec == std::errc{})
    ARRAKIS_ASSERT(port == ours.port(), "the same port");
  const auto path = theirs->encoded_path(), query = theirs->encoded_query();
  auto target = std::string{path.data(), path.size()};
  if (target.empty())
    target = "/";
  if (theirs->has_query())
    target += "?" + std::string{query.data(), query.size()};
  ARRAKIS_ASSERT(ours.target() == target, "the same path and query");
}
} // namespace

void rpc_url(std::string_view bytes) {
  const auto parsed = arrakis::url::parse(bytes, schemes);
  if (!parsed) {
    const auto why = text_of(parsed.error());
    ARRAKIS_ASSERT(!why.empty() && visible(why.substr(0, 1)) && why.size() < 100, "a refusal is a short sentence");
    return;
  }
  const auto origin = parsed->origin();
  ARRAKIS_ASSERT(visible(origin) && origin.find_first_of("@?#") == std::string::npos
                   && origin.find('/', parsed->scheme().size() + 3) == std::string::npos,
                 "an origin is scheme, host and port");
  const auto target = test::plain(parsed->target());
  ARRAKIS_ASSERT(visible(target) && target.starts_with('/'), "nothing forges a line");
  const auto header = test::plain(parsed->authorization());
  ARRAKIS_ASSERT(header.empty() || (header.starts_with("Basic ") && visible(std::string_view{header}.substr(6))),
                 "nothing forges a header");
  const auto again = arrakis::url::parse(origin + target, schemes);
  ARRAKIS_ASSERT(again && again->origin() == origin && again->target() == parsed->target(),
                 "what is sent goes to the place that is shown");
  compare(bytes, *parsed);
}
} // namespace arrakis::fuzz
