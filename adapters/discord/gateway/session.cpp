#include "adapters/discord/gateway/session.hpp"

#include <algorithm>
#include <cmath>

namespace arrakis::discord::gateway {
using namespace std::chrono_literals;
namespace {
constexpr auto day = 24h;
constexpr uint32_t in_a_row_max = 3;    // Corrupt inputs in a row after which a new session begins.
constexpr size_t spare_sends = 10;      // Sends reserved for heartbeats when the server asks for many.
constexpr auto invalid_wait_least = 1s; // Discord: wait 1 to 5 s at random after op 9.
constexpr auto invalid_wait_spread = 4s;
constexpr auto interval_max = 1h;
} // namespace

// For ambiguous codes a resume is tried first: it costs no identify, and a server that no longer knows the session
// says so with op 9. So 4009 ("start a new one") and 1001, after which Discord's own table and discord.js part, resume.
after_close judge(uint16_t close_code) {
  switch (close_code) {
    case 4004:
    case 4010:
    case 4011:
    case 4012:
    case 4013:
    case 4014: return after_close::fatal;
    case 1000:
    case 4003:                            // Not authenticated: the session was invalidated.
    case 4005:                            // Already authenticated.
    case 4007:                            // Invalid sequence: it must not be used again.
    case 4008: return after_close::fresh; // Rate limited.
    default: return after_close::resume;
  }
}

std::string_view what_to_do(uint16_t close_code) {
  switch (close_code) {
    case 4004:
      return "Discord refused the bot token. Put the bot's current token into the configuration and start again.";
    case 4010: return "Discord refused this shard number. The shard id must be below the shard count, on every node.";
    case 4011: return "The bot is in too many guilds for this many shards. Raise the shard count and start again.";
    case 4012: return "Discord no longer speaks gateway version 10. Install a newer Arrakis.";
    case 4013: return "Discord does not know the intents that were asked for. Install a newer Arrakis.";
    case 4014:
      return "The bot may not use the intent GUILD_MEMBERS. Switch on \"Server Members Intent\" for it in Discord's "
             "developer portal (page Bot) and start again.";
    default: return "Discord closed the connection for good. Look up the close code in Discord's documentation.";
  }
}

session::actions session::start(time_point now, saved_session earlier) {
  actions out;
  if (state_ != state::idle)
    return out;
  known_ = std::move(earlier);
  seen_ = stored_ = known_.sequence;
  begin_connect(now, out);
  return out;
}

void session::begin_connect(time_point now, actions& out) {
  state_ = state::connecting;
  // A failing resume URL does not end its session: any gateway host accepts a resume, only slower. So the two URLs are
  // tried in turn.
  own_address_ = !known_.id.empty() && !known_.resume_url.empty() && !own_address_fails_;
  own_address_fails_ = false;
  due_ = now + (own_address_ ? limits_.resume_address : limits_.connect);
  out.emplace_back(connect{own_address_ ? known_.resume_url : std::string{}});
}

/// Tries the main URL without a wait after the resume URL did not answer.
void session::reconnect_at_main(time_point now) {
  own_address_fails_ = true;
  reconnect_in(now, 0ms);
}

session::actions session::opened(time_point now) {
  if (state_ != state::connecting)
    return {};
  state_ = state::greeting;
  if (!own_address_) // At the resume URL the timeout goes on: an open socket is no answer yet.
    due_ = now + limits_.hello;
  sends_.clear();
  return {};
}

session::actions session::failed(time_point now) {
  if (state_ != state::connecting)
    return {};
  if (own_address_)
    reconnect_at_main(now);
  else
    reconnect_in(now, backoff(now));
  return {};
}

session::actions session::hello(time_point now, milliseconds heartbeat_interval) {
  actions out;
  if (state_ != state::greeting)
    return out;
  if (heartbeat_interval < 1ms || heartbeat_interval > interval_max)
    return corrupted(now);
  interval_ = heartbeat_interval;
  acknowledged_ = true;
  beat_at_ = now + milliseconds{std::llround(chance_() * static_cast<double>(interval_.count()))};
  if (resuming_since_ && *resuming_since_ + limits_.resume_within <= now)
    forget(out); // The time passed without a connection.
  if (!known_.id.empty()) {
    begin_resume(now, out);
    return out;
  }
  state_ = state::permission;
  due_ = now + limits_.permit;
  out.emplace_back(ask_permit{});
  return out;
}

void session::begin_resume(time_point now, actions& out) {
  state_ = state::resuming;
  if (!resuming_since_)
    resuming_since_ = now;
  resumed_from_ = seen_;
  due_ = now + std::min<time_point::duration>(limits_.resume_answer, *resuming_since_ + limits_.resume_within - now);
  may_send(now, 0);
  ++resumes_;
  auto from = known_;
  from.sequence = seen_; // This process handles all seen dispatches, durable or not.
  out.emplace_back(resume{std::move(from)});
}

/// Handles the end of a connection, or an invalid session, before RESUMED.
void session::resume_failed(time_point now, actions& out) {
  if (state_ != state::resuming)
    return;
  own_address_fails_ = own_address_;
  if (seen_ > resumed_from_) { // This connection got further than the one before.
    resumes_failed_ = 0;
    resuming_since_.reset();
    return;
  }
  ++resumes_failed_;
  if (resumes_failed_ >= limits_.resumes_max || *resuming_since_ + limits_.resume_within <= now)
    forget(out);
}

void session::permitted(time_point now, milliseconds wait) {
  if (state_ == state::permission)
    identify_at_ = now + std::max(wait, milliseconds{0});
}

void session::permit_refused(time_point now) {
  if (state_ == state::permission)
    ask_again_at_ = now + backoff(now);
}

void session::begin_identify(time_point now, actions& out) {
  identify_at_.reset();
  while (!identified_.empty() && identified_.front() + day <= now)
    identified_.pop_front();
  if (identified_.size() >= limits_.identifies_per_day_max) {
    out.emplace_back(disconnect{close_to_resume});
    const auto wait = std::chrono::ceil<milliseconds>(identified_.front() + day - now);
    reconnect_in(now, wait);
    return;
  }
  identified_.push_back(now);
  ++identifies_;
  may_send(now, 0);
  state_ = state::identifying;
  due_ = now + limits_.answer;
  out.emplace_back(identify{});
}

void session::dispatched(time_point now, int64_t sequence, bool pending) {
  if (sequence > seen_) { // A replay may overlap with what was seen.
    seen_ = sequence;
    if (pending)
      open_.insert(sequence);
  }
  if (state_ == state::resuming)
    due_ = now + limits_.answer;
}

void session::settled(uint64_t epoch, int64_t sequence) {
  if (epoch == epoch_)
    open_.erase(sequence);
}

session::actions session::ready(time_point now, std::string id, std::string resume_url) {
  if (state_ != state::identifying)
    return {};
  known_ = {std::move(id), std::move(resume_url), 0};
  state_ = state::running;
  running_since_ = now;
  due_.reset();
  corrupt_ = 0;
  actions out;
  keep(now, out);
  out.emplace_back(running{false});
  return out;
}

session::actions session::resumed(time_point now) {
  if (state_ != state::resuming)
    return {};
  state_ = state::running;
  running_since_ = now;
  due_.reset();
  resumes_failed_ = 0;
  resuming_since_.reset();
  actions out;
  keep(now, out);
  out.emplace_back(running{true});
  return out;
}

void session::acknowledged() {
  acknowledged_ = true;
  if (state_ == state::running)
    attempts_ = 0; // The connection is good; a server that drops each new one never gets here.
}

session::actions session::asked_for_heartbeat(time_point now) {
  actions out;
  if (connected() && may_send(now, spare_sends))
    out.emplace_back(heartbeat{seen_ > 0 ? std::optional{seen_} : std::nullopt});
  return out;
}

session::actions session::asked_to_reconnect(time_point now) {
  if (!connected())
    return {};
  actions out;
  resume_failed(now, out);
  out.emplace_back(disconnect{close_to_resume});
  reconnect_in(now, at_once_or_later(now));
  return out;
}

session::actions session::invalid(time_point now, bool resumable) {
  actions out;
  if (!connected())
    return out;
  resume_failed(now, out);
  if (resumable && !known_.id.empty()) {
    begin_resume(now, out);
    return out;
  }
  if (!known_.id.empty())
    forget(out);
  out.emplace_back(disconnect{1000}); // No session is left that 1000 could end.
  const auto wait = invalid_wait_least + milliseconds{std::llround(chance_() * 1000 * invalid_wait_spread.count())};
  reconnect_in(now, std::max<milliseconds>(wait, at_once_or_later(now)));
  return out;
}

session::actions session::corrupted(time_point now) {
  actions out;
  if (!connected())
    return out;
  resume_failed(now, out);
  own_address_fails_ = own_address_fails_ || at_own_address();
  // Each resume would replay the bad frame.
  corrupt_ = corrupt_at_ == seen_ ? corrupt_ + 1 : 1;
  corrupt_at_ = seen_;
  if (corrupt_ >= in_a_row_max) {
    corrupt_ = 0;
    if (!known_.id.empty())
      forget(out);
  }
  out.emplace_back(disconnect{close_to_resume});
  reconnect_in(now, backoff(now));
  return out;
}

session::actions session::closed(time_point now, uint16_t code) {
  actions out;
  if (state_ != state::connecting && !connected())
    return out;
  switch (judge(code)) {
    case after_close::fatal:
      forget(out);
      reconnect_in(now, 0ms); // Clears the timers.
      state_ = state::stopped;
      due_.reset();
      out.emplace_back(give_up{code});
      return out;
    case after_close::fresh: forget(out); break;
    case after_close::resume: resume_failed(now, out); break;
  }
  if (at_own_address() && !known_.id.empty())
    reconnect_at_main(now);
  else
    reconnect_in(now, backoff(now));
  return out;
}

session::actions session::stop(time_point now) {
  actions out;
  if (state_ == state::stopped)
    return out;
  keep(now, out);
  if (connected() || state_ == state::connecting)
    out.emplace_back(disconnect{close_to_resume});
  reconnect_in(now, 0ms);
  state_ = state::stopped;
  due_.reset();
  return out;
}

void session::reconnect_in(time_point now, milliseconds wait) {
  state_ = state::waiting;
  due_ = now + wait;
  identify_at_.reset();
  ask_again_at_.reset();
  beat_at_.reset();
  ++attempts_;
}

// The first reconnect needs no wait: the server asked for it, or the old connection is dead.
milliseconds session::at_once_or_later(time_point now) {
  const auto wait = backoff(now);
  return attempts_ == 0 ? milliseconds{0} : wait;
}

milliseconds session::backoff(time_point now) {
  if (state_ == state::running && now - running_since_ >= limits_.proved)
    attempts_ = 0;
  const auto doubled = limits_.backoff_first * (int64_t{1} << std::min(attempts_, 16u));
  const auto most = static_cast<double>(std::min(doubled, limits_.backoff_max).count());
  return milliseconds{std::llround(most * (0.5 + 0.5 * chance_()))};
}

void session::forget(actions& out) {
  known_ = {};
  resumes_failed_ = 0;
  resuming_since_.reset();
  seen_ = 0;
  open_.clear();
  ++epoch_;
  stored_ = -1;
  out.emplace_back(clear{});
}

bool session::may_send(time_point now, size_t spare) {
  while (!sends_.empty() && sends_.front() + limits_.sends_window <= now)
    sends_.pop_front();
  if (sends_.size() + spare >= limits_.sends_max)
    return false;
  sends_.push_back(now);
  return true;
}

void session::listening(bool yes) {
  if (yes && !listening_)
    acknowledged_ = true; // Unread answers may exist: the next heartbeat asks again.
  listening_ = yes;
}

void session::beat(time_point now, actions& out) {
  if (!acknowledged_ && listening_) { // Zombie: the last heartbeat was never answered.
    resume_failed(now, out);
    out.emplace_back(disconnect{close_to_resume});
    reconnect_in(now, at_once_or_later(now));
    return;
  }
  beat_at_ = now + interval_;
  if (!may_send(now, 0))
    return;
  acknowledged_ = false;
  out.emplace_back(heartbeat{seen_ > 0 ? std::optional{seen_} : std::nullopt});
  if (state_ == state::running)
    keep(now, out); // The stored session expires, so a quiet shard refreshes it.
}

void session::keep(time_point now, actions& out) {
  if (known_.id.empty())
    return;
  stored_ = durable();
  stored_at_ = now;
  out.emplace_back(save{{known_.id, known_.resume_url, stored_}});
}

session::actions session::tick(time_point now) {
  actions out;
  if (state_ == state::waiting && due_ && *due_ <= now)
    begin_connect(now, out);
  if ((connected() || state_ == state::connecting) && due_ && *due_ <= now) {
    resume_failed(now, out);
    out.emplace_back(disconnect{close_to_resume});
    if (at_own_address())
      reconnect_at_main(now);
    else
      reconnect_in(now, backoff(now));
  }
  if (ask_again_at_ && *ask_again_at_ <= now) {
    ask_again_at_.reset();
    out.emplace_back(ask_permit{});
  }
  if (beat_at_ && *beat_at_ <= now)
    beat(now, out);
  if (identify_at_ && *identify_at_ <= now)
    begin_identify(now, out);
  if (state_ == state::running && durable() != stored_ && stored_at_ + limits_.save_every <= now)
    keep(now, out);
  return out;
}

std::optional<time_point> session::wake() const {
  std::optional<time_point> first;
  const auto consider = [&](std::optional<time_point> at) {
    if (at && (!first || *at < *first))
      first = at;
  };
  consider(due_);
  consider(identify_at_);
  consider(ask_again_at_);
  consider(beat_at_);
  if (state_ == state::running && durable() != stored_)
    consider(stored_at_ + limits_.save_every);
  return first;
}
} // namespace arrakis::discord::gateway
