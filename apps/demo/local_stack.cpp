#include "apps/demo/local_stack.hpp"

#include "apps/demo/reminder.hpp"
#include "runtime/file.hpp"
#include "runtime/json.hpp"
#include "runtime/net/io.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <csignal>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <sstream>

namespace arrakis::demo {
namespace fs = std::filesystem;
namespace {

std::string read_all(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

/// Reads a JSON file in which a program writes its addresses.
std::optional<boost::json::object> read_object(const std::string& path) {
  auto parsed = json::parse(read_all(path));
  if (!parsed || !parsed->is_object())
    return std::nullopt;
  return parsed->get_object();
}

std::string how_it_ended(const std::string& name, process& child) {
  const auto status = child.exit_status().value_or(-1);
  constexpr int signals_from = 128;
  return status > signals_from ? fmt::format("{} was killed by signal {}", name, status - signals_from)
                               : fmt::format("{} ended with exit code {}", name, status);
}
} // namespace

void make_stack_folder(const std::string& folder) {
  fs::create_directories(folder);
  if (const auto bad = file::check_own_folder(folder)) // We write through the names in it, perhaps as root.
    throw std::runtime_error(fmt::format("{}; choose another with STATE", text_of(bad)));
}

local_stack::local_stack(local_stack_options o)
  : options_(std::move(o)),
    io_(std::make_unique<net::io>(1)),
    http_(std::make_unique<http>(*io_)),
    ports_(options_.folder + "/ports.json") {
  make_stack_folder(options_.folder);
}

local_stack::~local_stack() {
  if (arrakis_)
    arrakis_->stop(SIGTERM, std::chrono::seconds{30});
  arrakis_.reset();
  chain_.reset();
  stop_discord();
  http_.reset();
}

void local_stack::stop_discord() {
  if (discord_)
    discord_->stop(SIGTERM, std::chrono::seconds{5});
  discord_.reset();
}

std::string local_stack::program(const std::string& name) const {
  return options_.programs + "/apps/" + name + "/" + name;
}

uint16_t local_stack::kept_port(const std::string& name) const {
  if (!options_.keep_ports)
    return 0;
  if (options_.say && ports_.is_lost(name))
    options_.say("  another program has the port of the last run, so pages that are open from it will not work");
  return ports_.find(name);
}

void local_stack::start_discord() {
  const auto folder = options_.folder + "/discord";
  const auto output = options_.folder + "/discord.log";
  fs::create_directories(folder);
  fs::remove(output);
  const std::string any = "127.0.0.1:0";
  const auto listen = options_.discord_listen == any ? fmt::format("127.0.0.1:{}", kept_port("discord"))
                                                     : options_.discord_listen;
  std::vector<std::string> argv{program("sandbox"), "--listen", listen, "--state", folder, "--print-ready"};
  if (!options_.discord_limits)
    argv.push_back("--no-limits");
  discord_.emplace(process_options{argv, options_.discord_environment, {}, {}, output});
  reminder waiting{options_.say};
  const bool up = eventually(
    [&] {
      waiting.tick([] { return "the sandbox's Discord"; });
      for (std::istringstream lines(read_all(output)); !lines.eof();) {
        std::string line;
        std::getline(lines, line);
        auto parsed = json::parse(line);
        if (!parsed || !parsed->is_object() || json::text_or(parsed->get_object(), "token").empty())
          continue;
        const auto& o = parsed->get_object();
        const auto text = [&o](std::string_view key) { return std::string{json::text_or(o, key)}; };
        ids_ = {text("url"),      text("token"),    text("application_id"), text("bot_user_id"), text("public_key"),
                text("guild_id"), text("owner_id"), text("channel_id"),     text("gateway")};
        return true;
      }
      return !discord_->running();
    },
    options_.patience);
  if (!up || ids_.url.empty())
    throw std::runtime_error("the sandbox did not start: " + read_all(output));
  ports_.keep("discord", port_of(ids_.url));
}

void local_stack::start_chain() {
  if (options_.anvil.empty())
    return;
  reminder waiting{options_.say};
  evm::options o{options_.anvil, options_.folder + "/evm"};
  o.port = kept_port("chain");
  o.waiting = [&] { waiting.tick([] { return "the EVM node"; }); };
  chain_ = std::make_unique<evm::node>(*io_, std::move(o));
  ports_.keep("chain", port_of(chain_->url()));
}

std::vector<std::string> local_stack::environment() const {
  auto env = options_.environment; // Comes first: of two lines with one name the configuration takes the first.
  env.insert(env.end(), {"ARRAKIS_NODE_STATE_FOLDER=" + options_.folder + "/arrakis",
                         fmt::format("ARRAKIS_HTTP_PORT={}", options_.public_port),
                         fmt::format("ARRAKIS_HTTP_ADMIN_PORT={}", admin_port_), "ARRAKIS_DISCORD_API_URL=" + ids_.url,
                         "ARRAKIS_DISCORD_TOKEN=" + ids_.token, "ARRAKIS_DISCORD_PUBLIC_KEY=" + ids_.public_key,
                         "ARRAKIS_NODE_SHUTDOWN_GRACE_S=20"});
  // Behind a proxy of REST the gateway is not where the API is, and arrakisd connects to no other without being told.
  if (env.end() != std::ranges::find_if(options_.environment, [](const std::string& line) {
        return line.starts_with("ARRAKIS_DISCORD_API_URL=");
      }))
    env.push_back("ARRAKIS_DISCORD_GATEWAY_URL=" + ids_.gateway);
  if (chain_)
    env.push_back("ARRAKIS_CHAINS_RPC_SANDBOX=" + chain_->url());
  return env;
}

void local_stack::launch_arrakis() {
  fs::remove(options_.folder + "/arrakis/arrakisd.json");
  public_url_.clear();
  admin_url_.clear();
  if (options_.public_port == 0)
    options_.public_port = kept_port("arrakisd");
  if (admin_port_ == 0)
    admin_port_ = kept_port("arrakisd_admin");
  arrakis_.emplace(process_options{{program("arrakisd"), "--roles", "all"}, environment(), {}, {}, log_file()});
}

bool local_stack::arrakis_ready() {
  if (admin_url_.empty())
    if (auto where = read_object(options_.folder + "/arrakis/arrakisd.json")) {
      public_url_ = json::text_or(*where, "url");
      admin_url_ = json::text_or(*where, "admin_url");
    }
  if (admin_url_.empty())
    return false;
  auto health = http_->call(admin_url_, "GET", "/health/ready");
  return health && health->status == 200;
}

std::string local_stack::missing_of_arrakis() {
  const auto health = admin_url_.empty() ? caf::expected<answered>{ec::unavailable}
                                         : http_->call(admin_url_, "GET", "/health/ready");
  if (!health || !health->body.is_object())
    return "arrakisd and its servers";
  std::string list;
  if (const auto* all = json::object_in(health->body.get_object(), "dependencies"))
    for (const auto& [name, value] : *all)
      if (const auto* one = value.if_object(); one && !json::bool_or(*one, "ready"))
        list += fmt::format("; {}: {}", std::string_view{name}, json::text_or(*one, "detail"));
  return "arrakisd" + list;
}

void local_stack::start_arrakis() {
  launch_arrakis();
  bool ready = false;
  reminder waiting{options_.say};
  eventually(
    [&] {
      waiting.tick([this] { return missing_of_arrakis(); });
      return (ready = arrakis_ready()) || !arrakis_->running();
    },
    options_.patience);
  if (!ready)
    throw std::runtime_error("arrakisd did not become ready; the end of its log:\n" + log_tail());
  ports_.keep("arrakisd", port_of(public_url_));
  ports_.keep("arrakisd_admin", port_of(admin_url_));
}

void local_stack::kill_arrakis() {
  arrakis_->signal(SIGKILL);
  eventually([&] { return !arrakis_->running(); }, options_.patience);
}

int local_stack::stop_arrakis() {
  arrakis_->stop(SIGTERM, std::chrono::seconds{30});
  return arrakis_->exit_status().value_or(-1);
}

std::optional<std::string> local_stack::ended() {
  if (arrakis_ && !arrakis_->running())
    return how_it_ended("arrakisd", *arrakis_) + "; the end of its log:\n" + log_tail();
  if (discord_ && !discord_->running())
    return how_it_ended("the sandbox", *discord_) + "; its output is in " + options_.folder + "/discord.log";
  if (chain_ && !chain_->running())
    return "the EVM node ended";
  return std::nullopt;
}

std::pair<int, std::string> local_stack::ctl(const std::vector<std::string>& words) {
  const auto output = options_.folder + "/ctl.out";
  fs::remove(output);
  std::vector<std::string> argv{program("arrakisctl")};
  argv.insert(argv.end(), words.begin(), words.end());
  process run{{argv, environment(), {}, {}, output}};
  eventually([&] { return !run.running(); }, options_.patience);
  return {run.exit_status().value_or(-1), read_all(output)};
}

std::string local_stack::application_key() const {
  const auto saved = json::parse(read_all(options_.folder + "/discord/discord.json"), {.bytes_max = 64u << 20});
  const auto* all = saved && saved->is_object() ? json::array_in(saved->get_object(), "applications") : nullptr;
  if (!all || all->empty())
    throw std::runtime_error("the sandbox has saved no application");
  return std::string{json::text_or(all->at(0).as_object(), "private_key")};
}

boost::json::value local_stack::sandbox(const std::string& method, const std::string& path,
                                        const boost::json::value& body, std::chrono::milliseconds patience) {
  auto got = http_->call(ids_.url, method, "/_sandbox/" + path, body, patience);
  if (!got)
    throw std::runtime_error("sandbox " + path + ": " + text_of(got.error()));
  if (got->status != 200)
    throw std::runtime_error(fmt::format("sandbox {} answered {}: {}", path, got->status, got->text));
  return got->body;
}

std::string local_stack::log_tail(size_t bytes) const {
  auto all = read_all(log_file());
  return all.size() <= bytes ? all : all.substr(all.find('\n', all.size() - bytes) + 1);
}

} // namespace arrakis::demo
