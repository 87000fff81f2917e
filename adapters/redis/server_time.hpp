#pragma once
// Clock of a Redis server, for times that several nodes must agree on: they share the server, not their clocks.
#include "adapters/redis/link.hpp"
#include "runtime/remote_clock.hpp"

#include <atomic>
#include <memory>

namespace arrakis::redis {

/// Reads the server's time with TIME (https://redis.io/docs/latest/commands/time), again when the answer is 10 s old,
/// so that a new server's clock is known soon. Copies share the state. Thread-safe.
class server_time {
public:
  explicit server_time(link to);

  /// Unix milliseconds of the server, exact to half a round trip; this machine's until the server has answered.
  int64_t now_ms() const;
  /// Learns from the reply to a TIME that the caller sent at `asked`; for callers that need the time before they begin.
  /// False: not a reply to TIME.
  bool learn(const reply&, remote_clock::instant asked) const;

private:
  struct known;
  void ask_when_due(remote_clock::instant now) const;
  link to_;
  std::shared_ptr<known> known_;
};

} // namespace arrakis::redis
