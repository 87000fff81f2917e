#include "runtime/net/http.hpp"
#include "runtime/net/dial.hpp"
#include "runtime/net/wire.hpp"

#include <doctest/doctest.h>

using namespace arrakis::net;

TEST_CASE("http: header names are compared without case") {
  const headers all{{"X-RateLimit-Bucket", "a"}, {"x-ratelimit-bucket", "b"}};
  CHECK(header(all, "x-RATELIMIT-bucket") == "a");
  CHECK(header(all, "Bucket").empty());
}

TEST_CASE("http: paths and queries are decoded, stray percent signs stay") {
  CHECK(path_of("/a%2Fb%20c?x=1") == "/a/b c");
  CHECK(path_of("/100%") == "/100%");
  CHECK(query_value("/p?x=1&name=a+b%2B&x=2", "name") == "a b+");
  CHECK(query_value("/p?x=1&x=2", "x") == "1");
  CHECK(query_value("/p?x&y=", "x").empty());
  CHECK(query_value("/p", "x").empty());
  CHECK(percent_encode("a b/ü~") == "a%20b%2F%C3%BC~");
  CHECK(percent_decode(percent_encode("\x01\xff&=+%")) == "\x01\xff&=+%");
}

TEST_CASE("http: a URL is taken apart, and one that is none is refused") {
  const auto plain = parse_url("http://example.org:8080/a?b=1");
  REQUIRE(plain);
  CHECK(plain->host == "example.org");
  CHECK(plain->port == "8080");
  CHECK(plain->authority == "example.org:8080");
  CHECK(plain->target == "/a?b=1");
  const auto secure = parse_url("wss://[::1]:443?v=10");
  REQUIRE(secure);
  CHECK(secure->tls);
  CHECK(secure->host == "::1");
  CHECK(secure->authority == "[::1]");
  CHECK(secure->target == "/?v=10");
  CHECK(parse_url("http+unix:/run/x.sock")->unix_path == "/run/x.sock");
  for (const auto* bad : {"",
                          "example.org",
                          "ftp://x",
                          "http:/x",
                          "http://",
                          "http://u:p@x",
                          "http://x:y",
                          "http://x:",
                          "http://a b",
                          "http://x\r\nEvil: 1",
                          "http+unix:run",
                          "http://x:123456",
                          "http://x:0",
                          "http://x:65536",
                          "http://[::1",
                          "http://[::1]x:80",
                          "http://a]:80",
                          "http://[]",
                          "http://[a[b]]",
                          "http://:80"})
    CHECK_MESSAGE(!parse_url(bad), bad);
  CHECK_FALSE(parse_url(std::string_view{"http+unix:/a\0b", 15}));
  CHECK(parse_url("http://x/a?b#c")->target == "/a?b");
  CHECK(parse_url("http://x#c")->target == "/");
  CHECK(parse_url("http://[fe80::1]:8080/")->authority == "[fe80::1]:8080");
}

TEST_CASE("http: text that would forge a header is refused") {
  CHECK(printable(http_request{"GET", "/", {{"A", "b c"}}, {}, {}}));
  CHECK_FALSE(printable(http_request{"GET", "/", {{"A", "b\r\nEvil: 1"}}, {}, {}}));
  CHECK_FALSE(printable(http_request{"GET", "/", {{"A: b", "c"}}, {}, {}}));
  CHECK_FALSE(printable(http_request{"GET", "/ HTTP/1.1\r\n", {}, {}, {}}));
  CHECK_FALSE(printable(http_request{"GET", "", {}, {}, {}}));
  CHECK_FALSE(printable(http_response{200, {{"A", "b\nc"}}, {}}));
}

namespace {
/// `wire`: a request, and three bytes of the next one, "GET".
void check_cut_anywhere(const std::string& wire, const std::string& body) {
  for (size_t step = 1; step <= wire.size(); ++step) {
    request_reader reader{1024, 1024};
    std::string waiting;
    for (size_t at = 0; at < wire.size(); at += step) {
      waiting += wire.substr(at, step);
      REQUIRE_FALSE(reader.feed(waiting));
      REQUIRE_FALSE(reader.feed(waiting)); // The reader stops once, behind the head.
    }
    REQUIRE(reader.done());
    CHECK(reader.take().body == body);
    CHECK(waiting == "GET");
  }
}
} // namespace

TEST_CASE("http: a request is read the same however its bytes are cut") {
  check_cut_anywhere(
    "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\nGET", "abcde");
}

TEST_CASE("http: a chunked request without a body is read the same however its bytes are cut") {
  check_cut_anywhere("POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET", "");
}

TEST_CASE("http: an answer survives an interim answer before it, and one without a length ends with its connection") {
  std::string wire = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n\r\nbody";
  response_reader reader{1024, 1024, false};
  REQUIRE_FALSE(reader.feed(wire));
  CHECK_FALSE(reader.done());
  CHECK(reader.end());
  CHECK_FALSE(reader.keep_alive());
  CHECK(reader.take().body == "body");
  std::string torn = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nbody";
  response_reader half{1024, 1024, false};
  REQUIRE_FALSE(half.feed(torn));
  CHECK_FALSE(half.end());
}

TEST_CASE("http: no damage to a message does more than refuse it") {
  const std::string good =
    "POST /x HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3;e=1\r\nabc\r\n0\r\nT: v\r\n\r\n";
  uint32_t seed = 1;
  const auto chance = [&seed](size_t below) { return (seed = seed * 1664525 + 1013904223) / 65536 % below; };
  bool bounded = true;
  for (int round = 0; round < 20'000; ++round) {
    auto text = good;
    for (size_t i = 0; i <= chance(3); ++i)
      text[chance(text.size())] = static_cast<char>(chance(256));
    request_reader reader{128, 64};
    std::string waiting;
    for (const char byte : text) {
      waiting += byte;
      if (reader.feed(waiting) || reader.feed(waiting) || reader.done())
        break;
      bounded = bounded && waiting.size() <= 128;
    }
    if (reader.done())
      bounded = bounded && reader.take().body.size() <= 64;
  }
  CHECK(bounded);
}
