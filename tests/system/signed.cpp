#include "tests/system/signed.hpp"

#include "apps/sandbox/keys/keys.hpp"
#include "runtime/json.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace arrakis::system_test {
namespace {
/// The sandbox keeps it in its snapshot.
std::string private_key(world& w) {
  const auto saved = json::parse(test::content(w.town().folder() + "/discord/discord.json"), {.bytes_max = 64u << 20});
  return std::string{json::text_or(saved->as_object().at("applications").as_array().at(0).as_object(), "private_key")};
}
} // namespace

net::http_request signed_interaction(world& w, std::string body, int64_t at_s) {
  static const auto key = private_key(w); // One world a program.
  auto headers = sandbox::keys::headers(key, std::to_string(at_s), body);
  headers.emplace_back("Content-Type", "application/json");
  return {"POST", "/webhooks/discord", std::move(headers), std::move(body), {}};
}

} // namespace arrakis::system_test
