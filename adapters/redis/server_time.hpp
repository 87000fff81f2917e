#pragma once
// A Redis server's own time, for what several nodes must agree on: they share the server, and not their clocks.
#include "adapters/redis/link.hpp"
#include "runtime/remote_clock.hpp"

#include <atomic>
#include <memory>

namespace arrakis::redis {

/// Asks by TIME (https://redis.io/docs/latest/commands/time), and again when the answer is 10 s old, so that another
/// server's clock is known soon. Copies share what is known. Thread-safe.
class server_time {
public:
  explicit server_time(link to);

  /// The server's Unix milliseconds, as exact as half a round trip; this machine's while the server has not answered.
  int64_t now_ms() const;
  /// Takes in the reply to a TIME that the caller sent at `asked`, for one who must know before it begins. False: that
  /// is no reply to TIME.
  bool learn(const reply&, remote_clock::instant asked) const;

private:
  struct known;
  void ask_when_due(remote_clock::instant now) const;
  link to_;
  std::shared_ptr<known> known_;
};

} // namespace arrakis::redis
