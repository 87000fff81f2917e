#include "runtime/url.hpp"

#include <doctest/doctest.h>

using namespace arrakis;

namespace {
constexpr std::string_view web = "http https";

std::string why_not(std::string_view text, std::string_view schemes = web) {
  const auto got = url::parse(text, schemes);
  return got ? "accepted" : text_of(got.error());
}
} // namespace

TEST_CASE("url: what it says is kept apart, and only the origin is for everybody") {
  const auto got = url::parse("HTTPS://me:s%40fe%3A1@RPC.Example.org:8545/v3/KEY?apikey=K&x=a@b#top", web);
  REQUIRE(got);
  CHECK(got->host() == "rpc.example.org");
  CHECK(got->port() == 8545);
  CHECK(got->encrypted());
  CHECK(got->origin() == "https://rpc.example.org:8545");
  CHECK(got->target() == "/v3/KEY?apikey=K&x=a@b");
  CHECK(got->authorization() == "Basic bWU6c0BmZTox"); // me:s@fe:1
}

TEST_CASE("url: what is not said has its usual value") {
  const auto plain = url::parse("http://example.org", web);
  REQUIRE(plain);
  CHECK(plain->origin() == "http://example.org");
  CHECK(plain->port() == 80);
  CHECK(plain->target() == "/");
  CHECK(plain->authorization().empty());
  CHECK(url::parse("https://example.org:443?apikey=K", web)->origin() == "https://example.org");
  CHECK(url::parse("https://example.org?apikey=K", web)->target() == "/?apikey=K");
  CHECK(url::parse("https://key@example.org", web)->authorization() == "Basic a2V5Og=="); // key:
  CHECK(url::parse("wss://gateway.discord.gg", "ws wss")->port() == 443);
}

TEST_CASE("url: an IPv6 address has brackets in text and none as a host") {
  const auto got = url::parse("http://[::1]:3000/x", web);
  REQUIRE(got);
  CHECK(got->host() == "::1");
  CHECK(got->authority() == "[::1]:3000");
  CHECK(url::parse("https://[FE80::1]", web)->origin() == "https://[fe80::1]");
  CHECK(bracketed("::1") == "[::1]");
  CHECK(bracketed("127.0.0.1") == "127.0.0.1");
}

TEST_CASE("url: what is none is refused with a reason that repeats nothing of it") {
  for (const auto* bad : {"",
                          "not a url",
                          "example.org",
                          "ftp://secret",
                          "ws://secret",
                          "http:/secret",
                          "http://",
                          "http://:80",
                          "http://secret:",
                          "http://secret:0",
                          "http://secret:65536",
                          "http://secret:8x",
                          "http://secret:123456",
                          "http://secret:+80",
                          "http://a b",
                          "http://secret\r\nEvil: 1",
                          "http://sëcret",
                          "http://u:secret@",
                          "http://u@secret@host",
                          "http://[::1]secret@host",
                          "http://secret\\x@host",
                          "http://se<cret>@host",
                          "http://u:secret%4@host",
                          "http://u:secret%zz@host",
                          "http://u%3As:secret@host",
                          "http://u:secret%0a@host",
                          "http://[::1",
                          "http://[::1]secret:80",
                          "http://secret]:80",
                          "http://[]",
                          "http://[secret]",
                          "http://[::1%25eth0]",
                          "http://a,http://b",
                          "http://a/b http://c",
                          "://secret",
                          "http ://secret"}) {
    CAPTURE(bad);
    const auto why = why_not(bad);
    CHECK(why != "accepted");
    CHECK(why.find("secret") == std::string::npos);
    CHECK(why.find("Evil") == std::string::npos);
  }
  CHECK(why_not(std::string_view{"http://a\0b", 10}) != "accepted");
  CHECK(why_not("http://x/" + std::string(9000, 'x')) == "longer than 8192 bytes");
  CHECK(why_not("http://x", "ws wss") == "it must begin with one of: ws wss");
}
