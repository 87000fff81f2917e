#pragma once
// One shard of ours against the sandbox: the sockets are real, the shard's clock is the test's. Callbacks of the io
// thread wait until the test runs them, so that nothing happens beside it.
#include "adapters/discord/gateway/gateway.hpp"
#include "apps/demo/local_stack.hpp"
#include "runtime/net/io.hpp"
#include "tests/shards/judge.hpp"
#include "tests/support/sim_system.hpp"

#include <boost/json/object.hpp>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <vector>

namespace arrakis::shards_test {

/// The sandbox of the whole program, with its limits off and a heartbeat of 41.25 s.
demo::local_stack& discord_stack();
/// The URL of the sandbox's gateway: ws://...
std::string gateway_url();
/// Sends an order to the sandbox's gateway.
boost::json::value order(boost::json::object what);
/// Resets the sandbox's gateway.
void calm();

/// Closures of io threads, run by the test's thread.
class inbox {
public:
  void push(std::function<void()> what);
  /// Runs what is there; waits a moment when nothing is. False: nothing was.
  bool run();

private:
  std::mutex lock_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> waiting_;
};

/// Events that the shard delivered, in order.
using told = std::vector<std::string>;

/// The event loop of several shards: simulated actors and clock, real sockets.
struct test_loop {
  test::sim_system sim;
  std::shared_ptr<shards_test::inbox> inbox = std::make_shared<shards_test::inbox>();
  net::io io; ///< Ends before the inbox that its callbacks fill.
  /// Lets real things happen until `reached`, up to 20 s. The shard's clock stands.
  bool until(const std::function<bool()>& reached);
  std::chrono::steady_clock::time_point now() { return sim.now(); }
};

/// One shard, its session store and its event handler.
class shard_fixture {
public:
  using options = discord::gateway::options;
  /// `message_bytes_max`: of the socket.
  explicit shard_fixture(test_loop& in, options chosen, size_t message_bytes_max = 32 << 20);
  ~shard_fixture();
  shard_fixture(const shard_fixture&) = delete;

  void start();
  /// Saves the session and lets it go.
  void stop();
  /// Until READY or RESUMED, and an event after it.
  bool logs_in();
  /// GUILD_ROLE_UPDATE of a role that no other has, told to every session. "role N", as it is heard.
  std::string role_event(int64_t skip = 0);
  bool hears(const std::string& what);
  /// As hears(), and time passes while the shard waits for the next connection or for the right to identify.
  bool comes_to(const std::function<bool()>& reached);

  std::string state();
  discord::shard_state status();
  const told& heard() const { return heard_; }
  size_t times_heard(const std::string& what) const;
  std::string session() const { return stored_.id; }
  /// The sandbox's record since the last call of mark(), with the waits since then.
  trace since_mark();
  void mark();

  /// A connection that the shard opened.
  struct connect {
    std::string url;
    std::chrono::steady_clock::time_point at;
  };
  /// A frame that the shard sent.
  struct sent {
    std::string text;
    std::chrono::steady_clock::time_point at;
  };
  std::vector<connect> connects;
  std::vector<sent> sends;

private:
  test_loop& loop_;
  options options_;
  const size_t message_bytes_max_;
  told heard_;
  discord::gateway::saved_session stored_;
  discord::event_handler sink_;
  discord::gateway::session_store store_;
  discord::shard_with_roles shard_;
  int64_t marked_ = 0;
  size_t marked_connects_ = 0;
  std::chrono::steady_clock::time_point marked_at_{};
};
} // namespace arrakis::shards_test
