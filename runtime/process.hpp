#pragma once
// Child processes of ours: servers of the embedded default, and of tests.
#include <chrono>
#include <optional>
#include <string>
#include <vector>

namespace arrakis {
struct process_options {
  std::vector<std::string> argv; ///< argv[0] is a path or found in PATH.
  std::vector<std::string> env;  ///< "NAME=value", added to ours.
  std::string user;              ///< When we are root: run as this user (with its group). Empty: as we are.
  std::string folder;            ///< Working directory.
  std::string output;            ///< File for standard output and error, appended; empty: /dev/null.
  bool keeps_settings = true;    ///< Whether our ARRAKIS_ variables go on to it: some hold secrets.
};
/// A running child in a session of its own (a Ctrl-C in our terminal does not reach it: we decide the order of ends).
/// It gets SIGKILL when our process dies (PR_SET_PDEATHSIG). Ended by the destructor. One thread at a time may use an
/// object.
class process {
public:
  explicit process(process_options); ///< Throws std::runtime_error naming the program when it cannot be started.
  process(process&&) noexcept;
  process& operator=(process&&) noexcept;
  ~process();
  int pid() const { return pid_; }
  bool running();                   ///< Reaps when it ended.
  std::optional<int> exit_status(); ///< Exit code, or 128 + signal.
  void signal(int number);
  /// Waits up to `limit` for the child to end; true when it has. A wait without spinning for whoever watches a child.
  bool wait(std::chrono::milliseconds limit);
  /// `number` (SIGTERM, SIGINT for PostgreSQL's fast shutdown), then SIGKILL after `grace`.
  void stop(int number, std::chrono::milliseconds grace);

private:
  int pid_ = -1;
  std::optional<int> status_;
};
/// The user that children run as when we are root: "arrakis" or "postgres", whichever exists first, else "nobody".
std::string unprivileged_user();
} // namespace arrakis
