// The hub behind a real server, and a client of a few lines.
#include "apps/sandbox/gateway/hub.hpp"

#include "apps/sandbox/model/model_fixture.hpp"
#include "runtime/json.hpp"
#include "runtime/net/net_fixture.hpp"

#include <doctest/doctest.h>
#include <zlib.h>

using namespace arrakis;
using namespace arrakis::sandbox;
namespace js = boost::json;

namespace {
constexpr const char* identify = R"({"op":2,"d":{"token":"t","intents":1,"properties":{}}})";

struct received {
  std::string bytes;
  bool binary = false;
  uint16_t closed = 0; ///< The close code; 0: a message.
};

/// A gateway for the fixture's bot, and one connection to it.
struct gateway_fixture {
  explicit gateway_fixture(const std::string& query = "?v=10") {
    net::test::inbox<std::shared_ptr<net::websocket>> opened;
    net::connect_websocket(threads, "ws://127.0.0.1:" + std::to_string(server->port()) + "/" + query, {},
                           {.received =
                              [this](std::string text, bool binary) {
                                messages.push({std::move(text), binary});
                              },
                            .closed =
                              [this](uint16_t code, const std::string&) {
                                messages.push({{}, false, code});
                              }},
                           [&](auto result) { opened.push(result ? *result : nullptr); });
    socket = opened.take().value_or(nullptr);
    REQUIRE(socket);
  }
  ~gateway_fixture() { // As the program ends: the server, the thread, then the hub.
    server.reset();
    threads.stop();
  }
  void send(std::string frame) { socket->send(std::move(frame), false); }
  received next() {
    auto taken = messages.take();
    REQUIRE(taken);
    return *taken;
  }
  js::object next_frame() { return js::parse(next().bytes).as_object(); }
  /// Returns the close code of the connection; skips messages before it.
  uint16_t next_close() {
    for (;;)
      if (const auto each = next(); each.closed)
        return each.closed;
  }

  net::io threads{1};
  model::model_fixture fixture;
  gateway::hub hub{fixture.state};
  net::test::inbox<received> messages;
  std::optional<net::http_server> server{
    std::in_place, threads, net::http_server_options{},
    [this](const net::http_request& request, const net::responder& respond) { hub.accept(respond, request.target); }};
  std::shared_ptr<net::websocket> socket;
};
} // namespace

TEST_CASE("hub: a resume on a connection that has a session ends it with 4005") {
  gateway_fixture f;
  CHECK(f.next_frame().at("op") == gateway::hello);
  f.send(identify);
  const auto ready = f.next_frame();
  REQUIRE(ready.at("t") == "READY");
  const js::object d{{"token", "t"}, {"session_id", ready.at("d").at("session_id")}, {"seq", 1}};
  f.send(js::serialize(js::object{{"op", gateway::resume}, {"d", d}}));
  CHECK(f.next_close() == gateway::already_authenticated);
}

TEST_CASE("hub: a payload that is not what its opcode takes ends the connection with its code") {
  const auto code = [](const char* frame) {
    gateway_fixture f;
    f.send(frame);
    return f.next_close();
  };
  CHECK(code(R"({"op":2,"d":[]})") == gateway::decode_error);
  CHECK(code(R"({"op":2,"d":{"token":"t","intents":1}})") == gateway::decode_error); // No properties.
  CHECK(code(R"({"op":2,"d":{"token":"x","intents":1,"properties":{}}})") == gateway::authentication_failed);
  CHECK(code(R"({"op":2,"d":{"token":"t","intents":1,"properties":{},"shard":[0]}})") == gateway::invalid_shard);
  CHECK(code(R"({"op":6,"d":{"token":"t","session_id":"s","seq":"5"}})") == gateway::decode_error);
  gateway_fixture f;
  f.send(identify);
  f.send(R"({"op":8,"d":{"guild_id":"1"}})");
  CHECK(f.next_close() == gateway::decode_error);
}

TEST_CASE("hub: an encoding or a compression that it does not speak ends the connection") {
  for (const auto* query : {"?encoding=etf", "?encoding=foo", "?compress=foo"}) {
    gateway_fixture f(query);
    CHECK(f.next_close() == gateway::invalid_version);
  }
}

TEST_CASE("hub: with `compress` in IDENTIFY each message is a zlib stream of its own") {
  gateway_fixture f;
  f.next();
  f.send(R"({"op":2,"d":{"token":"t","intents":1,"properties":{},"compress":true}})");
  const auto ready = f.next();
  REQUIRE(ready.binary);
  std::string text(64 << 10, '\0');
  uLongf bytes = text.size();
  REQUIRE(uncompress(reinterpret_cast<Bytef*>(text.data()), &bytes, reinterpret_cast<const Bytef*>(ready.bytes.data()),
                     ready.bytes.size())
          == Z_OK);
  text.resize(bytes);
  CHECK(js::parse(text).at("t") == "READY");
}
