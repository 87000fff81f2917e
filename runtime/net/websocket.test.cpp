#include "runtime/net/websocket.hpp"
#include "runtime/net/net_fixture.hpp"

#include <atomic>
#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::net;
using namespace arrakis::net::test;

namespace {
struct heard {
  std::string text;
  bool binary = false;
  int closed = 0;
};
/// One end of a WebSocket as a test sees it.
struct end {
  std::shared_ptr<websocket> socket;
  std::shared_ptr<inbox<heard>> events = std::make_shared<inbox<heard>>();
  websocket_events listeners() const {
    return {[e = events](std::string text, bool binary) {
              e->push({std::move(text), binary, 0});
            },
            [e = events](uint16_t code, std::string reason) {
              e->push({std::move(reason), false, code});
            }};
  }
};

caf::expected<std::shared_ptr<websocket>> open(io& threads, const std::string& url, const end& to,
                                               websocket_options options = {}) {
  auto results = std::make_shared<inbox<caf::expected<std::shared_ptr<websocket>>>>();
  connect_websocket(threads, url, std::move(options), to.listeners(),
                    [results](auto r) { results->push(std::move(r)); });
  auto result = results->take();
  return result ? std::move(*result)
                : caf::expected<std::shared_ptr<websocket>>{fail(ec::internal, "opened never ran")};
}

/// A server that upgrades everything, and both ends of one connection.
struct pair {
  explicit pair(websocket_options server_options = {}, websocket_options client_options = {})
    : server{threads, {}, [this, server_options](http_request, responder answer) {
               answer.upgrade(server_options, far.listeners(),
                              [this](std::shared_ptr<websocket> s) { arrived.push(std::move(s)); });
             }} {
    auto opened = open(threads, url(), near, std::move(client_options));
    REQUIRE(opened);
    near.socket = *opened;
    far.socket = *arrived.take();
  }
  std::string url() const { return "ws://127.0.0.1:" + std::to_string(server.port()) + "/?v=10"; }
  io threads{2};
  end near, far;
  inbox<std::shared_ptr<websocket>> arrived;
  http_server server;
};
} // namespace

TEST_CASE("websocket: text and binary arrive whole and in order, both ways") {
  pair both;
  const std::string large(300'000, 'x');
  REQUIRE(both.near.socket->send("one"));
  REQUIRE(both.near.socket->send(large, true));
  REQUIRE(both.far.socket->send("two"));
  CHECK(both.far.events->take()->text == "one");
  const auto second = both.far.events->take();
  CHECK((second->binary && second->text == large));
  CHECK(both.near.events->take()->text == "two");
}

TEST_CASE("websocket: the other end learns the close code and reason, after what was sent before") {
  pair both;
  both.far.socket->send("last words");
  both.far.socket->close(4009, "session timed out");
  CHECK(both.near.events->take()->text == "last words");
  const auto closed = both.near.events->take();
  CHECK(closed->closed == 4009);
  CHECK(closed->text == "session timed out");
  CHECK(both.far.events->take()->closed != 0);
  CHECK_FALSE(both.far.socket->send("too late"));
  CHECK_FALSE(both.near.socket->send("too late"));
}

TEST_CASE("websocket: a cut is a 1006 on both ends") {
  pair both;
  both.near.socket->cut();
  CHECK(both.near.events->take()->closed == 1006);
  CHECK(both.far.events->take()->closed == 1006);
}

TEST_CASE("websocket: a peer that ignores the close is cut") {
  io threads;
  end far;
  inbox<std::shared_ptr<websocket>> arrived;
  http_server server{threads, {}, [&](http_request, responder answer) {
                       answer.upgrade({.closing = 50ms}, far.listeners(), [&](auto s) { arrived.push(std::move(s)); });
                     }};
  auto peer = raw_peer::connect(server.port());
  peer.send("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  CHECK(peer.read("\r\n\r\n").find("s3pPLMBiTxaQ9kYGzzhZRbK+xOo=") != std::string::npos); // RFC 6455 1.3
  (*arrived.take())->close(1000);
  const auto rest = peer.read(); // The close frame, then the end.
  CHECK(rest == std::string{"\x88\x02\x03\xe8", 4});
  CHECK(far.events->take()->closed == 1006);
}

TEST_CASE("websocket: a foreign server that does not prove its handshake is refused") {
  raw_listener listener;
  io threads;
  end near;
  auto results = std::make_shared<inbox<caf::expected<std::shared_ptr<websocket>>>>();
  connect_websocket(threads, "ws://127.0.0.1:" + std::to_string(listener.port()), {}, near.listeners(),
                    [results](auto r) { results->push(std::move(r)); });
  auto peer = listener.accept();
  CHECK(peer.read("\r\n\r\n").find("Sec-WebSocket-Key: ") != std::string::npos);
  peer.send(
    "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Accept: x\r\n\r\n");
  const auto result = results->take();
  REQUIRE(result);
  CHECK_FALSE(*result);
}

TEST_CASE("websocket: a message above the limit ends the connection") {
  pair both{{}, {.message_bytes_max = 1000}};
  both.far.socket->send(std::string(1000, 'x'));
  CHECK(both.near.events->take()->text.size() == 1000);
  both.far.socket->send(std::string(1001, 'x'));
  CHECK(both.near.events->take()->closed == 1006);
  CHECK(both.far.events->take()->closed == 1009); // RFC 6455: message too big
}

TEST_CASE("websocket: what waits to be sent is bounded") {
  pair both{{}, {.outbox_bytes_max = 1000}};
  CHECK_FALSE(both.near.socket->send(std::string(1001, 'x')));
  CHECK(both.near.socket->send(std::string(1000, 'x')));
  CHECK(both.far.events->take()->text.size() == 1000);
}

TEST_CASE("websocket: a server that says no is refused, one that is away unavailable, one that is silent too") {
  io threads;
  http_server server{threads, {}, [](http_request, responder answer) { answer({403, {}, "no"}); }};
  end near;
  const auto refused = open(threads, "ws://127.0.0.1:" + std::to_string(server.port()), near);
  REQUIRE_FALSE(refused);
  CHECK(code_of(refused.error()) == ec::refused);
  raw_listener silent;
  const auto late = open(threads, "ws://127.0.0.1:" + std::to_string(silent.port()), near, {.handshake = 100ms});
  REQUIRE_FALSE(late);
  CHECK(code_of(late.error()) == ec::unavailable);
  silent.close();
  const auto away = open(threads, "ws://127.0.0.1:" + std::to_string(silent.port()), near);
  REQUIRE_FALSE(away);
  CHECK(code_of(away.error()) == ec::unavailable);
  const auto odd = open(threads, "http://127.0.0.1", near);
  REQUIRE_FALSE(odd);
}

TEST_CASE("websocket: a request that is no upgrade is answered 400") {
  pair both;
  http_client client{both.threads};
  const auto answer = get(client, url_of(both.server), {"GET", "/", {}, {}, {}});
  REQUIRE(answer);
  CHECK(answer->status == 400);
}

TEST_CASE("websocket: the end of the server cuts its sockets, and a handle may outlive the io threads") {
  end near, far;
  std::shared_ptr<websocket> kept;
  {
    io threads;
    inbox<std::shared_ptr<websocket>> arrived;
    auto server = std::make_optional<http_server>(threads, http_server_options{}, [&](http_request, responder answer) {
      answer.upgrade({}, far.listeners(), [&](std::shared_ptr<websocket> s) { arrived.push(std::move(s)); });
    });
    kept = *open(threads, "ws://127.0.0.1:" + std::to_string(server->port()), near);
    server.reset();
    CHECK(near.events->take()->closed == 1006);
    CHECK(far.events->take()->closed == 1006);
  }
  CHECK_FALSE(kept->send("x"));
}

TEST_CASE("websocket: a server that stops does not wait for its sockets") {
  pair both;
  both.server.stop(std::chrono::minutes{10});
  CHECK(both.near.events->take()->closed == 1006);
}

TEST_CASE("websocket: long messages leave in frames, and arrive whole") {
  pair both{{.fragment_bytes = 7}};
  REQUIRE(both.far.socket->send("a message in several frames"));
  REQUIRE(both.far.socket->send("short"));
  CHECK(both.near.events->take()->text == "a message in several frames");
  CHECK(both.near.events->take()->text == "short");
}

TEST_CASE("websocket: who closes in the middle of a read hears nothing more of it") {
  for (const bool cut : {true, false}) {
    io threads;
    std::atomic<int> received{0};
    inbox<int> ends;
    std::shared_ptr<websocket> own;
    websocket_events events{[&](const std::string&, bool) {
                              ++received;
                              cut ? own->cut() : own->close(4200);
                            },
                            [&](uint16_t code, const std::string&) { ends.push(code); },
                            {}};
    http_server server{threads, {}, [&](http_request, responder answer) {
                         answer.upgrade({.closing = 50ms}, events, [&](auto s) { own = std::move(s); });
                       }};
    auto peer = raw_peer::connect(server.port());
    peer.send("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
              "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
    peer.read("\r\n\r\n");
    const std::string one{"\x81\x82\x00\x00\x00\x00hi", 8};
    peer.send(one + one + one);
    CHECK(ends.take() == 1006);
    CHECK(received == 1);
  }
}

TEST_CASE("websocket: a ping is answered, and changes nothing") {
  io threads;
  end far;
  http_server server{
    threads, {}, [&](http_request, responder answer) { answer.upgrade({}, far.listeners(), [](auto) {}); }};
  auto peer = raw_peer::connect(server.port());
  peer.send("GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n");
  peer.read("\r\n\r\n");
  peer.send(std::string{"\x89\x82\x00\x00\x00\x00hi\x81\x82\x00\x00\x00\x00ok", 16});
  CHECK(peer.read("hi") == std::string{"\x8a\x02hi", 4});
  CHECK(far.events->take()->text == "ok");
  peer.send(std::string{"\x81\x02no", 4});                  // Not masked.
  CHECK(peer.read() == std::string{"\x88\x02\x03\xea", 4}); // 1002
  CHECK(far.events->take()->closed == 1006);
}

namespace {
/// As `pair`, but the near end takes its messages in batches, of which `unread_bytes_max` bytes may be held.
struct batched {
  explicit batched(size_t unread_bytes_max)
    : server{threads, {}, [this](http_request, responder answer) {
               answer.upgrade({.outbox_bytes_max = 256 << 20}, {},
                              [this](std::shared_ptr<websocket> s) { arrived.push(std::move(s)); });
             }} {
    const auto opened = std::make_shared<inbox<std::shared_ptr<websocket>>>();
    connect_websocket(threads, "ws://127.0.0.1:" + std::to_string(server.port()),
                      {.unread_bytes_max = unread_bytes_max},
                      {{},
                       [e = ends](uint16_t code, const std::string&) { e->push(code); },
                       [b = batches](std::shared_ptr<websocket_batch> x) { b->push(std::move(x)); }},
                      [opened](auto r) { opened->push(*r); });
    near = *opened->take();
    far = *arrived.take();
  }
  io threads{2};
  std::shared_ptr<inbox<std::shared_ptr<websocket_batch>>> batches =
    std::make_shared<inbox<std::shared_ptr<websocket_batch>>>();
  std::shared_ptr<inbox<int>> ends = std::make_shared<inbox<int>>();
  inbox<std::shared_ptr<websocket>> arrived;
  http_server server;
  std::shared_ptr<websocket> near, far;
};
} // namespace

TEST_CASE("websocket: while batches are held reading pauses, and goes on when they are given back") {
  batched both{100'000};
  constexpr size_t count = 2000, size = 10'000;
  for (size_t i = 0; i < count; ++i)
    REQUIRE(both.far->send(std::string(size, static_cast<char>('a' + i % 26))));
  size_t got = 0, held_most = 0;
  std::vector<std::shared_ptr<void>> held;
  size_t held_bytes = 0;
  while (got < count) {
    // At the limit nothing more comes: a message counts a little more than its bytes.
    auto batch = both.batches->take(held_bytes >= 100'000 ? 20ms : 10s);
    if (!batch) {
      REQUIRE(held_bytes >= 100'000);
      held_most = std::max(held_most, held_bytes);
      held.clear();
      held_bytes = 0;
      continue;
    }
    for (const auto& m : (*batch)->messages)
      CHECK(m.bytes == std::string(size, static_cast<char>('a' + got++ % 26)));
    held_bytes += (*batch)->messages.size() * size;
    held.push_back((*batch)->unread); // The bytes themselves may go.
  }
  CHECK(held_most > 0);
  CHECK(held_most < 100'000 + (128 << 10) + size); // The limit and one read.
  held.clear();
  both.far->close(4000);
  CHECK(both.ends->take() == 4000);
}

TEST_CASE("websocket: a socket that does not read can be cut and closed") {
  for (const bool cut : {true, false}) {
    batched both{1};
    both.far->send("held");
    const auto held = *both.batches->take();
    both.far->send("unread");
    cut ? both.near->cut() : both.near->close(4200);
    CHECK(both.ends->take() == (cut ? 1006 : 4200));
  }
}
