#include "runtime/net/router/events.hpp"
#include "runtime/net/net_fixture.hpp"
#include "runtime/net/router/middleware.hpp"

#include <doctest/doctest.h>
#include <thread>

using namespace arrakis::net;
using namespace std::chrono_literals;

TEST_CASE("events: each line of the data is a line of the event, and no field can end it early") {
  CHECK(router::write_event({.data = "a"}) == "data: a\n\n");
  CHECK(router::write_event({.data = ""}) == "data: \n\n");
  CHECK(router::write_event({.data = "a\nb\r\nc\rd\n"}) == "data: a\ndata: b\ndata: c\ndata: d\ndata: \n\n");
  CHECK(router::write_event({.data = "x", .name = "a\nb", .id = "7\r\n\nid: 8"})
        == "event: ab\nid: 7id: 8\ndata: x\n\n");
}

TEST_CASE("events: a route streams them through the chain, and the reader gets them as they were sent") {
  test::inbox<body_stream> opened;
  std::vector<router::route> routes;
  routes.push_back({.method = "GET",
                    .path = "/events",
                    .answers = {{200, "Events.", "text/event-stream", ""}},
                    .streams = true,
                    .run = [&](const router::call& c) {
                      c.respond.stream(router::event_stream(), {}, [&](body_stream s) { opened.push(std::move(s)); });
                    }});
  const auto table = std::make_shared<const router::table>(std::move(routes));
  io threads;
  http_server server{threads, {.admit = router::serve(table, router::standard_chain(table, {}))}, {}};
  http_client client{threads};
  test::inbox<http_response> answers;
  client.send(test::url_of(server), {"GET", "/events", {{"Accept", "text/event-stream"}}, {}, {}}, test::in(10s),
              [&](caf::expected<http_response> got) {
                answers.push(got ? std::move(*got) : http_response{0, {}, {}});
              });
  const auto stream = opened.take();
  REQUIRE(stream);
  CHECK(stream->send(router::write_event({.data = "first"})));
  CHECK(stream->send(std::string{router::heartbeat}));
  CHECK(stream->send(router::write_event({.data = "second", .id = "2"})));
  stream->finish();
  const auto got = answers.take();
  REQUIRE(got);
  CHECK(got->body == "data: first\n\n:\n\nid: 2\ndata: second\n\n");
  CHECK(header(got->headers, "Content-Type") == "text/event-stream");
  CHECK(!header(got->headers, "X-Request-Id").empty());
}

namespace {
/// A listener whose one page is a feed.
struct fed {
  explicit fed(size_t bytes_max = 1 << 20) : feed(std::in_place, bytes_max) {
    std::vector<router::route> routes;
    routes.push_back({.method = "GET",
                      .path = "/events",
                      .answers = {{200, "Events.", "text/event-stream", ""}},
                      .streams = true,
                      .run = [this](const router::call& c) { feed->open(c.respond); }});
    const auto table = std::make_shared<const router::table>(std::move(routes));
    server.emplace(threads, http_server_options{.admit = router::serve(table, router::standard_chain(table, {}))},
                   http_server::handler{});
  }
  test::raw_peer reader() {
    auto peer = test::raw_peer::connect(server->port());
    peer.send("GET /events HTTP/1.1\r\nHost: x\r\n\r\n");
    return peer;
  }
  /// False: it took longer than 10 s, for which no passing test waits.
  bool has_readers(size_t count) const {
    const auto until = test::in(10s);
    while (feed->readers() != count && !until.passed(std::chrono::steady_clock::now()))
      std::this_thread::yield();
    return feed->readers() == count;
  }
  std::optional<router::event_feed> feed;
  io threads;
  std::optional<http_server> server;
};
} // namespace

TEST_CASE("events: each reader of a feed gets what is published while it reads") {
  fed f;
  auto first = f.reader();
  REQUIRE(f.has_readers(1));
  f.feed->publish({.data = "one"});
  auto second = f.reader();
  REQUIRE(f.has_readers(2));
  f.feed->publish({.data = "two"});
  f.feed->send_heartbeat();
  CHECK(first.read(":\n\n").find("data: one\n\n") != std::string::npos);
  const auto got = second.read(":\n\n");
  CHECK(got.find("data: one") == std::string::npos);
  CHECK(got.find("data: two\n\n") != std::string::npos);
  first.close();
  CHECK(f.has_readers(1));
  f.feed->publish({.data = "three"});
  CHECK(!second.read("data: three\n\n").empty());
}

TEST_CASE("events: the end of a feed is the end of its readers' streams") {
  fed f;
  auto reader = f.reader();
  REQUIRE(f.has_readers(1));
  f.feed->publish({.data = "last"});
  f.feed.reset();
  CHECK(reader.read().ends_with("\r\n0\r\n\r\n")); // The body is complete: the last chunk came.
}

// Negative control: with room for all of it the same reader is not cut.
TEST_CASE("events: a reader that stops reading holds at most 1 MiB, is cut, and hurts no other") {
  constexpr size_t most = 64 << 20; // More than sockets hold.
  const std::string piece(16 << 10, 'x');
  {
    fed f;
    auto stopped = f.reader();
    REQUIRE(f.has_readers(1));
    for (size_t sent = 0; sent < most && f.feed->readers() > 0; sent += piece.size())
      f.feed->publish({.data = piece});
    CHECK(f.has_readers(0));
    auto next = f.reader();
    REQUIRE(f.has_readers(1));
    f.feed->publish({.data = "on"});
    CHECK(next.read("data: on\n\n").find("data: on\n\n") != std::string::npos);
  }
  fed roomy{128u << 20};
  auto stopped = roomy.reader();
  REQUIRE(roomy.has_readers(1));
  for (size_t sent = 0; sent < most; sent += piece.size())
    roomy.feed->publish({.data = piece});
  CHECK(roomy.feed->readers() == 1);
}
