#pragma once
// One embedded server: a child process that is started again when it dies.
#include "runtime/process.hpp"

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>

namespace arrakis::embedded {

struct server_options {
  std::string name;            ///< "postgres"; for logs.
  process_options program;
  int end_signal = 15;         ///< SIGTERM; SIGINT is PostgreSQL's fast shutdown.
  std::function<bool()> answers;
  std::chrono::milliseconds patience{60'000};
};

class server {
public:
  /// Starts and waits until it answers. Throws std::runtime_error with the end of the log.
  explicit server(server_options);
  ~server(); ///< Ends it, within 20 s.
  /// Starts it again when it died, not more often than the back-off allows (100 ms, doubled to 5 s). Does not wait for it.
  void tend();
  int pid() const { return child_ ? child_->pid() : -1; }

private:
  std::string log_end() const;
  server_options how_;
  std::optional<process> child_;
  std::chrono::milliseconds wait_{100};
  std::chrono::steady_clock::time_point started_, next_;
};

/// Makes the cluster and the database `arrakis` at the first start. `sockets` is a private folder.
std::unique_ptr<server> start_postgres(const std::string& folder, const std::string& sockets, std::chrono::milliseconds patience);
/// Append-only file, noeviction.
std::unique_ptr<server> start_redis(const std::string& folder, const std::string& sockets, std::chrono::milliseconds patience);

} // namespace arrakis::embedded
