#include "runtime/net/address.hpp"

#include <doctest/doctest.h>

using namespace arrakis::net;

namespace {
ip_address ip(std::string_view text) {
  const auto parsed = parse_ip(text);
  REQUIRE_MESSAGE(parsed, text);
  return *parsed;
}
network net(std::string_view text) {
  const auto parsed = network::parse(text);
  REQUIRE_MESSAGE(parsed, text);
  return *parsed;
}
/// Sender of a request from `remote` with these X-Forwarded-For headers.
std::string peer(std::string_view remote, const std::vector<std::string>& forwarded,
                 const std::vector<std::string>& trusted = {"10.0.0.0/8", "fd00::/8"}) {
  headers all{{"X-Real-IP", "6.6.6.6"}};
  for (const auto& value : forwarded)
    all.emplace_back("x-forwarded-for", value);
  std::vector<network> networks;
  for (const auto& one : trusted)
    networks.push_back(net(one));
  return forwarded_peer(ip(remote), all, networks).text();
}
} // namespace

TEST_CASE("address: both families are read, with a port where a proxy writes one, and nothing else is") {
  CHECK(ip("1.2.3.4").text() == "1.2.3.4");
  CHECK(ip("1.2.3.4:80").text() == "1.2.3.4");
  CHECK(ip("::ffff:1.2.3.4").text() == "1.2.3.4");
  CHECK(ip("2001:DB8::1").text() == "2001:db8::1");
  CHECK(ip("[2001:db8::1]").text() == "2001:db8::1");
  CHECK(ip("[2001:db8::1]:80").text() == "2001:db8::1");
  for (const auto* bad : {"", "unknown", "1.2.3", "1.2.3.4.5", "1.2.3.256", "01.2.3.4:x", "[1.2.3.4]", "[::1", "[::1]x",
                          "[::1]:", "::1%eth0", "_hidden", "1.2.3.4 "})
    CHECK_MESSAGE(!parse_ip(bad), bad);
  CHECK_FALSE(parse_ip(std::string_view{"1.2.3.4\0", 8}));
}

TEST_CASE("address: a network is an address and a length, with nothing beyond the length") {
  CHECK(net("10.0.0.0/8").contains(ip("10.255.0.1")));
  CHECK_FALSE(net("10.0.0.0/8").contains(ip("11.0.0.0")));
  CHECK(net("10.1.2.3").contains(ip("10.1.2.3")));
  CHECK_FALSE(net("10.1.2.3").contains(ip("10.1.2.4")));
  CHECK(net("192.168.4.0/22").contains(ip("192.168.7.255")));
  CHECK_FALSE(net("192.168.4.0/22").contains(ip("192.168.8.0")));
  CHECK(net("0.0.0.0/0").contains(ip("1.2.3.4")));
  CHECK_FALSE(net("0.0.0.0/0").contains(ip("2001:db8::1")));
  CHECK(net("2001:db8::/32").contains(ip("2001:db8:ffff::1")));
  CHECK_FALSE(net("2001:db8::/32").contains(ip("2001:db9::1")));
  CHECK(net("::ffff:10.0.0.0/104").contains(ip("10.2.3.4")));
  for (const auto* bad : {"", "10.0.0.0/33", "10.0.0.1/8", "10.0.0.0/", "10.0.0.0/-1", "10.0.0.0/8/8", "10.0.0.0:80/8",
                          "::/129", "localhost", "10.0.0.0/ 8"})
    CHECK_MESSAGE(!network::parse(bad), bad);
}

TEST_CASE("address: a peer is an IPv4 address, or a /64 of IPv6") {
  CHECK(key_of(ip("1.2.3.4")) == key_of(ip("::ffff:1.2.3.4")));
  CHECK_FALSE(key_of(ip("1.2.3.4")) == key_of(ip("1.2.3.5")));
  CHECK(key_of(ip("2001:db8:0:1::1")) == key_of(ip("2001:db8:0:1:ffff:ffff:ffff:ffff")));
  CHECK_FALSE(key_of(ip("2001:db8:0:1::1")) == key_of(ip("2001:db8:0:2::1")));
}

TEST_CASE("address: behind trusted proxies the peer is the rightmost hop that is not trusted") {
  CHECK(peer("10.0.0.1", {}) == "10.0.0.1");
  CHECK(peer("10.0.0.1", {"1.2.3.4"}) == "1.2.3.4");
  CHECK(peer("10.0.0.1", {"6.6.6.6, 1.2.3.4"}) == "1.2.3.4");
  CHECK(peer("10.0.0.1", {"6.6.6.6, 1.2.3.4, 10.0.0.2"}) == "1.2.3.4");
  CHECK(peer("10.0.0.1", {"6.6.6.6", "1.2.3.4"}) == "1.2.3.4");
  CHECK(peer("10.0.0.1", {"1.2.3.4 ,\tfd00::2 "}) == "1.2.3.4");
  CHECK(peer("10.0.0.1", {"[2001:db8::1]:4711"}) == "2001:db8::1");
  CHECK(peer("10.0.0.1", {"10.0.0.3, 10.0.0.2"}) == "10.0.0.3");
  CHECK(peer("10.0.0.1", {"1.2.3.4, unknown, 10.0.0.2"}) == "10.0.0.2");
  CHECK(peer("10.0.0.1", {"1.2.3.4,"}) == "10.0.0.1");
}
