#include "actors/readiness/readiness.hpp"

#include "runtime/flow.hpp"

#include <caf/event_based_actor.hpp>
#include <caf/stateful_actor.hpp>
#include <memory>
#include <mutex>
#include <utility>

namespace arrakis::readiness {
namespace {
constexpr std::chrono::milliseconds patience{2'000};

struct state {
  arrakis::flows flows;
};
using self_pointer = caf::stateful_actor<state>*;

dependency of_shards(const caf::expected<discord::shards::states>& all) {
  if (!all)
    return {"discord", false, text_of(all.error())};
  if (!all->known)
    return {"discord", false, "Discord has not said yet how many shards there should be"};
  size_t elsewhere = 0;
  for (const auto& s : all->list) {
    if (s.state == "stopped")
      return {"discord", false,
              "shard " + std::to_string(s.shard)
                + " is stopped for good: the log's discord_shard_stopped says what to do"};
    if (s.state != "running" && s.state != "standby")
      return {"discord", false, "shard " + std::to_string(s.shard) + " is " + s.state};
    elsewhere += s.state == "standby" ? 1 : 0;
  }
  return {"discord", true,
          std::to_string(all->list.size() - elsewhere) + " shards are running here, " + std::to_string(elsewhere)
            + " are held by other processes"};
}

flow<> collect(self_pointer self, std::shared_ptr<const ports> to, done tell) {
  std::vector<dependency> list;
  const auto until = within(self, patience);
  auto database = co_await ask(self, to->pool, until, postgres::health{});
  if (database && database->ready && to->relay_pool) // Another role, perhaps by another way.
    database = co_await ask(self, to->relay_pool, until, postgres::health{});
  list.push_back({"database", database && database->ready, database ? database->detail : text_of(database.error())});
  const auto cache = to->cache();
  list.push_back({"redis", cache.ready, cache.detail});
  const auto queue = to->queue();
  list.push_back({"queue", queue.ready, queue.detail});
  // A signer that refuses keeps only new versions waiting: the node serves everything else.
  if (list.front().ready) {
    auto signer = co_await ask(self, to->signer, until, signer::inspect{until});
    list.push_back({"vault", signer && signer->signs, signer ? signer->detail : text_of(signer.error()), false});
  } else {
    list.push_back({"vault", false, "its anchor is in the database, which is not ready", false});
  }
  list.push_back({"fences", to->fence_table.is_known(),
                  to->fence_table.is_known() ? "read lately" : "not read lately: no effect may leave"});
  if (!to->has_token) {
    list.push_back({"discord", false, "no bot token was set at the start; set discord.token_file", false});
  } else if (to->token_refused) {
    list.push_back(
      {"discord", false, "Discord refuses the bot token; put the current one into discord.token_file and send SIGHUP"});
  } else if (to->shards) {
    auto shards_now = co_await ask(self, to->shards, until, discord::shards::inspect{until});
    list.push_back(of_shards(shards_now));
  } else {
    list.push_back({"discord", true, "the bot token is not refused; this process runs no shard"});
  }
  tell(std::move(list));
  self->quit();
}

struct waiting {
  std::mutex guard;
  std::vector<done> list;
};

/// One question under way, and those who wait for it.
class question {
public:
  explicit question(std::shared_ptr<waiting> all) : all_(std::move(all)) {}
  question(const question&) = delete;
  ~question() { take(); }
  std::vector<done> take() {
    const std::lock_guard lock{all_->guard};
    return std::exchange(answered_, true) ? std::vector<done>{} : std::exchange(all_->list, {});
  }

private:
  const std::shared_ptr<waiting> all_;
  bool answered_ = false;
};
} // namespace

std::function<void(done)> shared(std::function<void(done)> ask) {
  return [ask = std::move(ask), all = std::make_shared<waiting>()](done tell) {
    {
      const std::lock_guard lock{all->guard};
      all->list.push_back(std::move(tell));
      if (all->list.size() > 1)
        return;
    }
    ask([mine = std::make_shared<question>(all)](const std::vector<dependency>& list) {
      for (const auto& each : mine->take())
        each(list);
    });
  };
}

void ask(caf::actor_system& sys, ports to, done tell) {
  auto all = std::make_shared<const ports>(std::move(to));
  sys.spawn([all, tell](self_pointer self) { self->state.flows.start(collect(self, all, tell)); });
}
} // namespace arrakis::readiness
