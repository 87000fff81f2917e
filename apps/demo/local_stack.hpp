#pragma once
// A small world on this machine: the sandbox's Discord, an EVM node, and arrakisd with its own PostgreSQL and Redis.
// The demo shows it to a person, the system tests break it. Everything here blocks.
#include "apps/demo/evm/evm.hpp"
#include "apps/demo/http.hpp"
#include "apps/demo/ports.hpp"
#include "runtime/process.hpp"

#include <boost/json/value.hpp>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace arrakis::demo {

struct local_stack_options {
  std::string folder;   ///< All state: discord/, evm/, arrakis/.
  std::string programs; ///< The build folder, where apps/sandbox/sandbox and apps/arrakisd/arrakisd are.
  std::string anvil;    ///< The EVM node's binary; empty: the stack has no chain.
  std::string discord_listen = "127.0.0.1:0";
  int door_port = 0;                            ///< Of arrakisd; 0 takes a free one.
  std::vector<std::string> environment;         ///< For arrakisd, "NAME=value"; wins over what the stack says itself.
  std::vector<std::string> discord_environment; ///< For the sandbox.
  bool discord_limits = true;
  bool keep_ports = false; ///< Those of the last run in this folder, where they are free.
  /// Hears every few seconds what is waited for, and of ports that could not be kept.
  std::function<void(const std::string&)> say;
  std::chrono::milliseconds patience{60'000};
};

/// Ids of the seeded part of the sandbox.
struct discord_ids {
  std::string url, token, application, bot, public_key, guild, owner, channel, gateway;
};

class local_stack {
public:
  explicit local_stack(local_stack_options);
  ~local_stack(); ///< Ends everything in reverse order.
  local_stack(const local_stack&) = delete;
  local_stack& operator=(const local_stack&) = delete;

  void start_discord();
  /// SIGTERM; what the sandbox has stays in its folder.
  void stop_discord();
  void start_chain();
  /// Starts arrakisd and waits until /health/ready says so. Throws with the last lines of its log otherwise.
  void start_arrakis();
  /// Starts it and does not wait.
  void launch_arrakis();
  bool arrakis_ready();
  /// SIGKILL, from outside, with everything that is its child.
  void kill_arrakis();
  /// SIGTERM, and waits for a clean end. Its exit code.
  int stop_arrakis();
  /// Runs arrakisctl with these words against the same state; its exit code and what it printed.
  std::pair<int, std::string> ctl(const std::vector<std::string>& words);

  const discord_ids& discord() const { return ids_; }
  /// What the sandbox signs the application's interactions with, as hex; it tells nobody, and keeps it in its snapshot.
  std::string application_key() const;
  const std::string& door() const { return door_; }
  /// http://address:port of its admin port.
  const std::string& admin() const { return admin_; }
  std::string folder() const { return options_.folder; }
  evm::node* chain() { return chain_.get(); }
  http& web() { return *http_; }
  net::io& io() { return *io_; }
  /// A control call of the sandbox: path below /_sandbox/. Throws unless it answers 200.
  boost::json::value sandbox(const std::string& method, const std::string& path, const boost::json::value& body = {},
                             std::chrono::milliseconds patience = std::chrono::seconds{30});
  /// The last lines of arrakisd's log.
  std::string log_tail(size_t bytes = 3000) const;
  std::string log_file() const { return options_.folder + "/arrakisd.log"; }
  int arrakis_pid() const { return arrakis_ ? arrakis_->pid() : -1; }

private:
  std::vector<std::string> environment() const;
  std::string program(const std::string& name) const;
  /// The port of the last run, or 0.
  uint16_t kept_port(const std::string& name) const;
  std::string missing_of_arrakis();

  local_stack_options options_;
  std::unique_ptr<net::io> io_;
  std::unique_ptr<http> http_;
  std::optional<process> discord_;
  std::unique_ptr<evm::node> chain_;
  std::optional<process> arrakis_;
  discord_ids ids_;
  std::string door_, admin_;
  uint16_t admin_port_ = 0;
  kept_ports ports_;
};

} // namespace arrakis::demo
