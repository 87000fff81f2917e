#pragma once
// A real EVM node (anvil) on this machine with real ERC-20, ERC-721 and ERC-1155 contracts (OpenZeppelin's), for the
// demo and for tests. Its state lies in a folder and comes back with the next start. Everything here blocks.
#include "runtime/error.hpp"
#include "runtime/process.hpp"

#include <boost/json/fwd.hpp>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace arrakis::net {
class io;
}

namespace arrakis::demo::evm {

/// EIP-155 chain id of anvil and of config/chains/sandbox.toml.
inline constexpr int64_t chain_id = 31337;

/// Settings of a node.
struct options {
  std::string anvil;                          ///< The binary; apps/demo/evm/setup installs it and prints its path.
  std::string folder;                         ///< Made when it is not there: state.hex, contracts.json, anvil.log.
  std::chrono::milliseconds patience{20'000}; ///< For the start and for each call.
  uint16_t port = 0;                          ///< To listen on; 0 takes a free one.
  std::function<void()> waiting;              ///< Called over and over while the node starts.
};

/// Addresses of the deployed contracts, in EIP-55 form.
struct contracts {
  std::string erc20;   ///< Spice Melange, SPICE, 18 decimals.
  std::string erc721;  ///< Crysknife, KNIFE.
  std::string erc1155; ///< Sietch Artifacts, RELIC; ids 1 and 2.
  bool operator==(const contracts&) const = default;
};

/// A running anvil.
class node {
public:
  /// Starts anvil on a free loopback port, restores the state of `folder` or deploys the contracts and mints to the
  /// first accounts. Throws std::runtime_error that says what failed and what to do. `io` outlives the node.
  node(net::io& io, options);
  ~node(); ///< As stop(), without its error.
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  std::string url() const; ///< "http://127.0.0.1:34567"
  const contracts& deployed() const { return contracts_; }
  /// True if this start deployed the contracts, false if they existed.
  bool fresh() const { return fresh_; }
  /// Ten funded accounts that anvil signs for (its default keys are public, so use them on this machine only).
  const std::vector<std::string>& accounts() const { return accounts_; }
  int pid() const { return process_->pid(); }
  bool running() { return process_ && process_->running(); }

  /// Makes one JSON-RPC call; returns the result as JSON text. ec::unavailable, ec::unknown (no answer), ec::refused
  /// (the node's error).
  caf::expected<std::string> call(const std::string& method, const std::string& params_json);
  /// Sends a transaction of one of the accounts, and waits until it is in a block. `transaction`: its other members,
  /// `"to":"0x...","data":"0x..."`. Returns the receipt; throws std::runtime_error when it is refused or reverted, or
  /// in no block in time.
  boost::json::value send(const std::string& from, const std::string& transaction);
  /// Writes the chain's state to the folder, atomically.
  caf::error save();
  /// Saves and ends the process.
  caf::error stop();

private:
  struct line; ///< The HTTP client, out of this header.
  void start();
  void restore_or_deploy();
  std::string deploy(const std::string& bytecode);
  void mint();
  std::string path(const char* name) const { return options_.folder + "/" + name; }

  options options_;
  std::unique_ptr<line> line_;
  std::optional<process> process_;
  uint16_t port_ = 0;
  contracts contracts_;
  std::vector<std::string> accounts_;
  bool fresh_ = false;
};

} // namespace arrakis::demo::evm
