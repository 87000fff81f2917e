#pragma once
// The emulator without its HTTP server: model, limits, faults, statistics, gateway, and the effects of a change.
#include "apps/sandbox/core/faults.hpp"
#include "apps/sandbox/core/statistics.hpp"
#include "apps/sandbox/core/transcript.hpp"
#include "apps/sandbox/core/writer.hpp"
#include "apps/sandbox/gateway/hub.hpp"
#include "apps/sandbox/limits/limits.hpp"
#include "apps/sandbox/model/sandbox_state.hpp"

namespace arrakis::sandbox {
namespace js = boost::json;

/// Command line options of the emulator.
struct options {
  std::string address = "127.0.0.1";
  uint16_t port = 0;
  std::string state;      ///< Folder of the snapshot; empty: nothing is kept.
  std::string token;      ///< The first application's; empty: made up at the first start.
  std::string transcript; ///< File of every answer and dispatch; empty: none.
  std::string page;       ///< Folder of the page's files; empty: those that were built in.
  bool limits = true;
  bool print_ready = false;
};

/// The emulator without its listeners. Everything runs on the one io thread.
class core {
public:
  core(net::io&, options);

  net::io& io;
  sandbox::options options;
  model::sandbox_state state;
  limits::limiter limiter;
  sandbox::faults faults;
  sandbox::statistics statistics;
  sandbox::transcript transcript;
  gateway::hub hub;
  std::string url; ///< "http://127.0.0.1:8080", once it listens.
  int shards = 1;  ///< Shard count that GET /gateway/bot recommends.
  int64_t endpoint_wait_ms = 3'000;
  /// Callbacks for each event after it went to the gateway, and for each settle() without one (event null).
  std::vector<std::function<void(const model::event*)>> watchers;

  /// Sets the model's clock. Call it first in every function that changes the state.
  model::sandbox_state& now();
  /// Carries the model's events to the gateway and the watchers, and marks the state for the next snapshot.
  void settle();
  /// Runs timeouts of interactions and silent connections, and writes the snapshot. Call it four times a second.
  void sweep();

  /// Loads the snapshot, or makes the first guild: an application, an owner, members, a guild.
  void open();
  /// Writes the snapshot now if something changed.
  void save();
  boost::json::object ready_line();
  model::application& make_application(std::string name, std::string token);
  model::user& make_user(std::string name, bool bot = false);

private:
  void seed();
  bool changed_ = false;
  int64_t save_not_before_ms_ = 0;
  std::unique_ptr<writer> writer_;
};

} // namespace arrakis::sandbox
