#pragma once
// For the tests of this folder: a shard, and Discord's side of its connections without a network.
#include "adapters/discord/gateway/gateway.hpp"
#include "adapters/discord/gateway/zlib_fixture.hpp"
#include "tests/support/sim_system.hpp"

#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <string>
#include <vector>

namespace arrakis::discord::gateway::test {
using namespace std::chrono_literals;

/// Discord's side of one connection, without a network.
struct fake_socket final : net::websocket {
  std::string url;
  net::websocket_events events;
  std::vector<std::string> sent;
  int closed_with = 0; ///< By us; -1: cut.
  bool packed = false;
  gateway::test::packer packer;

  bool send(std::string message, bool) override { return sent.push_back(std::move(message)), true; }
  void close(uint16_t code, std::string) override { closed_with = closed_with ? closed_with : code; }
  void cut() override { closed_with = -1; }
  void says(const std::string& text) { packed ? bytes(packer.pack(text), true) : bytes(text, false); }
  void bytes(const std::string& message, bool binary) { many({message}, binary); }
  /// Messages of one read. What their bytes cost is in `unread` until somebody gives it back.
  std::weak_ptr<void> many(const std::vector<std::string>& messages, bool binary = false) {
    auto batch = std::make_shared<net::websocket_batch>();
    for (const auto& each : messages) {
      auto& block = batch->blocks.emplace_back(new char[each.size() + net::websocket_message::slack]{});
      std::copy(each.begin(), each.end(), block.get());
      batch->messages.push_back({{block.get(), each.size()}, binary});
    }
    batch->unread = std::make_shared<int>();
    const std::weak_ptr<void> unread = batch->unread;
    events.batch(std::move(batch));
    return unread;
  }
  void dispatches(int sequence, const std::string& type, const std::string& data) {
    says(R"({"op":0,"s":)" + std::to_string(sequence) + R"(,"t":")" + type + R"(","d":)" + data + "}");
  }
  std::string last() const { return sent.empty() ? "" : sent.back(); }
};
using socket_ptr = std::shared_ptr<fake_socket>;

/// Tells the handler to settle its pending dispatches.
struct release {
  caf::error with;
};
using blocking_handler = event_handler::extend<caf::reacts_to<release>>;
/// State of the handler.
struct record {
  std::vector<std::string>* heard = nullptr;
  bool* holds = nullptr;
  std::vector<caf::response_promise> held;
  record() = default;
};
using listener = blocking_handler::stateful_pointer<record>;

/// Records a dispatch, and settles it unless `holds` is set.
inline caf::result<void> hear(listener self, std::string what) {
  self->state.heard->push_back(std::move(what));
  if (!*self->state.holds)
    return caf::unit;
  auto promise = self->make_response_promise<void>();
  self->state.held.push_back(promise);
  return caf::delegated<void>{};
}
/// Event handler that records dispatches and settles each at once, on `release`, or never.
inline blocking_handler::behavior_type listening(listener self, std::vector<std::string>* heard, bool* holds) {
  self->state.heard = heard;
  self->state.holds = holds;
  return {
    [self](const interaction_created& x) { return hear(self, "interaction " + x.what->id.text()); },
    [self](const guild_available& x) { return hear(self, "guild " + x.guild.text()); },
    [self](const guild_gone& x) { return hear(self, std::string{x.kicked ? "kicked " : "outage "} + x.guild.text()); },
    [self](const role_changed& x) { return hear(self, "role " + x.role.text()); },
    [self](const channel_changed& x) { return hear(self, "channel " + x.channel.text()); },
    [self](const shard_ready& x) { return hear(self, x.resumed ? "resumed" : "ready"); },
    [self](const shard_stopped& x) { return hear(self, "stopped " + std::to_string(x.close_code)); },
    [self](const release& x) {
      for (auto& promise : std::exchange(self->state.held, {}))
        x.with ? promise.deliver(x.with) : promise.deliver(caf::unit);
    },
  };
}

/// The store of a test: survives the shard, as Redis does.
struct kept {
  saved_session* what = nullptr;
  kept() = default;
};
/// Behavior of the store.
inline session_store::behavior_type keeping(session_store::stateful_pointer<kept> self, saved_session* what) {
  self->state.what = what;
  return {
    [self](const load_session&) -> caf::result<saved_session> { return *self->state.what; },
    [self](const save_session& x) -> caf::result<session_stored> {
      return *self->state.what = x.what, session_stored{};
    },
    [self](const clear_session&) -> caf::result<session_stored> { return *self->state.what = {}, session_stored{}; },
  };
}

/// A shard over fake sockets, with its handler and store.
struct fixture {
  saved_session stored;
  std::vector<std::string> heard;
  bool holds = false;
  std::vector<socket_ptr> sockets;
  bool compressed = false;
  bool reachable = true;
  arrakis::test::sim_system sim;
  blocking_handler to = sim.sys().spawn(listening, &heard, &holds);
  session_store store = sim.sys().spawn(keeping, &stored);
  shard_with_roles subject;

  void start(options o = {}) {
    o.token = secret{"tok"};
    o.find_url = fixed_url("wss://gateway.example");
    (void)o.addresses.add("wss://gateway.example");
    (void)o.addresses.add("wss://resume.example");
    o.compressed = compressed;
    o.store = store;
    subject = gateway::start(
      sim.sys(),
      [this](std::string url, net::websocket_events events, auto opened) {
        if (!reachable)
          return opened(fail(ec::unavailable, "nobody there"));
        auto made = std::make_shared<fake_socket>();
        made->url = std::move(url);
        made->events = std::move(events);
        made->packed = compressed;
        sockets.push_back(made);
        opened(std::shared_ptr<net::websocket>{made});
      },
      std::move(o), to);
    sim.run();
  }
  ~fixture() {
    stop();
    caf::anon_send_exit(to, caf::exit_reason::user_shutdown);
    caf::anon_send_exit(store, caf::exit_reason::user_shutdown);
    sim.run();
  }
  void settle(caf::error with = {}) {
    caf::anon_send(to, release{std::move(with)});
    sim.run();
  }
  void stop() {
    caf::anon_send_exit(subject, caf::exit_reason::user_shutdown);
    sim.run();
  }
  fake_socket& socket() { return *sockets.back(); }
  void says(const std::string& text) {
    socket().says(text);
    sim.run();
  }
  void hello(int interval = 41'250) {
    says(R"({"op":10,"d":{"heartbeat_interval":)" + std::to_string(interval) + "}}");
  }
  void dispatches(int sequence, const std::string& type, const std::string& data) {
    socket().dispatches(sequence, type, data);
    sim.run();
  }
  /// Up to READY with the guilds 10 and 11.
  void run() {
    hello(3'600'000); // No heartbeat during a test.
    dispatches(1, "READY", R"({"session_id":"sid","resume_gateway_url":"wss://resume.example","user":{"id":"2"},
      "application":{"id":"3"},"guilds":[{"id":"10","unavailable":true},{"id":"11","unavailable":true}]})");
  }
  shard_state status() { return *sim.ask<shard_state>(subject, shard_status{}); }
};
} // namespace arrakis::discord::gateway::test
