#include "tests/shards/shard_fixture.hpp"

#include "runtime/json.hpp"
#include "runtime/log.hpp"
#include "tests/support/scratch.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <cstdlib>
#include <fmt/format.h>

namespace arrakis::shards_test {
namespace js = boost::json;
using namespace std::chrono_literals;
namespace {
constexpr auto patience = 20s;
constexpr auto step = 10ms; // Of the shard's clock, while it waits.

struct hearing {
  told* to = nullptr;
  hearing() = default;
};
discord::event_handler::behavior_type hear_all(discord::event_handler::stateful_pointer<hearing> self, told* to) {
  self->state.to = to;
  const auto note = [self](std::string what) { self->state.to->push_back(std::move(what)); };
  return {
    [note](const discord::interaction_created& x) { note("interaction " + x.what->id.text()); },
    [](const discord::guild_available&) {},
    [note](const discord::guild_gone& x) { note("gone " + x.guild.text()); },
    [note](const discord::role_changed& x) { note("role " + x.role.text()); },
    [](const discord::channel_changed&) {},
    [note](const discord::shard_ready& x) { note(x.resumed ? "resumed" : "ready"); },
    [note](const discord::shard_stopped& x) { note("stopped " + std::to_string(x.close_code)); },
  };
}

struct keeping {
  discord::gateway::saved_session* what = nullptr;
  keeping() = default;
};
using discord::gateway::session_store;
session_store::behavior_type keep(session_store::stateful_pointer<keeping> self,
                                  discord::gateway::saved_session* what) {
  using namespace discord::gateway;
  self->state.what = what;
  return {
    [self](const load_session&) -> caf::result<saved_session> { return *self->state.what; },
    [self](const save_session& x) -> caf::result<session_stored> {
      return *self->state.what = x.what, session_stored{};
    },
    [self](const clear_session&) -> caf::result<session_stored> { return *self->state.what = {}, session_stored{}; },
  };
}

/// The real socket, and what goes into it.
struct listened final : net::websocket {
  std::shared_ptr<net::websocket> to;
  std::function<void(const std::string&)> note;
  bool send(std::string message, bool binary) override {
    note(message);
    return to->send(std::move(message), binary);
  }
  void close(uint16_t code, std::string reason) override { to->close(code, std::move(reason)); }
  void cut() override { to->cut(); }
};
} // namespace

demo::local_stack& discord_stack() {
  struct all {
    test::scratch folder{"shards"};
    demo::local_stack stack;
    all()
      : stack({.folder = folder.path(),
               .programs = std::getenv("ARRAKIS_BUILD_DIR") ? std::getenv("ARRAKIS_BUILD_DIR") : "build/dev",
               .discord_limits = false}) {
      log::set_level(log::level::error);
      stack.start_discord();
    }
  };
  static all one;
  return one.stack;
}

std::string gateway_url() {
  auto url = discord_stack().discord().url;
  return url.replace(0, 4, "ws");
}

js::value order(js::object what) { return discord_stack().sandbox("POST", "gateway", what); }

void calm() {
  order({{"heartbeat_ms", 41'250},
         {"max_concurrency", 1},
         {"acknowledge", true},
         {"hold_hello", false},
         {"hold_answer", false},
         {"hold_guild_create", false},
         {"tear_bytes", 0},
         {"refuse_resumes", 0},
         {"cut_resumes", 0},
         {"deaf_path", ""},
         {"ready_without", ""},
         {"resume_url", ""},
         {"starts_left", 1000}});
  discord_stack().sandbox("POST", "limits", js::object{{"gateway", false}});
}

void inbox::push(std::function<void()> what) {
  std::lock_guard hold{lock_};
  waiting_.push_back(std::move(what));
  changed_.notify_one();
}

bool inbox::run() {
  std::deque<std::function<void()>> now;
  {
    std::unique_lock hold{lock_};
    changed_.wait_for(hold, 2ms, [this] { return !waiting_.empty(); });
    now.swap(waiting_);
  }
  for (auto& each : now)
    each();
  return !now.empty();
}

bool test_loop::until(const std::function<bool()>& reached) {
  const auto end = std::chrono::steady_clock::now() + patience;
  for (sim.run(); !reached(); sim.run()) {
    inbox->run();
    if (std::chrono::steady_clock::now() > end)
      return false;
  }
  return true;
}

shard_fixture::shard_fixture(test_loop& in, options chosen, size_t message_bytes_max)
  : loop_(in), options_(std::move(chosen)), message_bytes_max_(message_bytes_max) {
  sink_ = loop_.sim.sys().spawn(hear_all, &heard_);
  store_ = loop_.sim.sys().spawn(keep, &stored_);
  options_.token = secret{discord_stack().discord().token};
  if (!options_.find_url)
    options_.find_url = discord::gateway::fixed_url(gateway_url());
  for (const auto& own : {gateway_url(), std::string{"ws://127.0.0.1:1"}}) // The second: where nobody is.
    (void)options_.addresses.add(own);
  options_.store = store_;
}

shard_fixture::~shard_fixture() {
  stop();
  caf::anon_send_exit(sink_, caf::exit_reason::user_shutdown);
  caf::anon_send_exit(store_, caf::exit_reason::user_shutdown);
  loop_.sim.run();
}

void shard_fixture::start() {
  auto connector = [this, in = loop_.inbox](const std::string& url, net::websocket_events events, auto opened) {
    connects.push_back({url, loop_.now()});
    net::websocket_events later;
    later.batch = [in, to = events.batch](std::shared_ptr<net::websocket_batch> b) {
      in->push([to, b = std::move(b)] { to(b); });
    };
    later.closed = [in, to = events.closed](uint16_t code, std::string reason) {
      in->push([to, code, reason = std::move(reason)] { to(code, reason); });
    };
    const auto note = [this](const std::string& text) { sends.push_back({text, loop_.now()}); };
    auto made = [in, note, opened](caf::expected<std::shared_ptr<net::websocket>> socket) {
      in->push([opened, note, socket = std::move(socket)]() mutable {
        if (!socket)
          return opened(std::move(socket));
        auto heard = std::make_shared<listened>();
        heard->to = *socket;
        heard->note = note;
        opened(std::shared_ptr<net::websocket>{heard});
      });
    };
    net::connect_websocket(loop_.io, url, {.message_bytes_max = message_bytes_max_}, std::move(later), std::move(made));
  };
  shard_ = discord::gateway::start(loop_.sim.sys(), std::move(connector), options_, sink_);
  loop_.sim.run();
}

void shard_fixture::stop() {
  if (!shard_)
    return;
  caf::anon_send_exit(shard_, caf::exit_reason::user_shutdown);
  loop_.sim.run();
  shard_ = discord::shard_with_roles{};
}

bool shard_fixture::logs_in() {
  const auto before = heard_.size();
  if (!comes_to([&] { return heard_.size() > before; }))
    return false;
  return hears(role_event());
}

std::string shard_fixture::role_event(int64_t skip) {
  static uint64_t last = 900'000'000'000'000'000;
  const auto id = std::to_string(++last);
  order({{"action", "dispatch"},
         {"name", "GUILD_ROLE_UPDATE"},
         {"skip", skip},
         {"data", js::object{{"guild_id", discord_stack().discord().guild}, {"role", js::object{{"id", id}}}}}});
  return "role " + id;
}

bool shard_fixture::hears(const std::string& what) {
  return loop_.until([&] { return times_heard(what) > 0; });
}

bool shard_fixture::comes_to(const std::function<bool()>& reached) {
  return loop_.until([&] {
    const auto waits = [this] {
      const auto now_in = state();
      return now_in == "waiting" || now_in == "permission";
    };
    for (int i = 0; i < 100 && !reached() && waits(); ++i)
      loop_.sim.advance(step);
    return reached();
  });
}

discord::shard_state shard_fixture::status() {
  return *loop_.sim.ask<discord::shard_state>(shard_, discord::shard_status{});
}
std::string shard_fixture::state() { return status().state; }

size_t shard_fixture::times_heard(const std::string& what) const {
  return static_cast<size_t>(std::count(heard_.begin(), heard_.end(), what));
}

void shard_fixture::mark() {
  const auto record = discord_stack().sandbox("GET", fmt::format("gateway/record?after={}", marked_));
  if (!record.as_array().empty())
    marked_ = json::integer_or(record.as_array().back().as_object(), "n");
  marked_connects_ = connects.size();
  marked_at_ = loop_.now();
}

trace shard_fixture::since_mark() {
  auto out = read(discord_stack().sandbox("GET", fmt::format("gateway/record?after={}", marked_)).as_array());
  auto from = marked_at_;
  for (size_t i = marked_connects_; i < connects.size(); ++i) {
    out.waits.push_back(std::chrono::duration_cast<milliseconds>(connects[i].at - from));
    from = connects[i].at;
  }
  return out;
}
} // namespace arrakis::shards_test
