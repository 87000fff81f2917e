#pragma once
// A guild of the simulation: Discord's side of it, what was there before us, and its people.
#include "tests/support/fakes/discord.hpp"

#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

namespace arrakis::simulation {
class simulated_cluster;
class simulated_guild;

/// An interaction and what Discord knows of it.
struct click {
  std::shared_ptr<const interaction> what;
  std::chrono::steady_clock::time_point made_at;
  bool acknowledged = false; ///< The first answer arrived; the message exists.
};

/// An admin who walks through the wizard as the screens offer it, with double clicks, lost patience and /resume.
class person {
public:
  person(simulated_cluster&, simulated_guild&, snowflake user, int goals);
  void begin();
  /// Discord shows something: `type` as of an interaction's callback, or 0 for an edit or a further message.
  void sees(int type, const std::string& text);
  bool done() const { return goals_left_ <= 0; }

private:
  void turn();
  void decide();
  void review();
  void command(const std::string& name);
  void press(const std::string& action, std::vector<std::string> values = {});
  void submit(const std::string& modal);
  void send(std::shared_ptr<interaction>, bool twice = false);
  std::shared_ptr<interaction> made(interaction_kind);
  /// The custom id of a control of the present screen that is enabled; empty: there is none.
  std::string control(const std::string& action) const;
  bool at(std::string_view title) const { return screen_.find(title) != std::string::npos; }
  void next_goal();

  simulated_cluster& cluster_;
  simulated_guild& guild_;
  snowflake user_;
  int goals_left_;
  int turns_ = 0, refreshes_ = 0, edits_ = 0;
  bool waits_ = false;
  std::chrono::steady_clock::time_point asked_at_{};
  std::string screen_;
  std::string modal_; ///< The open modal.
};

/// One guild of the simulation.
class simulated_guild {
public:
  simulated_guild(simulated_cluster&, snowflake id);
  const snowflake id;
  test::fake_discord discord;
  std::vector<guild::role> foreign_roles; ///< As they were before us.
  std::vector<guild::channel> foreign_channels;
  /// A freeze or thaw.
  struct order {
    std::chrono::steady_clock::time_point at;
    std::string status;
    int64_t fence = 0;
  };
  std::vector<order> orders; ///< Freezes and thaws.
  std::vector<std::unique_ptr<person>> people;
  std::map<std::string, std::pair<click, person*>> clicks; ///< By token.
  int direct = 0;                                          ///< Versions that come past the wizard.
  bool asking = false;                                     ///< One of them is on its way.

  /// Discord's answer to a callback or webhook; of an interaction.
  net::http_response converse(const net::http_request&);
  /// An operator deploys a manifest through a process of ours, with the same key until it is certain.
  void deploy_directly();

private:
  void try_direct(std::shared_ptr<const manifest>, std::string key, int64_t base, int tries);
  simulated_cluster& cluster_;
  uint64_t keys_ = 0;
  std::map<std::string, std::string> accepted_; ///< Key to deployment.
};

} // namespace arrakis::simulation
