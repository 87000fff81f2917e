#include "apps/arrakisctl/daemon.hpp"

#include "runtime/file.hpp"
#include "runtime/json.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <cerrno>
#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <libpq-fe.h>
#include <map>
#include <memory>
#include <poll.h>

namespace arrakis::ctl {
namespace {
namespace fs = std::filesystem;
constexpr auto folder_key = "node.state_folder";
constexpr auto folder_variable = "ARRAKIS_NODE_STATE_FOLDER";
constexpr auto folder_of_unit = "/var/lib/arrakis"; ///< deploy/systemd/arrakisd.service and the container.
constexpr auto remedy = "is arrakisd running? Set --config or node.state_folder (ARRAKIS_NODE_STATE_FOLDER).";

std::string standard_folder() {
  const auto key = std::ranges::find(config::keys(), folder_key, &config::key::name);
  return std::get<std::string>(key->standard);
}

constexpr std::chrono::milliseconds look_again{200};
constexpr int runs = 3;

/// 3: a daemon runs there; 2: one was there; 1: a folder, perhaps of one that is about to start; 0: nothing.
int trace_of_daemon(const std::string& folder) {
  const auto written = file::read(folder + "/arrakisd.json", 4096);
  const auto card = written ? json::parse(*written) : failed<boost::json::value>(ec::not_found, "");
  std::error_code unreadable;
  if (!card || !card->is_object())
    return fs::is_directory(folder, unreadable) ? 1 : 0;
  const auto pid = json::integer_or(card->get_object(), "pid");
  return pid > 0 && (::kill(static_cast<pid_t>(pid), 0) == 0 || errno == EPERM) ? runs : 2;
}

std::string searched(const daemon& d) {
  const auto last = d.searched.size() - 1;
  return last == 0
         ? d.searched[0]
         : fmt::format("{} and {}", fmt::join(d.searched.begin(), d.searched.end() - 1, ", "), d.searched[last]);
}

/// The socket of an embedded PostgreSQL that is not there; empty: it is, or the server is not embedded.
std::string missing_socket(const daemon& d) {
  auto socket = wiring::embedded_postgres_socket(d.settings);
  std::error_code unreadable;
  return socket.empty() || fs::exists(socket, unreadable) ? "" : socket;
}

/// Host, port and database out of a connection string, and nothing else of it.
std::string address_of(const secret& dsn) {
  using parsed = std::unique_ptr<PQconninfoOption, void (*)(PQconninfoOption*)>;
  const auto options = dsn.lend([](std::string_view text) {
    return parsed{PQconninfoParse(text.data(), nullptr), PQconninfoFree};
  });
  std::map<std::string, std::string> values;
  for (const auto* o = options.get(); o != nullptr && o->keyword != nullptr; ++o)
    if (const std::string_view name{o->keyword};
        name == "host" || name == "hostaddr" || name == "port" || name == "dbname")
      values[o->keyword] = o->val ? o->val : "";
  const auto host = values["host"].empty() ? values["hostaddr"] : values["host"];
  const auto port = values["port"].empty() ? "5432" : values["port"];
  return fmt::format("{}:{}/{}", host.empty() ? "localhost" : host, port, values["dbname"]);
}
} // namespace

caf::expected<daemon> find_daemon(const std::string& file) {
  auto environment = config::process_environment();
  auto settings = config::load(file, environment);
  if (!settings)
    return settings.error();
  std::vector<std::string> candidates{settings->text(folder_key)};
  if (candidates.front() == standard_folder() && !environment.contains(folder_variable))
    candidates.insert(candidates.end(), {standard_folder() + "/arrakis", standard_folder() + "/bot", folder_of_unit});
  const auto best = std::ranges::max_element(candidates, {}, trace_of_daemon);
  if (best != candidates.begin()) {
    environment[folder_variable] = *best;
    settings = config::load(file, environment);
    if (!settings)
      return settings.error();
  }
  daemon found{std::move(*settings), {}};
  for (const auto& each : candidates)
    found.searched.push_back(fs::absolute(each).lexically_normal().string());
  return found;
}

caf::expected<daemon> wait_for_daemon(const std::string& file, std::chrono::steady_clock::time_point until) {
  for (;;) {
    auto found = find_daemon(file);
    if (!found || trace_of_daemon(found->settings.text(folder_key)) == runs
        || std::chrono::steady_clock::now() >= until)
      return found;
    ::poll(nullptr, 0, static_cast<int>(look_again.count()));
  }
}

caf::error with_address(const caf::error& e, const daemon& d, const wiring::addresses& where) {
  if (code_of(e) != ec::unavailable)
    return e;
  if (const auto socket = missing_socket(d); !socket.empty())
    return fail(ec::unavailable,
                fmt::format("Can't reach Arrakis' database at {}: {} Looked in {}.", socket, remedy, searched(d)));
  const auto away = detail_of<server_away>(e);
  if (away && away->server == "postgres")
    return fail(ec::unavailable, fmt::format("Can't reach Arrakis' database at {}: {} Looked in {}. ({})",
                                             address_of(where.dsn), remedy, searched(d), text_of(e)));
  if (away && away->server == "redis")
    return fail(ec::unavailable,
                fmt::format("Can't reach Arrakis' Redis ({}): {} Looked in {}.", away->why, remedy, searched(d)));
  return e;
}
} // namespace arrakis::ctl
