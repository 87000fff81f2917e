#include "tests/support/redis_tls.hpp"
#include "apps/wiring/implementations.hpp"
#include "runtime/net/io.hpp"

#include <doctest/doctest.h>
#include <future>

using namespace arrakis;

namespace {
/// Returns the server's answer to ACL WHOAMI; repeats the call while the server starts.
std::string who_am_i(const redis::link& link) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  for (;;) {
    std::promise<std::string> told;
    link.command({{"ACL", "WHOAMI"}, {}, {}, {end}},
                 [&](const caf::expected<redis::reply>& r) { told.set_value(r ? r->bytes : text_of(r.error())); });
    auto answer = told.get_future().get();
    if (answer.find("refused") == std::string::npos || std::chrono::steady_clock::now() > end)
      return answer;
  }
}
} // namespace

TEST_CASE("wiring: redis.user, ca_file, certificate_file and key_file are those that the server sees") {
  const test::redis_tls_server server{"yes"};
  net::io io;
  const config::environment all{{"ARRAKIS_REDIS_MODE", "external"},
                                {"ARRAKIS_REDIS_URL", server.tls(":s3cret")},
                                {"ARRAKIS_REDIS_USER", "app"},
                                {"ARRAKIS_REDIS_CA_FILE", server.folder + "/ca.pem"},
                                {"ARRAKIS_REDIS_CERTIFICATE_FILE", server.folder + "/client.pem"},
                                {"ARRAKIS_REDIS_KEY_FILE", server.folder + "/client.key"}};
  const auto asked = [&](const config::environment& set) {
    const auto settings = config::load("", set);
    REQUIRE(settings);
    return who_am_i(wiring::connect_redis(io, *settings, settings->secret("redis.url"), "test"));
  };
  CHECK(asked(all) == "app");
  // Negative controls: each key is needed.
  for (const auto* key : {"ARRAKIS_REDIS_USER", "ARRAKIS_REDIS_CA_FILE"}) {
    auto less = all;
    less.erase(key);
    CHECK_MESSAGE(asked(less) != "app", key);
  }
  auto nobody = all;
  nobody.erase("ARRAKIS_REDIS_CERTIFICATE_FILE");
  nobody.erase("ARRAKIS_REDIS_KEY_FILE");
  CHECK(asked(nobody) != "app");
}
