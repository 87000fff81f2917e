#pragma once
// All programs on this machine: the sandbox as Discord, an EVM node, and arrakisd with its own PostgreSQL and Redis.
// The demo and the system tests use it. All calls block.
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

/// Settings of a local_stack.
struct local_stack_options {
  std::string folder;   ///< Folder of all state: discord/, evm/, arrakis/.
  std::string programs; ///< The build folder, where apps/sandbox/sandbox and apps/arrakisd/arrakisd are.
  std::string anvil;    ///< The EVM node's binary; empty: the stack has no chain.
  std::string discord_listen = "127.0.0.1:0";
  int public_port = 0;                          ///< Of arrakisd; 0 takes a free one.
  std::vector<std::string> environment;         ///< For arrakisd, "NAME=value"; overrides the stack's own variables.
  std::vector<std::string> discord_environment; ///< For the sandbox.
  bool discord_limits = true;
  bool keep_ports = false; ///< Uses the ports of the last run in this folder again, if they are free.
  /// Receives a line every few seconds during a wait, and one for each port that is no longer free.
  std::function<void(const std::string&)> say;
  std::chrono::milliseconds patience{60'000};
};

/// Ids and addresses of the application, guild, owner and channel that the sandbox creates at its first start.
struct discord_ids {
  std::string url, token, application, bot, public_key, guild, owner, channel, gateway;
};

/// Creates the folder of a stack when it is missing. Throws, with the remedy, when others may write into it.
void make_stack_folder(const std::string& folder);

/// The running programs of one state folder.
class local_stack {
public:
  explicit local_stack(local_stack_options);
  ~local_stack(); ///< Ends everything in reverse order.
  local_stack(const local_stack&) = delete;
  local_stack& operator=(const local_stack&) = delete;

  void start_discord();
  /// Sends SIGTERM; the sandbox keeps its state in its folder.
  void stop_discord();
  void start_chain();
  /// Starts arrakisd and waits until /health/ready says so. Throws with the last lines of its log otherwise.
  void start_arrakis();
  /// Starts arrakisd and does not wait until it is ready.
  void launch_arrakis();
  bool arrakis_ready();
  /// Sends SIGKILL to arrakisd and all its child processes.
  void kill_arrakis();
  /// Sends SIGTERM and waits for the end. Returns the exit code.
  int stop_arrakis();
  /// Says how a started program has ended, such as "arrakisd was killed by signal 9", for arrakisd with the end of its
  /// log. Nothing while all run.
  std::optional<std::string> ended();
  /// Runs arrakisctl with these arguments on the same state. Returns its exit code and its output.
  std::pair<int, std::string> ctl(const std::vector<std::string>& words);

  const discord_ids& discord() const { return ids_; }
  /// Private key that the sandbox signs interactions with, as hex, read from the sandbox's snapshot: it has no API for
  /// it.
  std::string application_key() const;
  const std::string& public_url() const { return public_url_; }
  /// http://address:port of its admin port.
  const std::string& admin_url() const { return admin_url_; }
  std::string folder() const { return options_.folder; }
  evm::node* chain() { return chain_.get(); }
  http& web() { return *http_; }
  net::io& io() { return *io_; }
  /// Calls the sandbox's control API: `path` is below /_sandbox/. Throws unless the status is 200.
  boost::json::value sandbox(const std::string& method, const std::string& path, const boost::json::value& body = {},
                             std::chrono::milliseconds patience = std::chrono::seconds{30});
  /// The last lines of arrakisd's log.
  std::string log_tail(size_t bytes = 3000) const;
  std::string log_file() const { return options_.folder + "/arrakisd.log"; }
  int arrakis_pid() const { return arrakis_ ? arrakis_->pid() : -1; }

private:
  std::vector<std::string> environment() const;
  std::string program(const std::string& name) const;
  /// Port of the last run by this name, or 0.
  uint16_t kept_port(const std::string& name) const;
  std::string missing_of_arrakis();

  local_stack_options options_;
  std::unique_ptr<net::io> io_;
  std::unique_ptr<http> http_;
  std::optional<process> discord_;
  std::unique_ptr<evm::node> chain_;
  std::optional<process> arrakis_;
  discord_ids ids_;
  std::string public_url_, admin_url_;
  uint16_t admin_port_ = 0;
  kept_ports ports_;
};

} // namespace arrakis::demo
