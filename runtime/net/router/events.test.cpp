#include "runtime/net/router/events.hpp"
#include "runtime/net/net_fixture.hpp"
#include "runtime/net/router/middleware.hpp"

#include <doctest/doctest.h>

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
