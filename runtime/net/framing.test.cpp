// Where each request begins and ends (RFC 9112, RFC 9110), over a real socket: what is answered, which requests the
// handler sees, and whether the connection goes on. A proxy before us that reads the bytes another way must find no
// second request in them.
#include "runtime/net/http_server.hpp"
#include "runtime/net/net_fixture.hpp"
#include "tests/support/framing_cases.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <mutex>

using namespace arrakis;
using namespace arrakis::net;
using namespace arrakis::net::test;

namespace {
/// "200 400": of the answers in `bytes`, none of whose bodies looks like an answer.
std::string statuses_in(const std::string& bytes) {
  std::string out;
  for (auto at = bytes.find("HTTP/1.1 "); at != bytes.npos; at = bytes.find("HTTP/1.1 ", at + 1))
    out += (out.empty() ? "" : " ") + bytes.substr(at + 9, 3);
  return out;
}

struct seen_requests {
  std::mutex lock;
  std::vector<std::string> all;
};

/// Sends the bytes of a case, then a request of its own, and compares what comes of it.
void check(const arrakis::test::framing_case& one) {
  static constexpr std::string_view probe = "GET /probe HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
  seen_requests seen;
  io threads;
  {
    http_server server{threads, {}, [&seen](http_request request, responder answer) {
                         std::lock_guard hold{seen.lock};
                         seen.all.push_back(fmt::format("{} {} {}{}", request.method, request.target, request.body,
                                                        header(request.headers, "X-Trailer")));
                         answer({200, {}, "ok"});
                       }};
    auto peer = raw_peer::connect(server.port());
    peer.send(one.bytes + std::string{probe});
    peer.finish();
    auto statuses = statuses_in(peer.read());
    std::lock_guard hold{seen.lock};
    const bool probed = !seen.all.empty() && seen.all.back() == "GET /probe ";
    if (probed) {
      seen.all.pop_back();
      REQUIRE(statuses.size() >= 3);
      statuses.resize(statuses.size() - std::min<size_t>(statuses.size(), 4));
    }
    INFO(one.name);
    CHECK(statuses == one.statuses);
    CHECK(seen.all == one.requests);
    CHECK(probed != one.closes);
  }
}
} // namespace

TEST_CASE("framing: each request is seen where RFC 9112 lets it begin and end, and nothing else is") {
  const auto cases = arrakis::test::framing_cases();
  CHECK(cases.size() >= 130);
  for (const auto& one : cases)
    check(one);
}

TEST_CASE("framing: the authority of a target in absolute form is the Host that the handler sees") {
  io threads;
  http_server server{threads, {}, [](http_request request, responder answer) {
                       answer({200, {}, std::string{header(request.headers, "host")}});
                     }};
  auto peer = raw_peer::connect(server.port());
  peer.send("GET http://real:80/a HTTP/1.1\r\nHost: other\r\nConnection: close\r\n\r\n");
  CHECK(peer.read().ends_with("\r\n\r\nreal:80"));
}

TEST_CASE("framing: a client that waits for 100 Continue is told to go on, once its head is good") {
  io threads;
  http_server server{threads, {}, [](http_request request, responder answer) { answer({200, {}, request.body}); }};
  auto peer = raw_peer::connect(server.port());
  peer.send("POST /a HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nConnection: close\r\nContent-Length: 5\r\n\r\n");
  CHECK(peer.read("\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n");
  peer.send("hello");
  CHECK(peer.read().ends_with("hello"));
}

TEST_CASE("framing: HTTP/1.0 that asks to stay open is told that it may") {
  io threads;
  http_server server{threads, {}, [](http_request, responder answer) { answer({200, {}, "ok"}); }};
  auto peer = raw_peer::connect(server.port());
  peer.send("GET /a HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
  CHECK(peer.read("ok").find("Connection: keep-alive\r\n") != std::string::npos);
}
