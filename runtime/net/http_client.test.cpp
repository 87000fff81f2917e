#include "runtime/net/http_client.hpp"
#include "runtime/net/net_fixture.hpp"

#include <doctest/doctest.h>
#include <thread>

using namespace arrakis;
using namespace arrakis::net;
using namespace arrakis::net::test;

namespace {
constexpr auto ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
const http_request plain{"GET", "/", {}, {}, {}};

/// Sends in the background, so that the test can play the server.
struct pending {
  pending(http_client& client, const std::string& url, const http_request& request,
          std::chrono::milliseconds patience = 5s) {
    client.send(url, request, in(patience), [r = results](caf::expected<http_response> x) { r->push(std::move(x)); });
  }
  ec code() {
    auto result = results->take();
    return !result ? ec::internal : *result ? ec::none : code_of(result->error());
  }
  std::shared_ptr<inbox<caf::expected<http_response>>> results =
    std::make_shared<inbox<caf::expected<http_response>>>();
};
} // namespace

TEST_CASE("http_client: request and answer arrive whole, and the connection is used again") {
  io threads;
  http_server server{threads, {.body_bytes_max = 8 << 20}, [](http_request request, responder answer) {
                       answer({201, {{"X-Seen", std::string{header(request.headers, "x-mine")}}}, request.body});
                     }};
  http_client client{threads};
  const std::string body(3 << 20, 'b');
  for (int i = 0; i < 3; ++i) {
    const auto answer = get(client, url_of(server), {"POST", "/", {{"X-Mine", "1"}}, body, {}});
    REQUIRE(answer);
    CHECK(answer->status == 201);
    CHECK(header(answer->headers, "x-seen") == "1");
    CHECK(answer->body == body);
  }
}

TEST_CASE("http_client: secrets of a request arrive as its path and its Authorization, and forge no line") {
  io threads;
  http_server server{threads, {}, [](const http_request& request, const responder& answer) {
                       answer({200, {}, request.target + " " + std::string{header(request.headers, "authorization")}});
                     }};
  http_client client{threads};
  http_request request{"GET", "/not-this", {}, {}, {}};
  request.private_target = "/v3/key?a=b";
  request.authorization = "Bot token";
  for (int i = 0; i < 2; ++i) { // Also over a connection that is used again.
    const auto answer = get(client, url_of(server), request);
    REQUIRE(answer);
    CHECK(answer->body == "/v3/key?a=b Bot token");
  }
  request.authorization = "Bot token\r\nX-Forged: 1";
  CHECK(code_of(get(client, url_of(server), request).error()) == ec::invalid);
  request.authorization = {};
  for (const char* bad : {"/v3/key HTTP/1.1\r\n", "v3/key"}) {
    request.private_target = bad;
    CHECK(code_of(get(client, url_of(server), request).error()) == ec::invalid);
  }
}

TEST_CASE("http_client: a closed port is unavailable: nothing was sent") {
  raw_listener listener;
  listener.close();
  io threads;
  http_client client{threads};
  const auto answer = get(client, listener.url(), plain);
  REQUIRE_FALSE(answer);
  CHECK(code_of(answer.error()) == ec::unavailable);
}

TEST_CASE("http_client: a name that does not exist is unavailable") {
  io threads;
  http_client client{threads};
  const auto answer = get(client, "http://nowhere.invalid", plain, 9s);
  REQUIRE_FALSE(answer);
  CHECK(code_of(answer.error()) == ec::unavailable);
}

TEST_CASE("http_client: a peer that takes the request and never answers is unknown, never no") {
  raw_listener listener;
  io threads;
  http_client client{threads};
  pending call{client, listener.url(), plain, 200ms};
  auto peer = listener.accept();
  CHECK(peer.read("\r\n\r\n").starts_with("GET / HTTP/1.1\r\nHost: 127.0.0.1:"));
  CHECK(call.code() == ec::unknown);
}

TEST_CASE("http_client: a connection that ends in the middle of the answer is unknown") {
  raw_listener listener;
  io threads;
  http_client client{threads};
  for (const bool reset : {false, true}) {
    pending call{client, listener.url(), plain};
    auto peer = listener.accept();
    peer.read("\r\n\r\n");
    peer.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal");
    reset ? peer.reset() : peer.close();
    CHECK(call.code() == ec::unknown);
  }
}

TEST_CASE("http_client: a fresh connection that ends before the answer is unknown and is not repeated") {
  raw_listener listener;
  io threads;
  http_client client{threads};
  pending call{client, listener.url(), plain};
  auto peer = listener.accept();
  peer.read("\r\n\r\n");
  peer.close();
  CHECK(call.code() == ec::unknown);
}

TEST_CASE("http_client: a kept connection that the server closed is replaced, and the request is sent once") {
  raw_listener listener;
  io threads;
  http_client client{threads};
  for (const bool reset : {false, true}) {
    pending first{client, listener.url(), plain};
    auto peer = listener.accept();
    peer.read("\r\n\r\n");
    peer.send(ok);
    CHECK(first.code() == ec::none);
    reset ? peer.reset() : peer.close();
    pending second{client, listener.url(), plain};
    auto fresh = listener.accept();
    CHECK(fresh.read("\r\n\r\n").starts_with("GET / "));
    fresh.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
    CHECK(second.code() == ec::none);
  }
}

TEST_CASE("http_client: a kept connection that ends after the request left is unknown and is not repeated") {
  raw_listener listener;
  io threads;
  http_client client{threads};
  pending first{client, listener.url(), plain};
  auto peer = listener.accept();
  peer.read("\r\n\r\n");
  peer.send(ok);
  CHECK(first.code() == ec::none);
  pending second{client, listener.url(), plain};
  peer.read("\r\n\r\n");
  peer.close();
  CHECK(second.code() == ec::unknown);
}

TEST_CASE("http_client: a deadline that has passed is a timeout: nothing was sent") {
  io threads;
  http_client client{threads};
  const auto answer = get(client, "http://127.0.0.1:9", plain, -1ms);
  REQUIRE_FALSE(answer);
  CHECK(code_of(answer.error()) == ec::timeout);
}

TEST_CASE("http_client: calls above the connections wait in order, and above the queue are busy") {
  raw_listener listener;
  io threads;
  http_client client{threads, {.connections_per_host_max = 1, .waiting_max = 2}};
  pending one{client, listener.url(), {"GET", "/1", {}, {}, {}}};
  auto peer = listener.accept();
  peer.read("\r\n\r\n");
  pending two{client, listener.url(), {"GET", "/2", {}, {}, {}}},
    three{client, listener.url(), {"GET", "/3", {}, {}, {}}};
  pending four{client, listener.url(), {"GET", "/4", {}, {}, {}}};
  CHECK(four.code() == ec::busy);
  peer.send(ok);
  CHECK(peer.read("\r\n\r\n").starts_with("GET /2 "));
  peer.send(ok);
  CHECK(peer.read("\r\n\r\n").starts_with("GET /3 "));
  peer.send(ok);
  CHECK((one.code() == ec::none && two.code() == ec::none && three.code() == ec::none));
}

TEST_CASE("http_client: a call whose deadline passes in the queue is a timeout, and an expired one frees its place") {
  raw_listener listener;
  io threads;
  http_client client{threads, {.connections_per_host_max = 1}};
  pending one{client, listener.url(), plain, 300ms};
  auto peer = listener.accept();
  peer.read("\r\n\r\n");
  pending two{client, listener.url(), plain, 100ms};
  CHECK(two.code() == ec::timeout);
  CHECK(one.code() == ec::unknown);
  pending three{client, listener.url(), plain};
  auto fresh = listener.accept();
  fresh.read("\r\n\r\n");
  fresh.send(ok);
  CHECK(three.code() == ec::none);
}

TEST_CASE("http_client: a call that is taken back is cut off, and its place is free") {
  io threads;
  raw_listener peer;
  http_client client{threads, {.connections_per_host_max = 1}};
  inbox<caf::expected<http_response>> results;
  const auto tell = [&](caf::expected<http_response> r) { results.push(std::move(r)); };
  const auto sent = client.send(peer.url(), {"GET", "/", {}, {}, {}}, in(1h), tell);
  auto first = peer.accept();
  CHECK(first.read("\r\n\r\n") != "");
  const auto waits = client.send(peer.url(), {"GET", "/", {}, {}, {}}, in(1h), tell);
  waits();
  auto result = results.take();
  REQUIRE(result);
  CHECK(code_of(result->error()) == ec::timeout); // Nothing of it was sent.
  sent();
  sent();
  result = results.take();
  REQUIRE(result);
  CHECK(code_of(result->error()) == ec::unknown);
  CHECK(first.read() == ""); // Closed.
  client.send(peer.url(), {"GET", "/", {}, {}, {}}, in(10s), tell);
  auto second = peer.accept();
  second.send("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
  result = results.take();
  REQUIRE(result);
  CHECK(*result);
  sent(); // Long over.
}

TEST_CASE("http_client: an answer that is too large or no HTTP is corrupt") {
  raw_listener listener;
  io threads;
  http_client client{threads, {.body_bytes_max = 100, .header_bytes_max = 1000}};
  const std::string answers[] = {"HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n",
                                 "HTTP/1.1 200 OK\r\nA: " + std::string(2000, 'a'), "SSH-2.0-OpenSSH\r\n\r\n",
                                 "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n80\r\n" + std::string(128, 'x')
                                   + "\r\n0\r\n\r\n"};
  for (const auto& answer : answers) {
    pending call{client, listener.url(), plain};
    auto peer = listener.accept();
    peer.read("\r\n\r\n");
    peer.send(answer);
    CHECK(call.code() == ec::corrupt);
  }
}

TEST_CASE("http_client: a forged header never leaves") {
  io threads;
  http_client client{threads};
  const auto answer = get(client, "http://127.0.0.1:9", {"GET", "/", {{"A", "b\r\nHost: evil"}}, {}, {}});
  REQUIRE_FALSE(answer);
  CHECK(code_of(answer.error()) == ec::invalid);
}

TEST_CASE("http_client: its end answers every open call") {
  raw_listener listener;
  io threads;
  auto client = std::make_optional<http_client>(threads, http_client_options{.connections_per_host_max = 1});
  pending sent{*client, listener.url(), plain};
  auto peer = listener.accept();
  peer.read("\r\n\r\n");
  pending waiting{*client, listener.url(), plain};
  client.reset();
  CHECK(sent.code() == ec::unknown);
  CHECK(waiting.code() == ec::unavailable);
}

TEST_CASE("http_client: many callers at once share the connections") {
  io threads{2};
  http_server server{threads, {}, [](http_request request, responder answer) { answer({200, {}, request.target}); }};
  http_client client{threads, {.connections_per_host_max = 4}};
  std::vector<std::pair<std::string, pending>> calls;
  for (int i = 0; i < 500; ++i) {
    const auto target = "/" + std::to_string(i);
    calls.emplace_back(target, pending{client, url_of(server), {"GET", target, {}, {}, {}}});
  }
  for (auto& [target, call] : calls) {
    auto result = call.results->take();
    REQUIRE((result && *result));
    CHECK((*result)->body == target);
  }
}
