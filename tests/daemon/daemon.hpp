#pragma once
// One arrakisd with embedded servers in a folder of its own, and what it says.
#include "apps/demo/http.hpp"
#include "runtime/net/io.hpp"
#include "runtime/process.hpp"
#include "tests/support/scratch.hpp"

#include <optional>
#include <string>
#include <vector>

namespace arrakis::daemon_test {
using strings = std::vector<std::string>;

/// Options of a daemon under test.
struct options {
  strings environment;        ///< Wins over what it needs to find its folder.
  std::string name = "state"; ///< Of the state folder.
  std::string shell;          ///< How /bin/sh starts it: "exec \"$@\" 2>&-". Empty: without a shell.
  strings words;              ///< Arguments.
  bool open = false;          ///< Everybody may write into the folder above the state folder.
};

/// An arrakisd with its own folder, which ends with the object.
class arrakis_daemon {
public:
  explicit arrakis_daemon(options = {});
  ~arrakis_daemon();
  void start();
  /// Waits until /health/ready answers 200, or it ended, or a minute has passed: false.
  bool ready();
  /// Waits until its log holds `text`, or it ended, or 30 s have passed: false.
  bool says(const std::string& text);
  std::string log() const { return test::content(log_file()); }
  int stop(int number = 15); ///< Returns the exit code.
  std::string folder() const { return tmp_ / options_.name; }
  std::string log_file() const { return tmp_ / "log"; }
  /// A file beside the state folder.
  std::string operator/(const std::string& name) const { return tmp_ / name; }
  process& child() { return *child_; }
  /// arrakisctl on the same configuration: exit code and output.
  std::pair<int, std::string> ctl(const strings& words);

private:
  strings environment() const;
  test::scratch tmp_{"daemon"};
  options options_;
  net::io io_{1};
  demo::http web_{io_};
  std::optional<process> child_;
};

std::string programs(); ///< The folder of the build.
/// The path of one of our programs.
std::string program(const std::string& name);

} // namespace arrakis::daemon_test
