#pragma once
// The words that the admin reads in the message while work at a guild goes on.
#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::jobs::guild_work {

/// Progress of one job at a guild.
struct progress {
  std::string title; ///< "Building Tabr"; shown bold.
  std::string stage; ///< The id of one of blueprint::stages.
  size_t done = 0;
  size_t total = 0;
};
/// Counts as text, "9 roles, 1 category and 4 channels", without zero counts; empty: all are zero.
std::string counted(size_t roles, size_t categories, size_t channels);
/// Lines for a list: a line break, the first ten entries, and the number of further ones.
std::string listed(const std::vector<std::string>&);

/// Body of PATCH @original: plain text with `components`; removes embeds and earlier buttons. Mentions nobody. Cuts
/// text beyond Discord's limit.
std::string message_body(std::string text, boost::json::array components);
std::string message_body(std::string text);
/// Body of PATCH @original while the work runs. `progress_hint`: how to see progress elsewhere once the message can no
/// longer be edited; empty: it still can.
std::string running_body(const progress&, boost::json::array components, std::string_view progress_hint = {});

/// JSON for the queue's job progress: {current, total, stage, message}.
std::string progress_json(const progress&);

} // namespace arrakis::jobs::guild_work
