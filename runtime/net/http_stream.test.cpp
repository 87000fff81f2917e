#include "runtime/metrics.hpp"
#include "runtime/net/net_fixture.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::net;
using namespace arrakis::net::test;

namespace {
struct fixture {
  explicit fixture(stream_options with = {}, http_server_options o = {}) : options(std::move(with)) {
    options.closed = [this] { closed.push(true); };
    server.emplace(threads, std::move(o), [this](http_request, const responder& respond) {
      respond.stream({200, {{"Content-Type", "text/plain"}}, {}}, options,
                     [this](body_stream s) { opened.push(std::move(s)); });
    });
  }
  raw_peer ask(const std::string& line = "GET / HTTP/1.1\r\n") {
    auto peer = raw_peer::connect(server->port());
    peer.send(line + "Host: x\r\n\r\n");
    return peer;
  }
  inbox<body_stream> opened;
  inbox<bool> closed;
  stream_options options;
  io threads;
  std::optional<http_server> server;
};
/// How many connections were cut for what they did not read.
double cut() {
  const auto text = metrics::exposition();
  const std::string name = "arrakis_http_refused_total{reason=\"output_bytes\"} ";
  const auto at = text.find(name);
  return at == text.npos ? 0 : std::stod(text.substr(at + name.size()));
}
} // namespace

TEST_CASE("http stream: pieces arrive as they are sent, and the client reads a whole body") {
  fixture f;
  http_client client{f.threads};
  auto results = std::make_shared<inbox<caf::expected<http_response>>>();
  client.send(url_of(*f.server), {"GET", "/", {}, {}, {}}, in(10s),
              [results](caf::expected<http_response> r) { results->push(std::move(r)); });
  const auto stream = f.opened.take();
  REQUIRE(stream);
  for (const auto* piece : {"one,", "", "two,", "three"})
    CHECK(stream->send(piece));
  stream->finish();
  CHECK(!stream->send("late"));
  const auto got = results->take();
  REQUIRE((got && *got));
  CHECK((*got)->body == "one,two,three");
}

TEST_CASE("http stream: to HTTP/1.0 the body ends with the connection; to HEAD there is none") {
  fixture f;
  auto old = f.ask("GET / HTTP/1.0\r\n");
  const auto stream = f.opened.take();
  REQUIRE(stream);
  stream->send("body");
  stream->finish();
  const auto all = old.read();
  CHECK(all.find("Transfer-Encoding") == std::string::npos);
  CHECK(all.ends_with("\r\n\r\nbody"));
  CHECK(f.ask("HEAD / HTTP/1.1\r\n").read().ends_with("Transfer-Encoding: chunked\r\n\r\n"));
}

// Negative control: with room for more, the same reader is not cut.
TEST_CASE("http stream: a reader that stops reading holds at most the limit, and is cut") {
  const auto fill = [](fixture& f) {
    auto peer = f.ask();
    const auto stream = f.opened.take();
    REQUIRE(stream);
    size_t sent = 0;
    constexpr size_t most = 64 << 20; // More than sockets hold.
    for (const std::string piece(16 << 10, 'x'); sent < most && stream->send(piece);)
      sent += piece.size();
    return sent;
  };
  fixture f;
  const auto before = cut();
  CHECK(fill(f) < (64u << 20));
  CHECK(f.closed.take());
  CHECK(cut() == before + 1);
  fixture roomy{{.bytes_max = 128u << 20, .closed = {}}};
  CHECK(fill(roomy) == 64u << 20);
}

TEST_CASE("http stream: who reads nothing of a piece in time is cut") {
  http_server_options o;
  o.answer = 50ms;
  fixture f{{.bytes_max = 64u << 20, .closed = {}}, std::move(o)};
  auto peer = f.ask();
  const auto stream = f.opened.take();
  REQUIRE(stream);
  CHECK(stream->send(std::string(32u << 20, 'x')));
  CHECK(f.closed.take());
  CHECK(!stream->send("more"));
}

TEST_CASE("http stream: its sender is told when the reader leaves and when the server stops") {
  fixture f;
  {
    auto peer = f.ask();
    REQUIRE(f.opened.take());
  }
  CHECK(f.closed.take());
  auto peer = f.ask();
  const auto stream = f.opened.take();
  REQUIRE(stream);
  f.server->stop(10s); // The server does not wait for a stream.
  CHECK(f.closed.take());
  CHECK(!stream->send("more"));
}
