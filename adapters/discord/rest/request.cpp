#include "adapters/discord/rest/request.hpp"

#include "runtime/json.hpp"
#include "runtime/utf8.hpp"

#include <boost/json.hpp>

namespace arrakis::discord {
namespace {
constexpr size_t reason_max = 512;         // docs/reference, "Audit Log Entry Object", reason.
constexpr size_t message_bytes_max = 1000; // Length limit of an error in log lines.

std::string audit_reason(std::string_view reason) {
  size_t bytes = 0, characters = 0;
  while (bytes < reason.size() && characters < reason_max) {
    ++characters;
    do
      ++bytes;
    while (bytes < reason.size() && (static_cast<unsigned char>(reason[bytes]) & 0xC0) == 0x80);
  }
  return net::percent_encode(reason.substr(0, bytes));
}

} // namespace

net::http_request request_of(const call& c, const rest_options& opt) {
  net::http_request r;
  r.method = c.method;
  constexpr std::string_view place = "{token}", version = "/api/v10";
  if (const auto at = c.token.empty() ? c.path.npos : c.path.find(place); at != c.path.npos)
    r.private_target = secret::concat(version, c.path.substr(0, at), c.token, c.path.substr(at + place.size()));
  else
    r.target = std::string{version} + c.path;
  r.body = c.body;
  r.headers.emplace_back("User-Agent", opt.user_agent);
  if (!c.interaction)
    r.authorization = secret::concat("Bot ", opt.token());
  if (!c.body.empty())
    r.headers.emplace_back("Content-Type", "application/json");
  if (!c.reason.empty())
    r.headers.emplace_back("X-Audit-Log-Reason", audit_reason(c.reason));
  return r;
}

answer answer_of(net::http_response response) {
  answer a;
  a.status = response.status;
  a.body = std::move(response.body);
  if (a.status >= 400) {
    const auto tree = json::parse(a.body);
    if (const auto* object = tree ? tree->if_object() : nullptr) {
      a.code = static_cast<int>(json::integer_or(*object, "code"));
      a.message = utf8_head(json::text_or(*object, "message"), message_bytes_max);
      a.errors = read_field_errors(*object);
    }
  }
  return a;
}

} // namespace arrakis::discord
