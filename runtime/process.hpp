#pragma once
// Child processes: servers of the embedded default, and of tests.
#include <array>
#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis {
/// Settings of a child process.
struct process_options {
  std::vector<std::string> argv; ///< argv[0] is a path or found in PATH.
  std::vector<std::string> env;  ///< "NAME=value"; overrides the inherited environment.
  std::string user;              ///< User (with its group) to run as when this process is root. Empty: the same.
  std::string folder;            ///< Working directory.
  std::string output;            ///< File for standard output and error, appended; empty: /dev/null.
  bool inherits = true;          ///< False: the child gets `env` and PATH alone, not the whole environment.
};
/// A running child process in its own session, so that Ctrl-C in the terminal does not reach it and the parent decides
/// the order of shutdown. It gets SIGKILL when the parent dies (PR_SET_PDEATHSIG); the destructor ends it. Not
/// thread-safe.
class process {
public:
  explicit process(process_options); ///< Throws std::runtime_error naming the program when it cannot be started.
  process(process&&) noexcept;
  process& operator=(process&&) noexcept;
  ~process();
  int pid() const { return pid_; }
  bool running();                   ///< Reaps an ended child.
  std::optional<int> exit_status(); ///< Exit code, or 128 + signal.
  void signal(int number);
  /// Waits up to `limit` for the child to end; true if it has ended. Does not poll.
  bool wait(std::chrono::milliseconds limit);
  /// Sends `number` (SIGTERM, SIGINT for PostgreSQL's fast shutdown), then SIGKILL after `grace`.
  void stop(int number, std::chrono::milliseconds grace);

private:
  std::shared_ptr<void> parent_; ///< Keeps the creating thread alive: its end would kill the child.
  int pid_ = -1;
  std::optional<int> status_;
};
/// Users that a process started as root may switch to, the best first: "arrakis" is dedicated (in the container),
/// "postgres" comes with Debian's server, "nobody" exists everywhere.
inline constexpr std::array unprivileged_users{"arrakis", "postgres", "nobody"};
/// First of these users that exists on this machine, else "nobody".
std::string unprivileged_user();
/// Opens /dev/null as each of the descriptors 0, 1 and 2 that is closed; else the next opened file would get that
/// number and receive the output to standard error. Call it before any other file is opened.
void open_standard_descriptors();
/// Removes all environment variables whose name begins with `prefix`, and returns their sorted names. Call it while
/// there is only one thread, because others may read the environment.
std::vector<std::string> remove_environment(std::string_view prefix);
} // namespace arrakis
