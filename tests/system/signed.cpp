#include "tests/system/signed.hpp"

#include "apps/sandbox/keys/keys.hpp"

namespace arrakis::system_test {

net::http_request signed_interaction(test_stack& w, std::string body, int64_t at_s) {
  static const auto key = w.stack().application_key(); // One stack a program.
  auto headers = sandbox::keys::headers(key, std::to_string(at_s), body);
  headers.emplace_back("Content-Type", "application/json");
  return {"POST", "/webhooks/discord", std::move(headers), std::move(body), {}};
}

} // namespace arrakis::system_test
