#pragma once
// One watched server: started, asked until it answers, started again when it dies, stopped on request.
#include "runtime/process.hpp"

#include <atomic>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>

namespace arrakis::embedded {

struct recipe {
  std::string name;                           ///< "postgres": for logs and metrics.
  process_options program;                    ///< `output` is its log.
  std::function<void()> prepare;              ///< Before each start; throws std::runtime_error when it cannot be.
  std::function<std::string()> why_not_ready; ///< Why the server does not take clients yet; empty: it does.
  /// Asked when the server ended before it took clients, with what it wrote to its log since its start. True: something
  /// was mended, so it is started once more.
  std::function<bool(const std::string& log)> mend;
  int stop_signal = 15;
  std::chrono::milliseconds patience{60'000}; ///< For its first answer after a start, recovery after a crash included.
};

class child {
public:
  /// Starts it and returns when it answers; throws std::runtime_error, with the reason and the end of what it wrote to
  /// its log since its start, when it does not. Waiting is no silence: the reason is logged every 5 s.
  explicit child(recipe);
  child(const child&) = delete;
  child& operator=(const child&) = delete;
  ~child();                        ///< Stops it cleanly and waits for its end.
  int pid() const { return pid_; } ///< -1 while it is being started again.

private:
  void launch();
  bool try_to_launch();
  void watch();
  bool start_again();
  bool stopping_within(std::chrono::milliseconds wait);

  recipe recipe_;
  std::optional<process> process_; ///< The watcher's, once it runs.
  std::atomic<int> pid_{-1};
  std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::thread watcher_;
};

/// `folder` holds the cluster, made at the first start; `sockets` is a private folder.
recipe postgres_recipe(const std::string& folder, const std::string& sockets);
recipe redis_recipe(const std::string& folder, const std::string& sockets);
/// What a server inherits, beside our PATH. Ours is not passed on: it may hold secrets, and settings of both servers.
std::vector<std::string> server_environment(const std::string& home);
/// Name of this process's user in the password database; empty: it has none.
std::string user_name();
/// A value as a connection string holds it: libpq reads a backslash as the next character.
std::string dsn_value(const std::string& text);
/// A connection string that leaves no choice to the environment of who connects.
std::string dsn_over(const std::string& sockets, const std::string& database, const std::string& user);
/// Makes the database `arrakis` when it is missing; the server answers.
void make_database(const std::string& sockets);

} // namespace arrakis::embedded
