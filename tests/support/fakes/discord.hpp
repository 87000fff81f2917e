#pragma once
// Discord as an HTTP server, for one guild and on the virtual clock: what our client sends changes a guild in
// memory. It counts what must never happen and fails on demand. The certified emulator with real limits is
// apps/sandbox.
#include "adapters/discord/rest/rest.hpp"
#include "schemas/guild.hpp"
#include "tests/support/sim_system.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace arrakis::test {

/// Discord's REST API for one guild.
class fake_discord {
public:
  /// The fate of a request: `point` names it ("POST /guilds/{}/roles"), and whether its effect was done.
  enum class fate {
    normal,
    lost,            ///< No effect, no answer: ec::unknown at the deadline.
    lost_after,      ///< The effect, and no answer.
    refused,         ///< ec::unavailable: not sent.
    error_502,       ///< No effect.
    error_502_after, ///< The effect, and a 502.
    limited,         ///< 429 of the user scope, 700 ms.
    blocked,         ///< 403 in HTML, of what lies before Discord's API.
    unknown_webhook, ///< 404 10015, as before the first answer of an interaction.
  };
  std::function<fate(const net::http_request&)> decide; ///< Empty: always normal.
  /// Discord's normalization of a name; empty: none.
  std::function<std::string(std::string)> fold_name;
  /// Answers in Discord's place, without an effect; nothing: Discord answers.
  std::function<std::optional<net::http_response>(const net::http_request&)> instead;

  guild::state guild;
  std::vector<guild::audit_entry> audit;
  std::map<snowflake, std::vector<snowflake>> members; ///< The roles of each member; the bot's are in `guild`.
  bool counts_members = true;                          ///< Discord tells how many members have each role.
  std::chrono::milliseconds audit_lag{0};              ///< Entries are shown this much later.
  std::chrono::milliseconds latency{20};
  std::chrono::milliseconds ahead{0}; ///< Of everybody else's clock; snowflakes are stamped by it.
  bool kicked = false;
  bool audit_readable = true;
  bool bot_known = true;             ///< The process knows its bot's user id.
  std::vector<std::string> writes;   ///< "POST /guilds/1/roles", in the order of arrival; only those with an effect.
  std::vector<std::string> reasons;  ///< Audit reasons of the changes of members.
  std::vector<std::string> messages; ///< Bodies of the wizard's message.
  std::vector<std::chrono::steady_clock::time_point> arrivals; ///< Of all but interactions.
  std::vector<snowflake> touched;                              ///< Roles and channels that were changed (not made).

  static constexpr snowflake guild_id{100'000'000'000'000'001}, bot{100'000'000'000'000'002},
    bot_role{100'000'000'000'000'003}, owner{100'000'000'000'000'004};

  explicit fake_discord(sim_system&, snowflake guild = guild_id);
  discord::transport transport();
  /// Milliseconds since the epoch on the virtual clock, as everybody but Discord has it.
  int64_t now_ms() const;
  snowflake next_id();
  /// As an admin does it by hand: a role is taken out of all overwrites, a category's channels stay without one.
  void remove_role(snowflake);
  void remove_channel(snowflake);
  guild::role& role(snowflake);
  guild::channel& channel(snowflake);
  /// By name; nullptr when there is none; the test counts them by itself.
  size_t count_roles(const std::string& name) const;
  size_t count_channels(const std::string& name) const;

  /// A request that arrives now.
  net::http_response answer(const net::http_request&);

private:
  struct shown {
    guild::audit_entry entry;
    std::chrono::steady_clock::time_point at;
  };
  net::http_response read(const std::string& path, const std::string& target);
  net::http_response write(const net::http_request&, const std::string& path);
  net::http_response read_member(snowflake) const;
  net::http_response change_member(const net::http_request&, const std::string& path);
  std::optional<net::http_response> refused(const boost::json::object& channel) const;
  net::http_response make_role(const boost::json::object&, const std::string& reason);
  net::http_response make_channel(const boost::json::object&, const std::string& reason);
  void fold(boost::json::object&) const;
  void note(snowflake target, int action, const std::string& reason);

  sim_system& sim_;
  caf::actor wire_;
  int64_t base_ms_;
  uint64_t sequence_ = 0;
  std::vector<shown> audit_times_;
};

} // namespace arrakis::test
