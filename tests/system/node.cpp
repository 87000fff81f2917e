#include "tests/system/node.hpp"

#include "adapters/embedded/embedded.hpp"
#include "runtime/json.hpp"

#include <boost/json/object.hpp>
#include <sstream>

namespace arrakis::system_test {

std::vector<std::string> beside(test_stack& w) {
  auto& t = w.stack();
  const auto first = t.folder() + "/arrakis";
  return {"ARRAKIS_POSTGRES_MODE=external",
          "ARRAKIS_REDIS_MODE=external",
          "ARRAKIS_POSTGRES_DSN=" + embedded::dsn(first, "arrakis_app"),
          "ARRAKIS_POSTGRES_RELAY_DSN=" + embedded::dsn(first, "arrakis_relay"),
          "ARRAKIS_POSTGRES_MIGRATE_DSN=" + embedded::dsn(first, "arrakis_owner"),
          "ARRAKIS_REDIS_URL=" + embedded::redis_url(first),
          "ARRAKIS_SIGNER_FOLDER=" + first + "/keys",
          "ARRAKIS_OBJECTS_FOLDER=" + first + "/objects",
          "ARRAKIS_CHAINS_RPC_SANDBOX=http://127.0.0.1:9",
          "ARRAKIS_HTTP_PORT=0",
          "ARRAKIS_HTTP_ADMIN_PORT=0",
          "ARRAKIS_NODE_SHUTDOWN_GRACE_S=10",
          "ARRAKIS_DISCORD_API_URL=" + t.discord().url,
          "ARRAKIS_DISCORD_GATEWAY_URL=" + t.discord().gateway,
          "ARRAKIS_DISCORD_TOKEN=" + t.discord().token,
          "ARRAKIS_DISCORD_PUBLIC_KEY=" + t.discord().public_key};
}

node::node(test_stack& w, const std::string& name, const std::string& roles, std::vector<std::string> environment)
  : name_(name), log_file_(w.stack().folder() + "/" + name + ".log") {
  const auto folder = w.stack().folder() + "/" + name;
  environment.push_back("ARRAKIS_NODE_STATE_FOLDER=" + folder);
  const auto found = beside(w); // Behind: of two lines with one name the configuration takes the first.
  environment.insert(environment.end(), found.begin(), found.end());
  const auto program = programs() + "/apps/arrakisd/arrakisd";
  child_.emplace(process_options{{program, "--roles", roles}, environment, {}, {}, log_file_});
  bool ready = false;
  demo::eventually(
    [&] {
      if (!child_->running())
        return true;
      if (admin_url_.empty())
        if (auto where = json::parse(test::content(folder + "/arrakisd.json")); where && where->is_object())
          if (json::integer_or(where->get_object(), "pid") == child_->pid())
            std::tie(public_url_, admin_url_) = std::pair{json::text_or(where->get_object(), "url"),
                                                          json::text_or(where->get_object(), "admin_url")};
      if (admin_url_.empty())
        return false;
      auto health = w.stack().web().call(admin_url_, "GET", "/health/ready");
      return ready = health && health->status == 200;
    },
    std::chrono::seconds{60});
  if (!ready)
    throw std::runtime_error("node " + name + " did not start: " + log());
}

node::~node() {
  child_->signal(SIGCONT); // A stopped one would not end.
  child_->stop(SIGTERM, std::chrono::seconds{20});
}

std::string node::log() const { return test::content(log_file_); }
bool node::says(const std::string& text) const { return log().find(text) != std::string::npos; }

int node::stop() {
  child_->stop(SIGTERM, std::chrono::seconds{20});
  return child_->exit_status().value_or(-1);
}

double metric(test_stack& w, const std::string& admin, const std::string& name, const std::string& labels) {
  auto page = w.stack().web().call(admin, "GET", "/metrics");
  if (!page)
    throw std::runtime_error("/metrics: " + text_of(page.error()));
  double sum = 0;
  std::istringstream in{page->text};
  for (std::string line; std::getline(in, line);) {
    const bool ours = line.starts_with(name) && (line[name.size()] == '{' || line[name.size()] == ' ');
    if (ours && line.find(labels) != std::string::npos)
      sum += std::stod(line.substr(line.rfind(' ') + 1));
  }
  return sum;
}

size_t times_in(const std::string& log, const std::string& text) {
  size_t count = 0;
  for (auto at = log.find(text); at != std::string::npos; at = log.find(text, at + text.size()))
    ++count;
  return count;
}

} // namespace arrakis::system_test
