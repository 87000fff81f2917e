#include "tests/daemon/daemon.hpp"

#include "runtime/json.hpp"

#include <boost/json/object.hpp>
#include <csignal>
#include <cstdlib>

namespace arrakis::daemon_test {
using std::chrono::seconds;

std::string programs() {
  const char* build = std::getenv("ARRAKIS_BUILD_DIR");
  return build ? build : "build/dev";
}
std::string program(const std::string& name) { return programs() + "/apps/" + name + "/" + name; }

arrakis_daemon::arrakis_daemon(options o) : options_(std::move(o)) {
  ::chmod(tmp_.path().c_str(), options_.open ? 0777 : 0755); // arrakisd leaves root, and must get in.
  start();
}

arrakis_daemon::~arrakis_daemon() {
  if (child_)
    child_->stop(SIGTERM, seconds{30});
}

strings arrakis_daemon::environment() const {
  auto all = options_.environment;
  for (const auto& line : {"ARRAKIS_NODE_STATE_FOLDER=" + folder(), std::string{"ARRAKIS_HTTP_PORT=0"},
                           std::string{"ARRAKIS_HTTP_ADMIN_PORT=0"}, std::string{"ARRAKIS_NODE_SHUTDOWN_GRACE_S=5"}})
    all.push_back(line);
  return all;
}

void arrakis_daemon::start() {
  std::filesystem::remove(folder() + "/arrakisd.json");
  strings argv;
  if (!options_.shell.empty())
    argv = {"/bin/sh", "-c", options_.shell, "sh"};
  argv.push_back(program("arrakisd"));
  argv.insert(argv.end(), options_.words.begin(), options_.words.end());
  child_.emplace(process_options{.argv = argv, .env = environment(), .output = log_file()});
}

bool arrakis_daemon::ready() {
  bool is_ready = false;
  demo::eventually(
    [&] {
      const auto where = json::parse(test::content(folder() + "/arrakisd.json"));
      if (where && where->is_object()) {
        const auto health = web_.call(std::string{json::text_or(where->get_object(), "admin_url")}, "GET",
                                      "/health/ready");
        is_ready = health && health->status == 200;
      }
      return is_ready || !child_->running();
    },
    seconds{60});
  return is_ready;
}

bool arrakis_daemon::says(const std::string& text) {
  bool said = false;
  demo::eventually([&] { return (said = log().find(text) != std::string::npos) || !child_->running(); }, seconds{30});
  return said;
}

int arrakis_daemon::stop(int number) {
  child_->stop(number, seconds{30});
  return child_->exit_status().value_or(-1);
}

std::pair<int, std::string> arrakis_daemon::ctl(const strings& words) {
  const auto output = tmp_ / "ctl.out";
  std::filesystem::remove(output);
  strings argv{program("arrakisctl")};
  argv.insert(argv.end(), words.begin(), words.end());
  process run{{.argv = argv, .env = environment(), .output = output}};
  run.wait(seconds{60});
  return {run.exit_status().value_or(-1), test::content(output)};
}
} // namespace arrakis::daemon_test
