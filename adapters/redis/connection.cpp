#include "adapters/redis/connection.hpp"

#include "runtime/assert.hpp"
#include "runtime/clock.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/write.hpp>
#include <fmt/format.h>
#include <sys/socket.h>

namespace asio = boost::asio;

namespace arrakis::redis {
namespace {
using clock = std::chrono::steady_clock;
// Limit of one write: more would delay the first reply.
constexpr size_t write_bytes_max = 256 * 1024;
// Limit of reloads of a script for one call.
constexpr int loads_max = 3;
const char* const too_late = "the deadline passed before it could be sent";
} // namespace

void connection::submit(std::span<pending> requests, bool here) {
  size_t fits = 0, bytes = 0;
  const auto open = calls_.load(), open_bytes = bytes_.load();
  for (; fits < requests.size(); ++fits) {
    auto& next = requests[fits];
    next.bytes = next.wire.size();
    if (open + fits >= how_.outbox_max || open_bytes + bytes + next.bytes > how_.outbox_bytes_max)
      break;
    bytes += next.bytes;
  }
  size_t sent = 0;
  if (fits > 0) {
    std::scoped_lock lock{guard_};
    if (!closed_) {
      sent = fits;
      // Counts before the io thread sees the calls. Concurrent callers may exceed the limit by their own calls.
      calls_.fetch_add(fits);
      bytes_.fetch_add(bytes);
      if (!here || !write_here(requests.first(fits))) {
        inbox_.insert(inbox_.end(), std::move_iterator{requests.begin()},
                      std::move_iterator{requests.begin() + static_cast<std::ptrdiff_t>(fits)});
        line_free_ = false; // Later calls must not overtake these.
        if (!std::exchange(posted_, true))
          asio::post(io_, [self = shared_from_this()] { self->take_inbox(); });
      }
    }
  }
  for (; sent < fits; ++sent)
    requests[sent].done(unavailable("the client was stopped"));
  for (; sent < requests.size(); ++sent)
    requests[sent].done(fail(ec::busy, fmt::format("Redis: {} calls are open", open + fits)));
}

/// Writes on the caller's thread, which holds the guard. The calls are contiguous. False: nothing was sent.
bool connection::write_here(std::span<pending> requests) {
  if (!line_free_)
    return false;
  const char* const begin = requests.front().wire.data();
  const auto size = static_cast<size_t>(requests.back().wire.data() + requests.back().wire.size() - begin);
  const auto sent = ::send(link_->plain.native_handle(), begin, size, MSG_DONTWAIT | MSG_NOSIGNAL);
  if (sent <= 0)
    return false; // The socket is full or broken: the io thread handles both.
  auto soonest = clock::time_point::max();
  for (auto& each : requests)
    soonest = std::min(soonest, each.until.at);
  const auto whole = static_cast<size_t>(sent) == size;
  if (!whole) {
    rest_.assign(begin + sent, size - static_cast<size_t>(sent));
    line_free_ = false;
  }
  written_.insert(written_.end(), std::move_iterator{requests.begin()}, std::move_iterator{requests.end()});
  if (!whole || soonest < armed_.load()) // Else the running timer is early enough.
    asio::post(io_, [self = shared_from_this()] { self->write(); });
  return true;
}

/// Moves the calls that callers wrote to the in-flight list. The guard is held.
void connection::absorb() {
  for (auto& request : written_) {
    watch(request.until.at);
    flying_.push_back(std::move(request));
  }
  written_.clear();
}

void connection::take_inbox() {
  std::vector<pending> taken;
  {
    std::scoped_lock lock{guard_};
    taken.swap(inbox_);
    posted_ = false;
  }
  for (auto& request : taken) {
    if (stage_ == stage::resting || stage_ == stage::stopped || silent_) {
      finish(request, unavailable(status().detail));
      continue;
    }
    watch(request.until.at);
    waiting_.push_back(std::move(request));
  }
  write();
  hand_over();
}

void connection::write() {
  if (writing_ || stage_ != stage::ready)
    return;
  if (renew_ || silent_) {
    std::scoped_lock lock{guard_};
    line_free_ = false;
    return;
  }
  auto& out = link_->out;
  out.clear();
  {
    std::scoped_lock lock{guard_};
    absorb();
    out.swap(rest_);
    line_free_ = !link_->tls && out.empty() && again_.empty() && waiting_.empty() && inbox_.empty();
    if (line_free_)
      return;
  }
  const auto now = clock::now();
  for (auto* from : {&again_, &waiting_})
    while (!from->empty() && out.size() < write_bytes_max) {
      auto next = std::move(from->front());
      from->pop_front();
      if (next.until.passed(now)) {
        finish(next, unavailable(too_late));
        continue;
      }
      out += next.wire;
      if (!next.code || next.what == pending::load)
        next.store.reset(); // Only script calls may be sent again.
      flying_.push_back(std::move(next));
    }
  hand_over(); // Errors for calls past their deadline.
  if (out.empty()) {
    std::scoped_lock lock{guard_};
    line_free_ = !link_->tls && inbox_.empty();
    return;
  }
  writing_ = true;
  auto finished = [self = shared_from_this(), link = link_](const boost::system::error_code& e, size_t) {
    if (link != self->link_)
      return;
    self->writing_ = false;
    e ? self->lost(e.message()) : self->write();
  };
  if (link_->tls)
    asio::async_write(*link_->tls, asio::buffer(out), std::move(finished));
  else
    asio::async_write(link_->plain, asio::buffer(out), std::move(finished));
}

void connection::read() {
  auto arrived = [self = shared_from_this(), link = link_](const boost::system::error_code& e, size_t bytes) {
    if (link != self->link_)
      return;
    if (e)
      return self->lost(e.message());
    self->heard();
    {
      std::scoped_lock lock{self->guard_};
      self->absorb();
    }
    link->parser.feed({link->in.data(), bytes});
    while (auto next = link->parser.next()) {
      self->received(std::move(*next));
      if (link != self->link_)
        return;
    }
    self->hand_over();
    if (link->parser.broken())
      return self->lost("the server does not speak RESP");
    if (self->renew_ && self->flying_.empty())
      return self->lost("the server became a replica");
    self->write();
    self->read();
  };
  if (link_->tls)
    link_->tls->async_read_some(asio::buffer(link_->in), std::move(arrived));
  else
    link_->plain.async_read_some(asio::buffer(link_->in), std::move(arrived));
}

/// Handles a push (RESP3): sent by the server on its own, not a reply. Drops pushes without a subscriber.
void connection::pushed(const reply& from) {
  if (from.items.size() < 3)
    return;
  const auto& kind = from.items[0].bytes;
  if (kind == "message" && hears_.to.message)
    return hears_.to.message(from.items[1].bytes, from.items[2].bytes);
  // SUBSCRIBE has no reply but a push for each channel.
  const bool awaited = kind == "subscribe" && !flying_.empty() && flying_.front().what == pending::subscribing;
  if (awaited && ++heard_channels_ == hears_.channels.size())
    flying_.pop_front();
}

void connection::received(reply&& from) {
  if (from.type == reply::push)
    return pushed(from);
  if (flying_.empty())
    return lost("a reply that nobody asked for");
  if (flying_.front().more > 0) { // "QUEUED", or an error that EXEC repeats.
    --flying_.front().more;
    renew_ |= from.type == reply::error && from.bytes.starts_with("READONLY");
    if (from.type == reply::error && flying_.front().refusal.empty())
      flying_.front().refusal = std::move(from.bytes);
    return;
  }
  auto request = std::move(flying_.front());
  flying_.pop_front();
  const bool error = from.type == reply::error;
  switch (request.what) {
    case pending::greeting:
    case pending::subscribing: // Always an error: the user may not read the channels.
    case pending::ready:
      if (error && refusal_.empty())
        refusal_ = from.bytes;
      if (request.what == pending::ready)
        refusal_.empty() ? established() : lost(refusal_);
      return;
    case pending::load:
      loading_.erase(request.code);
      if (error)
        log::error("redis.script_refused", {{"script", request.code->name}, {"error", from.bytes}});
      return;
    case pending::probe: return take_probe(from);
    case pending::memory: return take_memory(from);
    case pending::user: break;
  }
  if (error && request.code && request.done && from.bytes.starts_with("NOSCRIPT"))
    return load_again(std::move(request));
  if (error && (from.bytes.starts_with("READONLY") || from.bytes.starts_with("UNBLOCKED")))
    renew_ = true;
  if (error && is_passing(request.refusal)) // EXECABORT: no step of the transaction ran.
    from.bytes = std::move(request.refusal);
  finish(request, redis::answer(std::move(from)));
}

void connection::load_again(pending request) {
  if (++request.loads > loads_max)
    return finish(request,
                  fail(ec::internal, fmt::format("Redis: the script {} cannot be loaded", request.code->name)));
  if (loading_.insert(request.code).second) {
    pending load;
    load.what = pending::load;
    load.code = request.code;
    std::string wire;
    put_count(wire, 3);
    put_word(wire, "SCRIPT");
    put_word(wire, "LOAD");
    put_word(wire, request.code->text);
    load.carry(std::move(wire));
    again_.push_back(std::move(load));
  }
  again_.push_back(std::move(request));
}

void connection::finish(pending& request, caf::expected<reply>&& result) {
  if (request.what != pending::user)
    return;
  calls_.fetch_sub(1);
  bytes_.fetch_sub(request.bytes);
  answer(request.done, std::move(result));
}

void connection::answer(done& from, caf::expected<reply>&& result) {
  auto to = std::exchange(from, {});
  if (to.to_) {
    to.to_->take(to.ticket_, std::move(result));
    if (told_.empty() || told_.back() != to.to_)
      told_.push_back(std::move(to.to_));
  } else if (to.call_) {
    to.call_(std::move(result));
  }
}

/// Flushes each receiver once at the end of a turn of the io thread, however many replies it got.
void connection::hand_over() {
  for (auto& each : told_)
    each->flush();
  told_.clear();
}

void connection::refuse_waiting(const std::string& why) {
  auto refused = std::exchange(waiting_, {});
  for (auto& request : refused)
    finish(request, unavailable(why));
}

void connection::lost(const std::string& why) {
  const bool was_ready = stage_ == stage::ready && !silent_; // A silent server will hardly accept a connection soon.
  close();
  // Calls with NOSCRIPT had no effect: they wait like calls that were never sent.
  for (; !again_.empty(); again_.pop_back())
    if (again_.back().what == pending::user)
      waiting_.push_front(std::move(again_.back()));
  loading_.clear();
  auto cut = std::exchange(flying_, {});
  if (stage_ == stage::stopped) {
    refuse_waiting(why);
  } else if (was_ready) {
    metrics::count("arrakis_redis_disconnects_total", "Connections to Redis that were lost");
    log::warn("redis.disconnected", {{"server", where_.shown()}, {"error", why}, {"unanswered", cut.size()}});
    set_stage(stage::connecting, why);
    failures_ = 0;
    pause_.expires_after(std::chrono::duration_cast<clock::duration>(how_.back_off_first * jitter()));
    pause_.async_wait([self = shared_from_this()](const boost::system::error_code& e) {
      if (!e)
        self->connect();
    });
  } else {
    rest(why);
  }
  for (auto& request : cut)
    finish(request, fail(ec::unknown, "Redis: the connection ended before the reply: " + why));
  hand_over();
}

void connection::rest(const std::string& why) {
  if (failures_ == 0) // Logged once per outage; the metric counts the attempts.
    log::warn("redis.unavailable", {{"server", where_.shown()}, {"error", why}});
  metrics::count("arrakis_redis_connect_failures_total", "Attempts to connect to Redis that failed");
  set_stage(stage::resting, why);
  refuse_waiting(why);
  const auto doubled = how_.back_off_first * (1 << std::min(failures_, 16u));
  ++failures_;
  const auto wait = std::min<std::chrono::milliseconds>(doubled, how_.back_off_max) * (0.5 + jitter() / 2);
  pause_.expires_after(std::chrono::duration_cast<clock::duration>(wait));
  pause_.async_wait([self = shared_from_this()](const boost::system::error_code& e) {
    if (!e)
      self->connect();
  });
}

void connection::close() {
  {
    std::scoped_lock lock{guard_};
    absorb();
    line_free_ = false;
    rest_.clear();
  }
  watch_.cancel();
  asked_ = silent_ = false;
  if (auto link = std::exchange(link_, nullptr)) {
    boost::system::error_code ignored;
    link->plain.close(ignored);
  }
  resolver_.cancel();
  writing_ = renew_ = false;
}

void connection::stop() {
  {
    std::scoped_lock lock{guard_};
    closed_ = true;
  }
  asio::post(io_, [self = shared_from_this()] {
    if (self->stage_ == stage::stopped)
      return;
    self->set_stage(stage::stopped, "the client was stopped");
    self->take_inbox();
    self->pause_.cancel();
    self->expiry_.cancel();
    self->lost("the client was stopped");
  });
}

void connection::set_stage(stage next, std::string detail) {
  stage_ = next;
  detail_ = std::move(detail);
  show();
}

status connection::status() const {
  std::scoped_lock lock{guard_};
  return shown_;
}

void connection::watch(clock::time_point at) {
  if (at >= armed_.load())
    return;
  armed_ = at;
  expiry_.expires_at(at);
  expiry_.async_wait([self = shared_from_this()](const boost::system::error_code& e) {
    if (!e)
      self->expire();
  });
}

void connection::expire() {
  const auto now = clock::now();
  armed_ = clock::time_point::max();
  {
    std::scoped_lock lock{guard_}; // After `armed_`: a caller that writes from now on sees that no timer runs.
    absorb();
  }
  auto soonest = clock::time_point::max();
  std::vector<pending> unsent;
  std::deque<pending> left;
  for (auto& request : waiting_) {
    if (request.until.passed(now)) {
      unsent.push_back(std::move(request));
    } else {
      soonest = std::min(soonest, request.until.at);
      left.push_back(std::move(request));
    }
  }
  waiting_ = std::move(left);
  std::vector<done> unanswered;
  for (auto* list : {&flying_, &again_})
    for (auto& request : *list) {
      if (!request.done)
        continue;
      if (request.until.passed(now))
        unanswered.push_back(std::exchange(request.done, {})); // The entry stays, because the reply will still arrive.
      else
        soonest = std::min(soonest, request.until.at);
    }
  for (auto& request : unsent)
    finish(request, unavailable(too_late));
  for (auto& each : unanswered)
    answer(each, fail(ec::unknown, "Redis: no reply before the deadline"));
  hand_over();
  watch(soonest);
  if (!unanswered.empty() && stage_ == stage::ready && now - heard_ >= how_.silence_max)
    lost("no answer in time");
}
} // namespace arrakis::redis
