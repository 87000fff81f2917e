#pragma once
// Admins who onboard their communities all at once and then change them again and again.
#include "tests/system/test_stack.hpp"

#include <atomic>
#include <memory>
#include <mutex>
#include <stop_token>
#include <thread>
#include <vector>

namespace arrakis::soak {

/// The admins, each with a guild and a thread.
class admins {
public:
  /// Founds the guilds; nobody types yet.
  admins(system_test::test_stack&, size_t communities);
  /// Everybody begins at once, each on a thread of his own.
  void begin();
  /// Each ends the change that he is at; waits for that.
  void end();

  int64_t deployments() const { return deployments_; }
  const std::vector<system_test::place>& places() const { return places_; }
  /// Wrong screens that an admin saw; that admin stopped then.
  std::vector<std::string> complaints() const;

private:
  void live(const system_test::place&, const std::string& name, const std::stop_token&);

  system_test::test_stack& stack_;
  std::vector<system_test::place> places_;
  std::atomic<int64_t> deployments_{0};
  mutable std::mutex lock_;
  std::vector<std::string> complaints_;
  std::vector<std::jthread> threads_; ///< Last: they use all of the above.
};

} // namespace arrakis::soak
