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

/// State of a link, for readiness.
struct status {
  /// Connected. With a health probe also: the server answers, accepts writes, and never evicts a key.
  bool ready = false;
  std::string detail; ///< The reason when not ready; else the address.
};

/// Receives the replies of many calls; `flush` follows the last reply of one read of the socket.
class receiver {
public:
  virtual ~receiver() = default;
  /// Called for each reply.
  virtual void take(uint64_t ticket, caf::expected<reply>&& result) = 0;
  /// Called after the last reply of one read.
  virtual void flush() = 0;
};

/// Receiver of the result of one call, called exactly once: on the io thread, or on the caller's when the outbox is
/// full. It must return fast.
class done {
public:
  done() = default;
  template <class F>
    requires std::invocable<F&, caf::expected<reply>> && (!std::same_as<std::remove_cvref_t<F>, done>)
  done(F&& call) : call_(std::forward<F>(call)) {}
  done(std::shared_ptr<receiver> to, uint64_t ticket) : to_(std::move(to)), ticket_(ticket) {}
  explicit operator bool() const { return to_ || call_; }
  /// Delivers a result; for layers between a caller and the link that answer themselves.
  void operator()(caf::expected<reply> result) const {
    if (call_)
      return call_(std::move(result));
    to_->take(ticket_, std::move(result));
    to_->flush();
  }
  /// Ticket by which the receiver knows the call.
  uint64_t ticket() const { return ticket_; }

private:
  friend class connection;
  std::function<void(caf::expected<reply>)> call_;
  std::shared_ptr<receiver> to_;
  uint64_t ticket_ = 0;
};

/// Script calls (EVALSHA) that are sent in one write. Their bytes share one buffer, so many small calls cost little
/// more than one.
class batch {
public:
  /// One call of the batch.
  struct call {
    size_t end; ///< End of its bytes in the buffer.
    const script* code;
    deadline until;
    redis::done answer;
  };
  /// Appends a call, as link::eval does.
  void eval(const script& code, std::span<const std::string_view> keys, std::span<const std::string_view> args,
            deadline until, done answer);
  void eval(const script& code, std::initializer_list<std::string_view> keys,
            std::initializer_list<std::string_view> args, deadline until, done answer) {
    eval(code, std::span{keys.begin(), keys.size()}, std::span{args.begin(), args.size()}, until, std::move(answer));
  }
  /// Appends a request whose prefix was encoded before: write the whole request to `open()` with the functions of
  /// requests.hpp, then call `close()`, which records it as an EVALSHA of `code`.
  std::string& open() { return bytes_; }
  void close(const script& code, deadline until, done answer);
  size_t size() const { return calls_.size(); }
  /// Moves the content out; for implementations of `pipeline`.
  std::pair<std::string, std::vector<call>> take();

private:
  std::string bytes_;
  std::vector<call> calls_;
};

/// One command or script call of a transaction.
struct step {
  const script* code = nullptr;  ///< When set: EVALSHA of this script instead of `verb`.
  std::vector<std::string> verb; ///< As command::verb.
  std::vector<std::string> keys;
  std::vector<std::string> args;
};

/// Callbacks of a subscription, on an io thread; they must return fast. They may run for a moment after the end of the
/// subscription, so they must own what they use.
struct subscriber {
  /// Called when the subscription is active, and again after each reconnect: messages in between are lost.
  std::function<void()> subscribed;
  std::function<void(const std::string& channel, const std::string& bytes)> message;
};
/// A subscription over its own connection, which reconnects; the end of the last copy closes it.
using subscription = std::shared_ptr<void>;

/// Implementation of a link: one server, or a cluster whose servers are found by each call's keys. Thread-safe.
class pipeline {
public:
  using keys_or_args = std::span<const std::string_view>;
  pipeline() = default;
  pipeline(const pipeline&) = delete;
  pipeline& operator=(const pipeline&) = delete;
  virtual ~pipeline() = default;
  /// link::command.
  virtual void command(const redis::command& what, done answer) = 0;
  /// link::eval.
  virtual void eval(const script& code, keys_or_args keys, keys_or_args args, deadline until, done answer) = 0;
  /// link::transaction.
  virtual void transaction(std::span<const step> steps, deadline until, done answer) = 0;
  /// link::send.
  virtual void send(batch& calls) = 0;
  /// link::status.
  virtual redis::status status() const = 0;
  /// link::stop.
  virtual void stop() = 0;
  /// link::blocking.
  virtual std::shared_ptr<pipeline> open_blocking(const std::string& name) const = 0;
  /// link::subscribe.
  virtual subscription subscribe(const std::vector<std::string>& channels, subscriber to) const = 0;
};

/// Client handle; copies share the pipeline. Calls wait for a first or new connection, at most until their deadline;
/// after a failed attempt they fail with ec::unavailable at once, until one succeeds. Errors: messages.hpp; ec::busy:
/// too many outstanding calls. Thread-safe.
class link {
public:
  explicit link(std::shared_ptr<pipeline> behind) : behind_(std::move(behind)) {}

  void command(const redis::command& what, done answer) const { behind_->command(what, std::move(answer)); }
  /// Runs a script by its SHA-1. A script that the server does not know is loaded, and only the calls with NOSCRIPT are
  /// sent again; later calls may overtake them. Callers that need an order wait for the answer.
  void eval(const script& code, std::span<const std::string_view> keys, std::span<const std::string_view> args,
            deadline until, done answer) const {
    behind_->eval(code, keys, args, until, std::move(answer));
  }
  void eval(const script& code, std::initializer_list<std::string_view> keys,
            std::initializer_list<std::string_view> args, deadline until, done answer) const {
    eval(code, std::span{keys.begin(), keys.size()}, std::span{args.begin(), args.size()}, until, std::move(answer));
  }
  /// Runs all steps or none, without other clients' commands in between (MULTI, EXEC). Answers with the array of their
  /// replies, which may hold errors (reply::error): Redis rolls nothing back. Unknown scripts are loaded.
  void transaction(std::span<const step> steps, deadline until, done answer) const {
    behind_->transaction(steps, until, std::move(answer));
  }
  /// Sends and empties `calls`. On an idle connection the caller's thread writes.
  void send(batch& calls) const { behind_->send(calls); }

  redis::status status() const { return behind_->status(); }
  /// Stops the link for good: every call fails with ec::unavailable from now on.
  void stop() const { behind_->stop(); }

  /// Opens a separate connection for one blocking command at a time (BZPOPMIN, XREAD BLOCK), behind which others would
  /// wait. `name`: as CLIENT LIST shows it; empty: the name of this connection.
  link blocking(const std::string& name = {}) const { return link{behind_->open_blocking(name)}; }
  /// Subscribes to `channels` (https://redis.io/docs/latest/develop/interact/pubsub).
  subscription subscribe(const std::vector<std::string>& channels, subscriber to) const {
    return behind_->subscribe(channels, std::move(to));
  }

private:
  std::shared_ptr<pipeline> behind_;
};

} // namespace arrakis::redis
