#include "apps/wiring/http.hpp"

#include <doctest/doctest.h>

using namespace arrakis;

namespace {
caf::expected<net::http_server_options> options(const config::environment& set, uint64_t memory_mib = 512,
                                                size_t descriptors = 65'536) {
  const auto settings = config::load("", set);
  REQUIRE(settings);
  return wiring::http_options(*settings, descriptors, {memory_mib << 20, "a test"});
}
} // namespace

TEST_CASE("http options: what strangers may hold follows the memory, and the configuration wins") {
  const auto standard = options({});
  REQUIRE(standard);
  CHECK(standard->connections_per_peer_max == 256);
  CHECK(standard->input_bytes_max == 64u << 20);
  CHECK(standard->input_bytes_per_peer_max == 8u << 20);
  CHECK(standard->connections_max == 4096);
  CHECK(standard->trusted_proxies.empty());
  CHECK(options({}, 128)->connections_max == 1024);
  CHECK(options({}, 1)->connections_max == 64);
  CHECK(options({}, 512, 1024)->connections_max == 512);
  const auto chosen = options(
    {{"ARRAKIS_HTTP_UNAUTHENTICATED_BYTES", "1000000"}, {"ARRAKIS_HTTP_CONNECTIONS_PER_ADDRESS", "7"}});
  CHECK(chosen->input_bytes_max == 1'000'000);
  CHECK(chosen->input_bytes_per_peer_max == 125'000);
  CHECK(chosen->connections_per_peer_max == 7);
}

TEST_CASE("http options: the admin port has an address of its own and few connections") {
  const auto settings = config::load("", {{"ARRAKIS_HTTP_ADMIN_PORT", "0"}, {"ARRAKIS_HTTP_ADMIN_ADDRESS", "::1"}});
  REQUIRE(settings);
  const auto o = wiring::admin_options(*settings);
  CHECK(o.address == "::1");
  CHECK(o.port == 0);
  CHECK(o.connections_max == 64);
  const auto standard = config::load("", {});
  REQUIRE(standard);
  CHECK(wiring::admin_options(*standard).address == "127.0.0.1");
  CHECK(wiring::admin_options(*standard).port == 3001);
}

TEST_CASE("http options: TLS needs certificate and key, and is off without both") {
  CHECK(!options({})->tls);
  const auto both = options(
    {{"ARRAKIS_HTTP_TLS_CERTIFICATE", "/a/cert.pem"}, {"ARRAKIS_HTTP_TLS_PRIVATE_KEY", "/a/key.pem"}});
  REQUIRE(both);
  REQUIRE(both->tls);
  CHECK(both->tls->certificate_file == "/a/cert.pem");
  CHECK(both->tls->key_file == "/a/key.pem");
  const auto half = options({{"ARRAKIS_HTTP_TLS_CERTIFICATE", "/a/cert.pem"}});
  REQUIRE_FALSE(half);
  CHECK(text_of(half.error()).find("http.tls.private_key") != std::string::npos);
}

TEST_CASE("http options: trusted proxies are networks; anything else names the key") {
  const auto good = options({{"ARRAKIS_HTTP_TRUSTED_PROXIES", "10.0.0.0/8,2001:db8::1"}});
  REQUIRE(good);
  CHECK(good->trusted_proxies.size() == 2);
  const auto bad = options({{"ARRAKIS_HTTP_TRUSTED_PROXIES", "10.0.0.0/8,localhost"}});
  REQUIRE_FALSE(bad);
  CHECK(text_of(bad.error()).find("http.trusted_proxies: 'localhost' is no network") != std::string::npos);
}
