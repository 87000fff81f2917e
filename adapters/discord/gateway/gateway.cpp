#include "adapters/discord/gateway/gateway.hpp"

#include "adapters/discord/gateway/frame.hpp"
#include "runtime/clock.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/log.hpp"
#include "runtime/log_rate_limit.hpp"
#include "runtime/metrics.hpp"
#include "runtime/registry/spawn.hpp"

#include <array>
#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <unordered_map>

namespace arrakis::discord::gateway {
using namespace std::chrono_literals;
namespace {
constexpr auto store_patience = 2s;
constexpr auto load_patience = 10s; // Timeout of loading a predecessor's session; then the shard identifies.

// Messages from the socket's thread and from callbacks to the actor. `line` counts connections: messages of an earlier
// one are ignored.
struct url_found {
  uint64_t line = 0;
  std::string url;
  std::string why_not;
};
struct socket_opened {
  uint64_t line = 0;
  std::shared_ptr<net::websocket> socket;
  std::string why_not;
};
struct frames_arrived {
  uint64_t line = 0;
  std::shared_ptr<net::websocket_batch> batch;
};
struct socket_closed {
  uint64_t line = 0;
  uint16_t code = 0;
  std::string reason;
};
struct permit_answered {
  uint64_t line = 0;
  milliseconds wait{0};
  bool granted = false;
};
struct wake_up {};
using actor =
  shard_with_roles::extend<caf::reacts_to<url_found>, caf::reacts_to<socket_opened>, caf::reacts_to<frames_arrived>,
                           caf::reacts_to<socket_closed>, caf::reacts_to<permit_answered>, caf::reacts_to<wake_up>>;

struct state {
  static inline const char* name = "discord.shard";
  state() = default;
  ~state() {
    if (socket)
      socket->close(close_to_resume);
  }
  flows running;
  gateway::options options;
  gateway::connector connector;
  event_handler to;
  std::optional<gateway::session> session;
  std::optional<inflater> packed;
  frame_reader frames;
  std::shared_ptr<net::websocket> socket;
  uint64_t line = 0;
  std::optional<time_point> wake;
  snowflake application, bot;
  std::unordered_map<snowflake, std::vector<role_position>> guilds; // All that is stored of guilds.
  std::shared_ptr<activity> gathered; // Activity of the present read; none without a watcher.
  size_t gathered_count = 0;
  int64_t gathered_from = 0; // Sequence of the first gathered dispatch.
  uint64_t gathered_epoch = 0;
  std::array<uint32_t, kind_count> tally{};     // Dispatches not yet added to the metrics.
  std::vector<std::shared_ptr<void>> held;      // Batches held while the event handler lags.
  size_t unsettled_bytes = 0;                   // Bytes of batches whose activity is unsettled.
  log::rate_limit unreadable{10s}, failed{10s}; // Dispatches are frequent.
  bool leaving = false;
};
using self_pointer = actor::stateful_pointer<state>;

time_point now_of(self_pointer self) { return self->clock().now(); }
std::string shard_text(self_pointer self) { return std::to_string(self->state.options.shard_id); }

std::string_view text_of_state(session::state s) {
  switch (s) {
    case session::state::idle: return "idle";
    case session::state::waiting: return "waiting";
    case session::state::connecting: return "connecting";
    case session::state::greeting: return "greeting";
    case session::state::permission: return "permission";
    case session::state::identifying: return "identifying";
    case session::state::resuming: return "resuming";
    case session::state::running: return "running";
    case session::state::stopped: return "stopped";
  }
  return "idle";
}

// Reply address for callbacks of other threads: the actor and the number of the connection.
template <class Message>
void tell(const actor& to, Message message) {
  caf::anon_send(to, std::move(message));
}

/// The only place that sends a token; checks the address, whatever its source.
void open_socket(self_pointer self, const std::string& url) {
  auto& st = self->state;
  const actor me{self};
  const auto line = st.line;
  if (!st.options.addresses.allows(url))
    return tell(me, socket_opened{line, nullptr, st.options.addresses.refusal(url)});
  net::websocket_events events{{},
                               [me, line](uint16_t code, std::string reason) {
                                 tell(me, socket_closed{line, code, std::move(reason)});
                               },
                               [me, line](std::shared_ptr<net::websocket_batch> batch) {
                                 tell(me, frames_arrived{line, std::move(batch)});
                               }};
  st.connector(with_query(url, st.options.compressed), std::move(events),
               [me, line](caf::expected<std::shared_ptr<net::websocket>> made) {
                 tell(me, made ? socket_opened{line, *made, {}} : socket_opened{line, nullptr, text_of(made.error())});
               });
}

/// Drops a resume URL that is not allowed; the session is then resumed at `find_url`'s gateway.
std::string usable(self_pointer self, std::string resume_url) {
  const auto& addresses = self->state.options.addresses;
  if (resume_url.empty() || addresses.allows(resume_url))
    return resume_url;
  log::warn("shard.resume_address_refused", {{"shard", shard_text(self)}, {"error", addresses.refusal(resume_url)}});
  return {};
}

void hang_up(self_pointer self, uint16_t code) {
  auto& st = self->state;
  ++st.line;
  if (auto socket = std::exchange(st.socket, nullptr))
    socket->close(code);
}

flow<> save(self_pointer self, saved_session what) {
  auto& st = self->state;
  const auto until = within(self, store_patience);
  save_session order{st.options.shard_id, std::move(what), until};
  auto kept = co_await ask(self, st.options.store, until, std::move(order));
  if (!kept)
    log::warn("shard.session_not_saved", {{"shard", shard_text(self)}, {"error", text_of(kept.error())}});
}
flow<> clear(self_pointer self) {
  auto& st = self->state;
  const auto until = within(self, store_patience);
  auto kept = co_await ask(self, st.options.store, until, clear_session{st.options.shard_id, until});
  if (!kept)
    log::warn("shard.session_not_cleared", {{"shard", shard_text(self)}, {"error", text_of(kept.error())}});
}

void arm(self_pointer self) {
  auto& st = self->state;
  const auto next = st.session->wake();
  if (!next || (st.wake && *st.wake <= *next))
    return;
  st.wake = next;
  const auto wait = std::chrono::ceil<milliseconds>(*next - now_of(self));
  if (wait.count() > 0)
    self->delayed_send(self, wait, wake_up{});
  else
    self->send(self, wake_up{});
}

/// Holds batches while a consumer lags: the socket counts them as unread and reads less.
void mind_the_lag(self_pointer self) {
  auto& st = self->state;
  if (st.session->pending() <= st.options.lag_max / 2)
    st.held.clear();
  st.session->listening(st.held.empty() && st.unsettled_bytes <= unread_bytes_max / 2);
}

// The event handler answers when the effect is durable. While it is away (its supervisor restarts it) the event is sent
// again.
template <class To, class Message>
flow<> deliver(self_pointer self, To to, uint64_t epoch, int64_t sequence, Message message) {
  const auto until = within(self, self->state.options.effect);
  while (!until.passed(now_of(self))) {
    auto done = co_await ask(self, to, until, message);
    if (done || code_of(done.error()) != ec::unavailable) {
      if (const auto count = done ? std::nullopt : self->state.failed.due())
        log::warn("shard.dispatch_failed",
                  {{"shard", shard_text(self)}, {"error", text_of(done.error())}, {"count", *count}});
      break;
    }
    co_await nap(self, 500ms);
  }
  self->state.session->settled(epoch, sequence);
  mind_the_lag(self);
  arm(self);
}

flow<> deliver_activity(self_pointer self, uint64_t epoch, int64_t sequence, activity_seen what, size_t bytes,
                        std::shared_ptr<void> unread) {
  auto& st = self->state;
  st.unsettled_bytes += bytes;
  co_await deliver(self, st.options.watcher, epoch, sequence, std::move(what));
  st.unsettled_bytes -= bytes;
  unread = nullptr;
  mind_the_lag(self);
}

struct performer {
  self_pointer self;
  state& st = self->state;
  actor me{self};

  void operator()(const session::connect& x) {
    ++st.line;
    st.packed.reset();
    if (st.options.compressed)
      st.packed.emplace(st.options.inflate);
    if (!x.url.empty())
      return open_socket(self, x.url);
    st.options.find_url([me = me, line = st.line](caf::expected<std::string> url) {
      tell(me, url ? url_found{line, *url, {}} : url_found{line, {}, text_of(url.error())});
    });
  }
  void operator()(const session::ask_permit&) {
    st.options.pacing(st.options.shard_id, now_of(self), [me = me, line = st.line](caf::expected<milliseconds> wait) {
      tell(me, wait ? permit_answered{line, *wait, true} : permit_answered{line});
    });
  }
  void operator()(const session::identify&) {
    send(identify_text(st.options.token, st.options.shard_id, st.options.shard_count, st.options.intents));
  }
  void operator()(const session::resume& x) { send(resume_text(st.options.token, x.from.id, x.from.sequence)); }
  void operator()(const session::heartbeat& x) { send(heartbeat_text(x.sequence)); }
  void operator()(const session::disconnect& x) { hang_up(self, x.code); }
  void operator()(const session::save& x) {
    if (st.options.store && !st.leaving)
      st.running.start(gateway::save(self, x.what));
  }
  void operator()(const session::clear&) {
    st.guilds.clear();
    if (st.options.store)
      st.running.start(gateway::clear(self));
  }
  void operator()(const session::running& x) {
    log::info("shard.running", {{"shard", shard_text(self)}, {"resumed", x.resumed ? "yes" : "no"}});
    metrics::count("arrakis_discord_shard_sessions_total", "Sessions begun or resumed.", 1,
                   {{"how", x.resumed ? "resume" : "identify"}});
    self->send(st.to, shard_ready{st.options.shard_id, st.application, st.bot, x.resumed});
  }
  void operator()(const session::give_up& x) {
    const std::string todo{what_to_do(x.code)};
    log::error("shard.stopped", {{"shard", shard_text(self)}, {"close_code", x.code}, {"error", todo}});
    hang_up(self, close_to_resume);
    self->send(st.to, shard_stopped{st.options.shard_id, x.code, todo});
  }

private:
  void send(std::string text) {
    if (st.socket)
      st.socket->send(std::move(text)); // `send` wipes it.
  }
  void send(const secret& text) {
    text.lend([this](std::string_view plain) { send(std::string{plain}); });
  }
};

void perform(self_pointer self, session::actions todo) {
  for (const auto& one : todo)
    std::visit(performer{self}, one);
  arm(self);
}

void corrupted(self_pointer self, const caf::error& why) {
  log::warn("shard.stream_corrupt", {{"shard", shard_text(self)}, {"error", text_of(why)}});
  metrics::count("arrakis_discord_stream_corrupt_total", "Gateway connections given up for bytes that cannot be read.");
  perform(self, self->state.session->corrupted(now_of(self)));
}

void greeted(self_pointer self, int64_t sequence) {
  auto& st = self->state;
  auto ready = st.frames.ready();
  if (!ready)
    return corrupted(self, ready.error());
  st.session->dispatched(now_of(self), sequence, false);
  st.application = ready->application;
  st.bot = ready->bot;
  st.guilds.clear();
  st.guilds.reserve(ready->guilds.size());
  for (const auto each : ready->guilds)
    st.guilds[each];
  perform(self,
          st.session->ready(now_of(self), std::move(ready->session_id), usable(self, std::move(ready->resume_url))));
}

void keep(self_pointer self, const event& what) {
  auto& guilds = self->state.guilds;
  if (const auto* here = std::get_if<guild_available>(&what))
    guilds[here->guild] = self->state.frames.take_role_positions();
  if (const auto* gone = std::get_if<guild_gone>(&what); gone && gone->kicked)
    guilds.erase(gone->guild);
  const auto* changed = std::get_if<role_changed>(&what);
  const auto guild = changed ? guilds.find(changed->guild) : guilds.end();
  if (guild == guilds.end())
    return;
  auto& places = guild->second;
  std::erase_if(places, [&](const role_position& each) { return each.role == changed->role; });
  if (!changed->deleted)
    places.push_back({changed->role, changed->position});
}

guild_role_positions role_positions_of(self_pointer self, snowflake guild) {
  const auto& guilds = self->state.guilds;
  const auto found = guilds.find(guild);
  return found == guilds.end() ? guild_role_positions{} : guild_role_positions{true, found->second};
}

/// Event of a new dispatch; nothing when it cannot be read or must not be handled.
event event_of(self_pointer self, const envelope& frame) {
  auto& st = self->state;
  auto what = st.frames.decode();
  if (!what) {
    if (const auto count = st.unreadable.due())
      log::warn(
        "shard.dispatch_unreadable",
        {{"shard", shard_text(self)}, {"type", frame.type}, {"error", text_of(what.error())}, {"count", *count}});
    metrics::count("arrakis_discord_dispatches_unreadable_total", "Dispatches that do not hold what we need.");
    return {};
  }
  if (std::holds_alternative<interaction_created>(*what) && st.session->pending() >= st.options.in_flight_max) {
    metrics::count("arrakis_discord_interactions_dropped_total", "Interactions dropped because too many were in work.");
    return {};
  }
  return std::move(*what);
}

/// True for the first gathered frame: the batch is pending from its sequence on.
bool gathers_first(self_pointer self, int64_t sequence) {
  auto& st = self->state;
  if (!st.gathered)
    return false;
  const auto count = st.gathered->messages.size() + st.gathered->members.size();
  const bool first = std::exchange(st.gathered_count, count) == 0 && count > 0;
  if (first) {
    st.gathered_from = sequence;
    st.gathered_epoch = st.session->epoch();
  }
  return first;
}

void dispatch(self_pointer self, const envelope& frame, time_point now) {
  auto& st = self->state;
  ++st.tally[static_cast<size_t>(frame.what)];
  if (frame.type == "READY")
    return greeted(self, frame.sequence);
  if (frame.type == "RESUMED") {
    st.session->dispatched(now, frame.sequence, false);
    return perform(self, st.session->resumed(now));
  }
  const auto sequence = frame.sequence;
  const bool seen = sequence <= st.session->seen(); // A replay may overlap.
  if (seen || frame.what == kind::other)
    return st.session->dispatched(now, sequence, false);
  auto what = event_of(self, frame);
  keep(self, what);
  st.session->dispatched(now, sequence, !std::holds_alternative<std::monostate>(what) || gathers_first(self, sequence));
  const auto epoch = st.session->epoch();
  std::visit(
    [&](auto& x) {
      if constexpr (!std::is_same_v<std::decay_t<decltype(x)>, std::monostate>)
        st.running.start(deliver(self, st.to, epoch, sequence, std::move(x)));
    },
    what);
}

void handle(self_pointer self, std::string_view text, time_point now) {
  auto& st = self->state;
  st.frames.gather(st.gathered.get(), st.session->seen());
  const auto frame = st.frames.read_in_place(text);
  if (!frame)
    return corrupted(self, frame.error());
  switch (frame->op) { // https://discord.com/developers/docs/topics/opcodes-and-status-codes#gateway-gateway-opcodes
    case 0: return dispatch(self, *frame, now);
    case 1: return perform(self, st.session->asked_for_heartbeat(now));
    case 7: return perform(self, st.session->asked_to_reconnect(now));
    case 9: return perform(self, st.session->invalid(now, st.frames.resumable()));
    case 10: {
      const auto interval = st.frames.hello();
      return interval ? perform(self, st.session->hello(now, *interval)) : corrupted(self, interval.error());
    }
    case 11: return st.session->acknowledged();
    default: return; // Unknown opcodes are ignored.
  }
}

void arrived(self_pointer self, const net::websocket_message& message, time_point now) {
  auto& st = self->state;
  if (!message.binary)
    return handle(self, message.bytes, now);
  if (!st.packed)
    return corrupted(self, fail(ec::corrupt, "a packed frame on an unpacked connection"));
  const auto whole = st.packed->feed(message.bytes);
  if (!whole)
    return corrupted(self, whole.error());
  if (*whole)
    handle(self, **whole, now);
}

/// Result of the frames of one read.
void conclude(self_pointer self, const net::websocket_batch& batch) {
  auto& st = self->state;
  for (size_t i = 0; i < kind_count; ++i)
    if (const auto count = std::exchange(st.tally[i], 0); count > 0)
      metrics::count("arrakis_discord_dispatches_total", "Dispatches by type; other: nobody reads them.", count,
                     {{"type", std::string{name_of(static_cast<kind>(i))}}});
  if (std::exchange(st.gathered_count, 0) > 0) {
    size_t bytes = 0;
    for (const auto& each : batch.messages)
      bytes += each.bytes.size();
    st.running.start(
      deliver_activity(self, st.gathered_epoch, st.gathered_from, {std::move(st.gathered)}, bytes, batch.unread));
  }
  if (st.session->pending() > st.options.lag_max)
    st.held.push_back(batch.unread);
  mind_the_lag(self);
  arm(self);
}

void arrived(self_pointer self, const frames_arrived& x) {
  auto& st = self->state;
  const auto now = now_of(self);
  if (st.options.watcher && !st.gathered)
    st.gathered = std::make_shared<activity>();
  for (const auto& each : x.batch->messages) {
    if (x.line != st.line)
      break; // An earlier frame ended the connection.
    arrived(self, each, now);
  }
  conclude(self, *x.batch);
}

flow<> begin(self_pointer self) {
  auto& st = self->state;
  saved_session earlier;
  const auto until = within(self, load_patience);
  while (st.options.store && !until.passed(now_of(self))) {
    auto kept = co_await ask(self, st.options.store, until, load_session{st.options.shard_id, until});
    if (kept) {
      earlier = std::move(*kept);
      earlier.resume_url = usable(self, std::move(earlier.resume_url));
      break;
    }
    log::warn("shard.session_not_loaded", {{"shard", shard_text(self)}, {"error", text_of(kept.error())}});
    co_await nap(self, 500ms);
  }
  if (!st.leaving)
    perform(self, st.session->start(now_of(self), std::move(earlier)));
}

/// Closes first: Discord replays the waiting frames to the successor, and the store's answer need not queue behind
/// them.
flow<> leave(self_pointer self, caf::error reason) {
  auto& st = self->state;
  st.leaving = true;
  std::optional<saved_session> last;
  for (const auto& one : st.session->stop(now_of(self))) {
    if (const auto* found = std::get_if<session::save>(&one))
      last = found->what;
    else
      std::visit(performer{self}, one);
  }
  if (last && st.options.store)
    co_await save(self, std::move(*last));
  self->quit(reason);
}

/// Limits of one shard: its part of the identifies of a day.
session_limits limits_of(const options& chosen) {
  auto limits = chosen.limits;
  const auto shards = static_cast<size_t>(std::max(chosen.shard_count, 1));
  limits.identifies_per_day_max = std::max<size_t>(limits.identifies_per_day_max / shards, 1);
  return limits;
}

shard_state status_of(const state& st) {
  const auto& s = *st.session;
  return {st.options.shard_id, std::string{text_of_state(s.current_state())}, s.seen(), s.resumes(), s.identifies(),
          st.guilds.size()};
}

actor::behavior_type behavior(self_pointer self, connector connect, options chosen, event_handler to) {
  keep_exception_text(self);
  auto& st = self->state;
  st.options = std::move(chosen);
  if (!st.options.pacing)
    st.options.pacing = local_pacing(1);
  st.connector = std::move(connect);
  st.to = std::move(to);
  st.session.emplace(limits_of(st.options), [] { return jitter(); });
  self->set_exit_handler([self](caf::exit_msg& x) {
    if (!self->state.leaving)
      self->state.running.start(leave(self, x.reason));
  });
  st.running.start(begin(self));
  return {
    [self](const shard_status&) { return status_of(self->state); },
    [self](const url_found& x) {
      if (x.line != self->state.line)
        return;
      if (!x.url.empty())
        return open_socket(self, x.url);
      log::warn("shard.gateway_url_unknown", {{"shard", shard_text(self)}, {"error", x.why_not}});
      perform(self, self->state.session->failed(now_of(self)));
    },
    [self](const socket_opened& x) {
      if (x.line != self->state.line) {
        if (x.socket)
          x.socket->close(close_to_resume);
        return;
      }
      self->state.socket = x.socket;
      if (x.socket)
        return perform(self, self->state.session->opened(now_of(self)));
      log::warn("shard.gateway_not_reached", {{"shard", shard_text(self)}, {"error", x.why_not}});
      perform(self, self->state.session->failed(now_of(self)));
    },
    [self](const frames_arrived& x) {
      if (x.line == self->state.line)
        arrived(self, x);
    },
    [self](const get_role_positions& x) { return role_positions_of(self, x.guild); },
    [self](const socket_closed& x) {
      if (x.line != self->state.line)
        return;
      self->state.socket = nullptr;
      log::info("shard.gateway_closed", {{"shard", shard_text(self)}, {"close_code", x.code}, {"reason", x.reason}});
      perform(self, self->state.session->closed(now_of(self), x.code));
    },
    [self](const permit_answered& x) {
      if (x.line != self->state.line)
        return;
      if (x.granted)
        self->state.session->permitted(now_of(self), x.wait);
      else
        self->state.session->permit_refused(now_of(self));
      arm(self);
    },
    [self](const wake_up&) {
      self->state.wake.reset();
      perform(self, self->state.session->tick(now_of(self)));
    },
  };
}
} // namespace

shard_with_roles start(caf::actor_system& sys, connector connect, options chosen, event_handler to) {
  return registry::spawn(sys, {"gateway"}, behavior, std::move(connect), std::move(chosen), std::move(to));
}
} // namespace arrakis::discord::gateway
