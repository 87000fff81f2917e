#pragma once
// One supervised server process: started, probed until it answers, restarted when it dies, stopped on request.
#include "runtime/process.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace arrakis::embedded {

/// Everything that is needed to run one kind of server.
struct recipe {
  std::string name;                           ///< "postgres": for logs and metrics.
  process_options program;                    ///< `output` is its log.
  std::function<void()> prepare;              ///< Before each start; throws std::runtime_error when it cannot be.
  std::function<std::string()> why_not_ready; ///< Reason why the server accepts no clients yet; empty: it does.
  /// Called when the server ended before it accepted clients, with its log since the start. True: something was
  /// repaired, so the server is started once more.
  std::function<bool(const std::string& log)> repair;
  int stop_signal = 15;
  std::chrono::milliseconds patience{60'000}; ///< Timeout of the first answer after a start, crash recovery included.
};

/// A running server and the thread that watches it.
class child {
public:
  /// Starts the server and returns when it answers. Throws std::runtime_error with the reason and the end of the log
  /// when it does not. Logs the reason every 5 s while it waits.
  explicit child(recipe);
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  ~child();                        ///< Stops the server cleanly and waits for its end.
  int pid() const { return pid_; } ///< -1 during a restart.

private:
  void launch();
  bool try_to_launch();
  void watch();
  bool start_again();
  bool stopping_within(std::chrono::milliseconds wait);

  recipe recipe_;
  std::optional<process> process_; ///< Used by the watcher thread alone, once it runs.
  std::atomic<int> pid_{-1};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread watcher_;
};

/// Recipe of PostgreSQL. `folder` holds the cluster, created at the first start; `sockets` is a private folder.
recipe postgres_recipe(const std::string& folder, const std::string& sockets);
/// Recipe of Redis, with the same parameters.
recipe redis_recipe(const std::string& folder, const std::string& sockets);
/// Environment of a server, besides PATH. The daemon's own is not passed on: it may hold secrets and server settings.
std::vector<std::string> server_environment(const std::string& home);
/// Name of this process's user in the password database; empty: none.
std::string user_name();
/// Quotes a value for a connection string: libpq treats a backslash as an escape.
std::string dsn_value(const std::string& text);
/// Complete connection string, so that no PG* variable of the client changes it.
std::string dsn_over(const std::string& sockets, const std::string& database, const std::string& user);
/// Creates the database `arrakis` when it is missing. The server must answer.
void make_database(const std::string& sockets);

} // namespace arrakis::embedded
