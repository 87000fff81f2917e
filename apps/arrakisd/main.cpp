#include "apps/arrakisd/node.hpp"
#include "apps/arrakisd/reload.hpp"
#include "apps/arrakisd/series.hpp"
#include "apps/wiring/addresses.hpp"
#include "apps/wiring/embedded.hpp"
#include "apps/wiring/privileges.hpp"
#include "apps/wiring/start_check.hpp"
#include "apps/wiring/state_folder.hpp"
#include "runtime/cli/command.hpp"
#include "runtime/config.hpp"
#include "runtime/file.hpp"
#include "runtime/json.hpp"
#include "runtime/last_resort.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/process_metrics.hpp"
#include "runtime/signals.hpp"
#include "runtime/terminal.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <iterator>
#include <memory>
#include <optional>
#include <sstream>
#include <unistd.h>

namespace {
using namespace arrakis;

/// Sources of the settings, for reading them again.
struct sources {
  std::string file;
  config::environment environment;
};

log::level level_of(const std::string& name) {
  return name == "debug" ? log::level::debug
       : name == "warn"  ? log::level::warn
       : name == "error" ? log::level::error
                         : log::level::info;
}

postgres::migrated migrate_database(const wiring::addresses& where) {
  auto done = wiring::migrate(where);
  if (!done)
    throw std::runtime_error(text_of(done.error()));
  for (const auto& name : done->applied)
    log::info("postgres.migrated", {{"migration", name}});
  return std::move(*done);
}

/// Prints the result of `arrakisd migrate`.
void print(const postgres::migrated& done, bool as_json) {
  if (as_json)
    terminal::print_document(
      json::print(boost::json::object{{"known", done.known},
                                      {"applied", boost::json::array(done.applied.begin(), done.applied.end())}})
      + "\n");
  else
    terminal::print("The database is migrated to this version: {} migrations, {} of them applied now.\n", done.known,
                    done.applied.size());
}

/// Writes arrakisd.json into the state folder, for people and scripts: {"url": ..., "admin_url": ..., "pid": ...};
/// `url` is empty without a public port.
void write_addresses(const config& settings, const node& here) {
  const auto path = settings.text("node.state_folder") + "/arrakisd.json";
  const auto text = fmt::format("{{\"url\":\"{}\",\"admin_url\":\"{}\",\"pid\":{}}}\n", here.url(), here.admin_url(),
                                getpid());
  if (auto bad = file::replace(path, text))
    log::warn("process.addresses_not_written", {{"error", text_of(bad)}});
}

/// Returns the maximum number of threads of this process: sockets, actors, one for each PostgreSQL connection (the
/// relay has one more), and some that belong to CAF, the admin port, the operator's socket, the embedded servers'
/// watchers, the signer and the object store.
size_t threads_of(const config& settings) {
  constexpr int64_t others = 18;
  return static_cast<size_t>(settings.integer("runtime.io_threads") + settings.integer("runtime.workers")
                             + settings.integer("postgres.connections") + others);
}

/// Reads the settings again and applies those that may change at run time. A fault anywhere changes nothing.
void reread(const sources& from, const config& running, std::shared_ptr<const config>& last, reload::files& files,
            node& here) {
  const auto next = config::reload(*last, from.file, from.environment);
  const auto seen = files.read();
  auto faults = seen.faults;
  if (!next)
    faults.push_back(text_of(next.error()));
  for (const auto& fault : faults)
    log::error("settings.refused", {{"error", fault}});
  if (!faults.empty())
    return;
  auto what = reload::compare(running, *last, *next);
  last = std::make_shared<const config>(*next);
  files.accept(seen);
  log::set_level(level_of(next->text("log.level")));
  here.apply(last, what.at_once, seen.certificates);
  if (seen.keys)
    what.at_once.emplace_back("signer keys");
  if (seen.certificates)
    what.at_once.emplace_back("certificates");
  const auto over_tls = [&](const char* url) {
    return next->secret(url).lend([](std::string_view text) { return text.starts_with("rediss:"); });
  };
  if (seen.certificates && (over_tls("redis.url") || over_tls("redis.queue_url")))
    what.restart.emplace_back("certificates of Redis");
  for (const auto& notice : next->notices())
    if (std::ranges::find(running.notices(), notice) == running.notices().end())
      log::warn("settings.key_left_out", {{"why", notice}});
  for (const auto& name : what.at_once)
    log::info("settings.changed", {{"setting", name}});
  for (const auto& name : what.restart)
    log::warn("settings.restart_needed", {{"setting", name}});
  log::info("settings.reread", {{"changed", what.at_once.size()}, {"need_restart", what.restart.size()}});
}

/// Throws std::runtime_error that names every key that forbids the start. Logs missing settings.
void check_start(const config& settings) {
  if (const auto bad = wiring::rejections(settings); !bad.empty())
    throw std::runtime_error(fmt::format("{}", fmt::join(bad, "\n")));
  for (const auto& each : wiring::missing_settings(settings))
    log::warn("settings.incomplete", {{"setting", each.key}, {"why", each.text}});
}

/// Returns why root cannot create the state folder for an unprivileged user, or use it.
std::vector<std::string> state_folder_rejections(const config& settings) {
  try {
    if (geteuid() == 0)
      wiring::judge_state_folder(settings.text("node.state_folder"));
    return {};
  } catch (const std::exception& bad) {
    return {bad.what()};
  }
}

/// Returns the lines of config::describe by name: {"http.port": {"value": "3000", "source": "default"}}.
boost::json::object settings_of(const config& settings) {
  boost::json::object out;
  std::istringstream lines{settings.describe()};
  for (std::string line; std::getline(lines, line);) {
    const auto name = line.substr(0, line.find(" = "));
    const auto source = line.rfind("  (");
    const auto value = line.substr(name.size() + 3, source == std::string::npos ? source : source - name.size() - 3);
    out[name] = boost::json::object{
      {"value", value},
      {"source", source == std::string::npos ? "" : line.substr(source + 3, line.size() - source - 4)}};
  }
  return out;
}

/// Prints the answer of --check-config: all settings, warnings, and each fault that forbids a start. Returns the exit
/// code.
int check(const config& settings, bool as_json) {
  auto bad = wiring::rejections(settings);
  std::ranges::copy(state_folder_rejections(settings), std::back_inserter(bad));
  std::vector<std::string> warnings;
  for (const auto& each : wiring::missing_settings(settings))
    warnings.push_back(fmt::format("{}: {}", each.key, each.text));
  if (as_json) {
    const auto list = [](const std::vector<std::string>& all) { return boost::json::array(all.begin(), all.end()); };
    terminal::print_document(json::print(boost::json::object{{"good", bad.empty()},
                                                             {"errors", list(bad)},
                                                             {"warnings", list(warnings)},
                                                             {"notices", list(settings.notices())},
                                                             {"settings", settings_of(settings)}})
                             + "\n");
    return bad.empty() ? cli::success : cli::failure;
  }
  for (const auto& notice : settings.notices())
    terminal::print_document("# " + notice + "\n");
  for (const auto& each : warnings)
    terminal::print_document("# warning: " + each + "\n");
  terminal::print_document(settings.describe());
  for (const auto& each : bad)
    terminal::print_lines(terminal::stream::error, each + "\n");
  if (bad.empty())
    terminal::print_document("# The configuration is good.\n");
  return bad.empty() ? cli::success : cli::failure;
}

/// Interval of the check for changed certificate files; programs that renew them send no signal.
constexpr std::chrono::seconds look_at_certificates_every{5};

int run(const config& settings, const sources& from) {
  signals::prepare();
  last_resort::install([] { kill(getpid(), SIGTERM); });
  wiring::leave_root(settings.text("node.state_folder"));
  check_start(settings);
  last_resort::require_threads(threads_of(settings));
  std::optional<wiring::embedded_servers> servers{std::in_place, settings};
  auto where = wiring::find_addresses(settings);
  if (!where)
    throw std::runtime_error(text_of(where.error()));
  if (settings.text("postgres.mode") == "embedded")
    migrate_database(*where);
  series::begin_at_zero(settings);
  {
    node here{settings, *where};
    write_addresses(settings, here);
    metrics::set("arrakis_build_info", "1; its labels say what runs.", 1,
                 {{"version", ARRAKIS_VERSION}, {"compiler", __VERSION__}});
    log::info("process.ready",
              {{"url", here.url()}, {"admin_url", here.admin_url()}, {"roles", settings.text("node.roles")}});
    auto last = std::make_shared<const config>(settings);
    reload::files files{wiring::signer_files(settings), reload::system_certificates()};
    int signal_number = 0;
    do {
      signal_number = signals::next(look_at_certificates_every);
      if (signal_number == SIGHUP)
        reread(from, settings, last, files, here);
      here.follow_certificates();
    } while (signal_number == 0 || signal_number == SIGHUP);
    log::info("process.stopping", {{"signal", signal_number}});
  }
  servers.reset();
  log::info("process.stopped", {{"threads", metrics::threads()}}); // The main thread alone.
  return last_resort::gave_up() ? 1 : 0;
}

int run_migrate(const config& settings, bool as_json) {
  last_resort::install([] { kill(getpid(), SIGTERM); });
  wiring::leave_root(settings.text("node.state_folder"));
  last_resort::require_threads(threads_of(settings));
  const wiring::embedded_servers servers{settings};
  const auto where = wiring::find_addresses(settings);
  if (!where)
    throw std::runtime_error(text_of(where.error()));
  print(migrate_database(*where), as_json);
  return cli::success;
}

/// Reads the settings and runs the command. Returns the exit code.
int start(const cli::arguments& given, bool migrate_only, const std::vector<std::string>& removed_variables) {
  auto environment = config::process_environment();
  if (given.has("--roles"))
    environment["ARRAKIS_NODE_ROLES"] = given.text("--roles");
  const auto file = given.text("--config");
  auto settings = config::load(file, environment);
  if (!settings) {
    terminal::print_lines(terminal::stream::error, text_of(settings.error()) + "\n");
    return cli::failure;
  }
  if (given.has("--check-config"))
    return check(*settings, given.has("--json"));
  log::set_level(level_of(settings->text("log.level")));
  for (const auto& notice : settings->notices())
    log::info("settings.key_left_out", {{"why", notice}});
  if (!removed_variables.empty())
    log::warn("settings.environment_ignored", {{"variables", fmt::format("{}", fmt::join(removed_variables, " "))},
                                               {"do", "put PostgreSQL settings into postgres.dsn"}});
  if (migrate_only)
    return run_migrate(*settings, given.has("--json"));
  return run(*settings, {file, environment});
}

cli::command program(const std::vector<std::string>& removed_variables) {
  cli::command migration;
  migration.name = "migrate";
  migration.help = "Migrates the database to this version, and ends.";
  migration.examples = {{"arrakisd migrate --config /etc/arrakis/arrakis.toml", "once per release, before the nodes"}};
  migration.run = [=](const cli::arguments& given) { return start(given, true, removed_variables); };
  cli::command root;
  root.name = "arrakisd";
  root.help = "The Arrakis daemon.";
  root.details =
    "It runs until SIGTERM or SIGINT; SIGHUP makes it read its settings again. Every setting is a key of its"
    " file, and a variable ARRAKIS_{SECTION}_{KEY} wins over the file.";
  root.options = {
    {"--config", "FILE", "Read the settings from FILE.", {}, {}},
    {"--json", "", "Print the result of --check-config, migrate and the like as one JSON document.", {}, {}},
    {"--roles", "ROLES", "What this node does: all, or some of api,worker,bot.", {}, {}},
    {"--check-config", "", "Check the configuration and print it; run nothing.", {}, {}}};
  root.examples = {{"arrakisd --config /etc/arrakis/arrakis.toml", "until SIGTERM"},
                   {"arrakisd --check-config --config /etc/arrakis/arrakis.toml", "before a restart"}};
  root.run = [=](const cli::arguments& given) { return start(given, false, removed_variables); };
  root.commands = {std::move(migration)};
  return root;
}
} // namespace

int main(int argc, char** argv) {
  const auto removed = wiring::harden_process();
  try {
    return cli::run(program(removed), ARRAKIS_VERSION, {argv + 1, argv + argc});
  } catch (const std::exception& e) {
    log::error("process.not_started", {{"error", e.what()}});
    terminal::print_error("arrakisd: {}\n", e.what());
    return cli::failure;
  }
}
