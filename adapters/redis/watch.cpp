// Health probe of a connected server: it answers, accepts writes, and never evicts a key.
#include "adapters/redis/connection.hpp"
#include "adapters/redis/eviction.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"

#include <fmt/format.h>

namespace arrakis::redis {
namespace {
// Counted in turns, not by the clock: a process that stood still itself takes no server for silent.
constexpr int silent_turns_max = 4;
} // namespace

/// A write that Redis judges like any other (role, memory, disk, replicas) and that changes nothing: SETRANGE with an
/// empty value makes no key (https://redis.io/docs/latest/commands/setrange).
std::vector<std::string> connection::probe_words() const { return {"SETRANGE", how_.watch_key, "0", ""}; }

void connection::arm_watch() {
  if (how_.watch_every.count() == 0)
    return;
  watch_.expires_after(how_.watch_every);
  watch_.async_wait([self = shared_from_this(), link = link_](const boost::system::error_code& e) {
    if (!e && link == self->link_ && self->stage_ == stage::ready)
      self->ask_server();
  });
}

/// One turn.
void connection::ask_server() {
  if (asked_) {
    if (!note_silence())
      return;
  } else {
    asked_ = true;
    auto ask = [&](pending::kind what, const std::vector<std::string>& words) {
      pending question;
      question.what = what;
      question.carry(encode(words));
      waiting_.push_back(std::move(question));
    };
    ask(pending::probe, probe_words());
    ask(pending::memory, {"INFO", "memory"});
    write();
  }
  heard_before_ = heard_;
  arm_watch();
}

/// False: the connection was given up.
bool connection::note_silence() {
  silent_turns_ = heard_ == heard_before_ ? silent_turns_ + 1 : 0;
  const auto for_ms = silent_turns_ * how_.watch_every;
  if (silent_turns_ < silent_turns_max)
    return true;
  if (!std::exchange(silent_, true)) {
    log::warn("redis.silent", {{"server", where_.shown()}, {"for_ms", for_ms.count()}});
    metrics::count("arrakis_redis_silences_total", "Times that a connected Redis stopped answering");
    {
      std::scoped_lock lock{guard_};
      absorb();
      line_free_ = false;
    }
    show();
    refuse_waiting(fmt::format("{} does not answer", where_.shown()));
    hand_over();
  }
  if (for_ms < how_.silence_max)
    return true;
  lost("no answer in time");
  return false;
}

/// Bytes have come.
void connection::heard() {
  heard_ = std::chrono::steady_clock::now();
  silent_turns_ = 0;
  if (!std::exchange(silent_, false))
    return;
  asked_ = false; // The question may be among what was refused.
  log::info("redis.answers", {{"server", where_.shown()}});
  show();
}

void connection::take_probe(const reply& from) {
  const bool error = from.type == reply::error;
  if (error && from.bytes.starts_with("READONLY")) { // Nothing here is for a replica: the name may lead elsewhere soon.
    if (stage_ == stage::ready)
      renew_ = true;
    else if (refusal_.empty())
      refusal_ = from.bytes;
  }
  // Other errors are not about the server's state: the key is of another kind, or not ours to write.
  auto refused = error && is_passing(from.bytes) ? from.bytes : std::string{};
  if (refused.empty() != writes_refused_.empty())
    log::write(refused.empty() ? log::level::info : log::level::warn,
               refused.empty() ? "redis.takes_writes" : "redis.takes_no_writes",
               {{"server", where_.shown()}, {"error", refused}});
  writes_refused_ = std::move(refused);
  show();
}

void connection::take_memory(const reply& from) {
  asked_ = false;
  auto policy = from.type == reply::text ? eviction_policy_in(from.bytes) : std::string{};
  if (policy == eviction_)
    return;
  eviction_ = std::move(policy);
  if (const auto fault = eviction_fault(eviction_); !fault.empty())
    log::error("redis.evicts", {{"server", where_.shown()}, {"error", fault}});
  show();
}

/// Makes the status that others see.
void connection::show() {
  redis::status now{stage_ == stage::ready, detail_};
  auto not_ready = [&now](std::string why) { now = {false, std::move(why)}; };
  if (now.ready && silent_)
    not_ready(where_.shown() + " does not answer");
  else if (now.ready && !writes_refused_.empty())
    not_ready(fmt::format("{} takes no writes: {}", where_.shown(), writes_refused_));
  else if (now.ready && !eviction_fault(eviction_).empty())
    not_ready(fmt::format("{}: {}", where_.shown(), eviction_fault(eviction_)));
  std::scoped_lock lock{guard_};
  shown_ = std::move(now);
}
} // namespace arrakis::redis
