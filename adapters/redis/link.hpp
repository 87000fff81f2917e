#pragma once
// The port to Redis for those who pipeline, wait, or subscribe: the same calls as messages.hpp, without a hop through
// an actor. calls.hpp makes them from inside an actor.
#include "adapters/redis/messages.hpp"

#include <concepts>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace arrakis::redis {

class connection;

struct status {
  /// Connected. Where the server is watched also: the server answers, takes writes, and never evicts a key.
  bool ready = false;
  std::string detail; ///< Why not; else the address.
};

/// Takes the replies of many calls: what one read of the socket brought is handed over together.
class receiver {
public:
  virtual ~receiver() = default;
  virtual void take(uint64_t ticket, caf::expected<reply>&& result) = 0;
  /// All that came together was taken.
  virtual void flush() = 0;
};

/// Where the result of one call goes, exactly once: on the io thread, or by the caller itself when the outbox is full.
/// What is called must be short.
class done {
public:
  done() = default;
  template <class F>
    requires std::invocable<F&, caf::expected<reply>> && (!std::same_as<std::remove_cvref_t<F>, done>)
  done(F&& call) : call_(std::forward<F>(call)) {}
  done(std::shared_ptr<receiver> to, uint64_t ticket) : to_(std::move(to)), ticket_(ticket) {}
  explicit operator bool() const { return to_ || call_; }
  /// For those who stand between a caller and the link, and answer themselves.
  void operator()(caf::expected<reply> result) const {
    if (call_)
      return call_(std::move(result));
    to_->take(ticket_, std::move(result));
    to_->flush();
  }
  /// What its receiver knows the call by.
  uint64_t ticket() const { return ticket_; }

private:
  friend class connection;
  std::function<void(caf::expected<reply>)> call_;
  std::shared_ptr<receiver> to_;
  uint64_t ticket_ = 0;
};

/// Calls of scripts that leave together; each names its keys by its number of them (EVALSHA). Their bytes share one
/// buffer, so that many small calls cost little more than one.
class batch {
public:
  struct call {
    size_t end; ///< Of its bytes.
    const script* code;
    deadline until;
    redis::done answer;
  };
  /// As link::eval.
  void eval(const script& code, std::span<const std::string_view> keys, std::span<const std::string_view> args,
            deadline until, done answer);
  void eval(const script& code, std::initializer_list<std::string_view> keys,
            std::initializer_list<std::string_view> args, deadline until, done answer) {
    eval(code, std::span{keys.begin(), keys.size()}, std::span{args.begin(), args.size()}, until, std::move(answer));
  }
  /// The same for a caller that knows a part of the request by heart: it appends the whole of it to `open` by the
  /// functions of wire.hpp, then `close` says that it was an EVALSHA of `code`.
  std::string& open() { return bytes_; }
  void close(const script& code, deadline until, done answer);
  size_t size() const { return calls_.size(); }
  /// For an implementation: all of it, which is gone from here then.
  std::pair<std::string, std::vector<call>> take();

private:
  std::string bytes_;
  std::vector<call> calls_;
};

/// One call of a transaction.
struct step {
  const script* code = nullptr;  ///< Set: EVALSHA of it in place of `verb`.
  std::vector<std::string> verb; ///< As command::verb.
  std::vector<std::string> keys;
  std::vector<std::string> args;
};

/// What a subscriber is told, on an io thread; what is called must be short. It may be called for a moment after the
/// end of the subscription, so it owns what it touches.
struct subscriber {
  /// Every message from now on is delivered. Again after each new connection: what was published in between is lost.
  std::function<void()> subscribed;
  std::function<void(const std::string& channel, const std::string& bytes)> message;
};
/// A connection of its own, which makes itself anew; the last copy's end closes it.
using subscription = std::shared_ptr<void>;

/// What stands behind a link: one server, or a cluster whose servers are found by the keys of each call. Thread-safe.
class pipeline {
public:
  using keys_or_args = std::span<const std::string_view>;
  pipeline() = default;
  pipeline(const pipeline&) = delete;
  pipeline& operator=(const pipeline&) = delete;
  virtual ~pipeline() = default;
  virtual void command(const redis::command& what, done answer) = 0;
  virtual void eval(const script& code, keys_or_args keys, keys_or_args args, deadline until, done answer) = 0;
  virtual void transaction(std::span<const step> steps, deadline until, done answer) = 0;
  virtual void send(batch& calls) = 0;
  virtual redis::status status() const = 0;
  virtual void stop() = 0;
  virtual std::shared_ptr<pipeline> open_blocking(const std::string& name) const = 0;
  virtual subscription subscribe(const std::vector<std::string>& channels, subscriber to) const = 0;
};

/// The right to call; copies share what stands behind it. Calls wait while a first or new connection is being made, at
/// most until their deadline; after a failed attempt they answer ec::unavailable at once, until one succeeds. Errors:
/// messages.hpp; ec::busy: too many calls are open. Thread-safe.
class link {
public:
  explicit link(std::shared_ptr<pipeline> behind) : behind_(std::move(behind)) {}

  void command(const redis::command& what, done answer) const { behind_->command(what, std::move(answer)); }
  /// Runs a script by its SHA-1. One that the server does not know is loaded, and only the calls that met NOSCRIPT are
  /// sent again: a call may so be overtaken by later ones. Who needs an order waits for the answer.
  void eval(const script& code, std::span<const std::string_view> keys, std::span<const std::string_view> args,
            deadline until, done answer) const {
    behind_->eval(code, keys, args, until, std::move(answer));
  }
  void eval(const script& code, std::initializer_list<std::string_view> keys,
            std::initializer_list<std::string_view> args, deadline until, done answer) const {
    eval(code, std::span{keys.begin(), keys.size()}, std::span{args.begin(), args.size()}, until, std::move(answer));
  }
  /// All steps or none, with nobody else's in between (MULTI, EXEC). Answers with the array of their replies, among
  /// which may be errors (reply::error): Redis undoes nothing. Scripts that Redis does not know are no error.
  void transaction(std::span<const step> steps, deadline until, done answer) const {
    behind_->transaction(steps, until, std::move(answer));
  }
  /// Sends what is in `calls`, and empties it. When the connection is idle the caller's own thread writes.
  void send(batch& calls) const { behind_->send(calls); }

  redis::status status() const { return behind_->status(); }
  /// For good: every call answers ec::unavailable from now on.
  void stop() const { behind_->stop(); }

  /// A connection of its own for one blocking command at a time (BZPOPMIN, XREAD BLOCK): others would wait behind it.
  /// `name`: as it is shown in CLIENT LIST; empty: the name of this one.
  link blocking(const std::string& name = {}) const { return link{behind_->open_blocking(name)}; }
  /// Hears what is published in `channels` (https://redis.io/docs/latest/develop/interact/pubsub).
  subscription subscribe(const std::vector<std::string>& channels, subscriber to) const {
    return behind_->subscribe(channels, std::move(to));
  }

private:
  std::shared_ptr<pipeline> behind_;
};

} // namespace arrakis::redis
