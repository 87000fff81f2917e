#include "apps/arrakisd/shards.hpp"

#include "adapters/discord/rest/calls.hpp"
#include "runtime/clock.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/json.hpp"
#include "runtime/log.hpp"
#include "runtime/net/io.hpp"
#include "runtime/supervisor.hpp"

#include <boost/json/value.hpp>
#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::shards {
namespace {

struct plan {
  std::string url;
  int shards = 1;
  int max_concurrency = 1;
};

struct state {
  arrakis::flows flows;
  shards::options options;
  net::io* io = nullptr;
  discord::rest rest;
  discord::gateway::session_store store;
  discord::sink sink;
  std::vector<discord::shard> running;
  supervisor::handle children;
  static inline const char* name = "shards";
};
using self_pointer = handle::stateful_pointer<state>;

/// {url, shards, session_start_limit{total, remaining, reset_after, max_concurrency}}:
/// https://discord.com/developers/docs/events/gateway#get-gateway-bot
caf::expected<plan> read_plan(const std::string& body) {
  auto parsed = json::parse(body);
  if (!parsed || !parsed->is_object())
    return fail(ec::corrupt, "GET /gateway/bot: not a JSON object");
  const auto& root = parsed->get_object();
  plan p;
  p.url = json::text_or(root, "url");
  p.shards = static_cast<int>(json::integer_or(root, "shards", 1));
  if (const auto* limit = json::object_in(root, "session_start_limit"))
    p.max_concurrency = static_cast<int>(std::max<int64_t>(1, json::integer_or(*limit, "max_concurrency", 1)));
  if (p.url.empty() || p.shards < 1)
    return fail(ec::corrupt, "GET /gateway/bot: no url");
  return p;
}

template <class Self>
flow<caf::expected<plan>> ask_discord(Self self, discord::rest rest, std::chrono::milliseconds wait) {
  auto call = discord::get_gateway_bot();
  call.until = within(self, wait);
  auto got = co_await ask(self, rest, call.until, call);
  if (!got)
    co_return got.error();
  if (got->status != 200)
    co_return fail(ec::refused, "GET /gateway/bot: " + std::to_string(got->status) + " " + got->message);
  co_return read_plan(got->body);
}

struct finder_state {
  arrakis::flows flows;
};

flow<> find_url(caf::stateful_actor<finder_state>* self, discord::rest rest, std::chrono::milliseconds wait,
                std::function<void(caf::expected<std::string>)> found) {
  auto p = co_await ask_discord(self, rest, wait);
  if (p)
    found(p->url);
  else
    found(p.error());
  self->quit();
}

/// Asked from the shard's own thread for each new session: one short-lived actor a question. What Discord said a moment
/// ago, with the number of shards, still holds: the route's bucket is small, and all shards begin at once.
discord::gateway::url_source source(self_pointer self, const plan& known) {
  constexpr std::chrono::seconds holds{30};
  auto& st = self->state;
  if (!st.options.gateway_url.empty())
    return discord::gateway::fixed_url(st.options.gateway_url);
  const auto until = self->clock().now() + holds;
  return [&sys = self->system(), rest = st.rest, wait = st.options.ask_within, url = known.url, until](auto found) {
    if (sys.clock().now() < until)
      return found(url);
    sys.spawn([rest, wait, found](caf::stateful_actor<finder_state>* finder) {
      finder->state.flows.start(find_url(finder, rest, wait, found));
    });
  };
}

void start_all(self_pointer self, const plan& p) {
  auto& st = self->state;
  const int count = st.options.shard_count > 0 ? st.options.shard_count : p.shards;
  std::vector<supervisor::child> list;
  auto pacing = discord::gateway::local_pacing(p.max_concurrency);
  for (int i = 0; i < count; ++i) {
    discord::gateway::options o;
    o.token = st.options.token;
    o.find_url = source(self, p);
    o.shard_id = i;
    o.shard_count = count;
    o.compressed = st.options.compressed;
    o.pacing = pacing;
    o.store = st.store;
    auto router = supervisor::make_router(self->system());
    st.running.push_back(supervisor::typed<discord::shard>(router));
    list.push_back({"shard-" + std::to_string(i),
                    [&sys = self->system(), io = st.io, o, sink = st.sink] {
                      return caf::actor_cast<caf::actor>(
                        discord::gateway::start(sys, discord::gateway::network(*io), o, sink));
                    },
                    router});
  }
  log::info("shards_starting", {{"count", count}});
  st.children = supervisor::start(self->system(), "shards", std::move(list));
  self->link_to(st.children);
}

flow<> open(self_pointer self) {
  auto& st = self->state;
  std::chrono::milliseconds wait{250};
  for (;;) {
    auto p = co_await ask_discord(self, st.rest, st.options.ask_within);
    if (p) {
      start_all(self, *p);
      co_return;
    }
    log::warn("gateway_unknown", {{"error", text_of(p.error())}});
    co_await nap(self,
                 std::chrono::milliseconds{static_cast<int64_t>(static_cast<double>(wait.count()) * (0.5 + jitter()))});
    wait = std::min(wait * 2, st.options.ask_again_max);
  }
}

flow<> look(self_pointer self, deadline until, caf::typed_response_promise<states> reply) {
  states all;
  all.known = !self->state.running.empty();
  const auto shards = self->state.running;
  for (const auto& s : shards) {
    auto one = co_await ask(self, s, until, discord::shard_status{});
    if (one)
      all.list.push_back(*one);
    else
      all.list.push_back({-1, "unavailable: " + text_of(one.error())});
  }
  reply.deliver(std::move(all));
}

handle::behavior_type behavior(self_pointer self, net::io* io, options opts, discord::rest rest,
                               discord::gateway::session_store store, discord::sink sink) {
  keep_exception_text(self);
  auto& st = self->state;
  st.options = std::move(opts);
  st.io = io;
  st.rest = std::move(rest);
  st.store = std::move(store);
  st.sink = std::move(sink);
  self->send(self, begin{});
  self->set_exit_handler([self](const caf::exit_msg& x) {
    // The supervisor of the shards is ended in order, so that each saves its session; its own end then ends us.
    if (self->state.children && x.source != self->state.children.address())
      self->send(self->state.children, supervisor::stop{});
    else
      self->quit(x.reason);
  });
  return {
    [self](const inspect& q) -> caf::result<states> {
      auto reply = self->make_response_promise<states>();
      self->state.flows.start(look(self, q.until, reply));
      return caf::delegated<states>{};
    },
    [self](begin) { self->state.flows.start(open(self)); },
  };
}
} // namespace

handle start(caf::actor_system& sys, net::io& io, options opts, discord::rest rest,
             discord::gateway::session_store store, discord::sink sink) {
  return sys.spawn(behavior, &io, std::move(opts), std::move(rest), std::move(store), std::move(sink));
}
} // namespace arrakis::shards
