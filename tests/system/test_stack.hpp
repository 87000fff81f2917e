#pragma once
// The fixture of the system tests: one stack of built programs for a whole test program, and a guild of its own for
// each case.
#include "apps/demo/local_stack.hpp"
#include "apps/demo/onboarding.hpp"
#include "apps/demo/person.hpp"
#include "tests/support/scratch.hpp"

#include <chrono>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace arrakis::system_test {

/// The build folder with the programs.
std::string programs();
/// The path of the EVM node's binary; empty: not installed.
std::string anvil();

/// A guild at the sandbox's Discord, its owner, and the channel where people type.
struct place {
  std::string guild, owner, channel;
};

/// Programs of a test: sandbox, arrakisd and, on demand, an EVM node. Their requests and faults from outside.
class test_stack {
public:
  /// Starts the sandbox, the EVM node when `with_chain` and it is installed, and arrakisd. `environment`: for arrakisd;
  /// it wins over the stack's own. `before_arrakis` sees the stack when only arrakisd is missing.
  /// `discord_environment`: for the sandbox. `state_archive`: a file of tests/upgrade/states, unpacked first; it
  /// belongs to the user as whom arrakisd runs.
  explicit test_stack(bool with_chain, std::vector<std::string> environment = {},
                      const std::function<void(demo::local_stack&)>& before_arrakis = {},
                      std::vector<std::string> discord_environment = {}, const std::string& state_archive = {});

  demo::local_stack& stack() { return stack_; }
  const std::string& folder() const { return folder_.path(); }
  /// Finds the guild of this name in the state archive. Throws when there is none.
  place guild_named(const std::string& name);
  /// Creates a guild with the bot in it.
  place create_guild(const std::string& name);
  demo::person admin(const place& at) {
    demo::person who{stack_, at.owner, at.guild, at.channel};
    who.try_times(tries_max_);
    return who;
  }
  /// Sends a request of `user` to Discord's REST API below /api/v10. Throws unless it was accepted.
  boost::json::value rest_call(const std::string& user, const std::string& method, const std::string& path,
                               const boost::json::value& body = {});
  /// Orders a fault of Discord and returns its id.
  int64_t order_fault(boost::json::object order);
  /// Delays one create in this guild by `by`: that of the role or channel (`what`) after `skip` others. Returns the id
  /// of the fault.
  int64_t slow_create(const place& at, const std::string& what, int64_t skip, std::chrono::milliseconds by);
  /// Returns how often the fault happened.
  int64_t times_faulted(int64_t id);
  /// Waits until the fault has happened; false: it has not within `patience`.
  bool wait_for_fault(int64_t id, std::chrono::milliseconds patience = std::chrono::seconds{10});
  void clear_faults() { stack_.sandbox("DELETE", "faults"); }
  /// Runs /onboard up to the review, with few tiers and channels: the shortest path to a deployment.
  demo::person at_review(const place& at, const std::string& name, const std::string& tiers = "simple",
                         const std::string& channels = "standard");
  /// Sets how often people made from now on repeat a click without an answer (person::try_times).
  void set_tries_max(int tries_max) { tries_max_ = tries_max; }

private:
  int tries_max_ = 1;
  test::scratch folder_{"sys"};
  demo::local_stack stack_;
};

/// The stack of the test program: started by the first case that asks, ended with the run.
test_stack& shared(bool with_chain, const std::vector<std::string>& environment = {},
                   const std::function<void(demo::local_stack&)>& before_arrakis = {});

/// Returns true if `part` is in `text`.
bool contains(std::string_view text, std::string_view part);

/// Runs one of our programs to its end, at most 60 s: its exit code and what it printed.
std::pair<int, std::string> run(const std::string& program, const std::vector<std::string>& words,
                                const std::vector<std::string>& environment = {});

} // namespace arrakis::system_test
