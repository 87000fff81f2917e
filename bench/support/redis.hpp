#pragma once
// A private Redis on a Unix socket in a temporary folder, which writes nothing to disk.
#include "adapters/redis/client.hpp"
#include "runtime/net/io.hpp"
#include "runtime/process.hpp"
#include "tests/support/scratch.hpp"

#include <optional>
#include <string>
#include <vector>

namespace arrakis::bench {

/// A running private Redis.
class redis_server {
public:
  /// Throws std::runtime_error when it does not start.
  explicit redis_server(net::io&);
  std::string socket() const { return home_ / "redis.sock"; }
  redis::options link() const;
  /// One command and its answer. Throws std::runtime_error for an error.
  redis::reply run(std::vector<std::string> argv) const { return run_on(*client_, std::move(argv)); }
  /// The same on another connection (link::blocking for a command that waits).
  static redis::reply run_on(const redis::link&, std::vector<std::string> argv);
  int64_t number(std::vector<std::string> argv) const { return run(std::move(argv)).number; }
  /// Deletes every key; the scripts stay loaded.
  void empty() const { run({"FLUSHALL", "SYNC"}); }

  /// Sends recorded calls (recorder.hpp) from a pipeline as fast as Redis takes them, and reads all answers. Returns
  /// the duration in seconds.
  double replay(const std::string& calls) const;

private:
  test::scratch home_{"bench"};
  std::optional<process> child_;
  std::optional<redis::link> client_;
};
} // namespace arrakis::bench
