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
/// A running child in its own session, so that a Ctrl-C in the terminal does not reach it and the parent decides the
/// order of ends. It gets SIGKILL when the parent dies (PR_SET_PDEATHSIG), and the destructor ends it. One thread at a
/// time may use an object.
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
  /// Waits up to `limit` for the child to end; true when it has ended. Does not spin.
  bool wait(std::chrono::milliseconds limit);
  /// Sends `number` (SIGTERM, SIGINT for PostgreSQL's fast shutdown), then SIGKILL after `grace`.
  void stop(int number, std::chrono::milliseconds grace);

private:
  std::shared_ptr<void> parent_; ///< Keeps the creating thread alive: its end would kill the child.
  int pid_ = -1;
  std::optional<int> status_;
};
/// Users that a process started as root may switch to, the best first: "arrakis" is dedicated
/// (the container has it), "postgres" comes with Debian's server, "nobody" is everywhere.
inline constexpr std::array unprivileged_users{"arrakis", "postgres", "nobody"};
/// First of these users that exists on this machine, else "nobody".
std::string unprivileged_user();
/// Opens /dev/null as each of the descriptors 0, 1 and 2 that is closed. Without it the next file that a program opens
/// gets that number, and what is written to standard error ends in it. Before any other file is opened.
void open_standard_descriptors();
/// Removes each variable whose name begins with `prefix` from our environment, and returns their names, sorted. Only
/// while there is one thread: another one may be reading the environment.
std::vector<std::string> remove_environment(std::string_view prefix);
} // namespace arrakis
