#pragma once
// One connection to a Redis server, shared by whoever holds a copy. Commands of one turn of the io thread leave in one
// write; replies come back in the order of the commands. It reconnects by itself, with back-off and jitter.
#include "adapters/redis/messages.hpp"
#include "runtime/secret.hpp"

#include <caf/actor_system.hpp>
#include <chrono>
#include <concepts>
#include <functional>
#include <initializer_list>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::net {
class io;
}

namespace arrakis::redis {

class connection;

struct options {
  secret url;          ///< address.hpp says what is allowed.
  std::string ca_file; ///< For rediss://: PEM of the authority that signed the server; empty: the system's store.
  std::string name;    ///< CLIENT SETNAME, so that an operator sees who is connected; empty: none.
  std::chrono::milliseconds connect_within{5000}; ///< Resolve, connect, TLS, AUTH, SELECT and PING together.
  std::chrono::milliseconds back_off_first{50};   ///< Doubled with each failed attempt, drawn from its upper half.
  std::chrono::milliseconds back_off_max{5000};
  /// A call passed its deadline and the server has not said a word for so long: the connection is taken for dead and
  /// made anew. Zero: at once (a connection for blocking commands, see `blocking`).
  std::chrono::milliseconds silence_max{10'000};
  /// The server is asked so often whether it answers, takes writes and keeps its keys (`status`). After 4 turns without
  /// a byte calls are refused at once until it is heard again. Zero: it is not asked.
  std::chrono::milliseconds watch_every{0};
  std::string watch_key = "arrakis:watch"; ///< Written without effect; nothing is ever stored there.
  size_t outbox_max = 20'000;              ///< Calls waiting or in flight; the next answers ec::busy. About 1 KiB each.
  size_t outbox_bytes_max = 64u << 20;     ///< Their bytes.
};

/// The options of a connection that carries one blocking command at a time (BZPOPMIN, XREAD BLOCK): others wait behind
/// it.
options blocking(options like);

struct status {
  /// Connected. With `options.watch_every` also: the server answers, takes writes, and never evicts a key.
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
  /// For those who stand between a caller and the client, and answer themselves.
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

/// Calls that leave together. Their bytes share one buffer, so that many small calls cost little more than one.
class batch {
public:
  /// As client::eval.
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

private:
  friend class client;
  struct call {
    size_t end; ///< Of its bytes.
    const script* code;
    deadline until;
    redis::done answer;
  };
  std::string bytes_;
  std::vector<call> calls_;
};

class client {
public:
  using done = redis::done;

  /// Connects in the background. Throws std::runtime_error for a wrong URL or an unreadable CA file. `io` must live
  /// longer than all copies. The last copy's end (or stop) closes the connection: open calls then answer as a lost
  /// one's do.
  client(net::io& io, options how);

  /// Sends one command. While a first or new connection is being made the call waits, at most until its deadline; after
  /// a failed attempt calls answer ec::unavailable at once, until one succeeds. Errors: messages.hpp. Thread-safe.
  void command(std::vector<std::string> argv, deadline until, done answer) const;
  /// Runs a script by its SHA-1. One that the server does not know is loaded, and only the calls that met NOSCRIPT are
  /// sent again: a call may so be overtaken by later ones. Who needs an order waits for the answer.
  void eval(const script& code, std::span<const std::string_view> keys, std::span<const std::string_view> args,
            deadline until, done answer) const;
  void eval(const script& code, std::initializer_list<std::string_view> keys,
            std::initializer_list<std::string_view> args, deadline until, done answer) const {
    eval(code, std::span{keys.begin(), keys.size()}, std::span{args.begin(), args.size()}, until, std::move(answer));
  }

  /// One call of a transaction.
  struct step {
    const script* code = nullptr; ///< Set: EVALSHA of it; its keys come first in `words`.
    size_t keys = 0;
    std::vector<std::string> words; ///< Without a script: the whole command.
  };
  /// All steps or none, with nobody else's in between (MULTI, EXEC). Answers with the array of their replies, among
  /// which may be errors (reply::error): Redis undoes nothing. Scripts that Redis does not know are no error.
  void transaction(std::span<const step> steps, deadline until, done answer) const;

  /// Sends what is in `calls`, and empties it. When the connection is idle the caller's own thread writes.
  void send(batch& calls) const;

  redis::status status() const;
  /// For good: every call answers ec::unavailable from now on.
  void stop() const;

private:
  std::shared_ptr<connection> link_;
};

/// An actor that speaks for `to`: the port of messages.hpp. Deadlines are those of the actor's clock.
handle start(caf::actor_system&, client to);

} // namespace arrakis::redis
