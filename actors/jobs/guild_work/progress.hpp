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
/// "9 roles, 1 category and 4 channels", without those of which there are none; empty: nothing at all.
std::string counted(size_t roles, size_t categories, size_t channels);
/// A line for each of the first ten, and how many more there are; begins with a line break.
std::string listed(const std::vector<std::string>&);

/// Bodies of PATCH @original: plain text, and the embeds and buttons that were there removed. Nobody is mentioned. What
/// is longer than Discord takes is cut.
std::string message_body(std::string text, boost::json::array components);
std::string message_body(std::string text);
/// `progress_hint` says how to see its progress elsewhere, as the message cannot follow much longer. Empty: it still
/// can.
std::string running_body(const progress&, boost::json::array components, std::string_view progress_hint = {});

/// The queue's progress: {current, total, stage, message}.
std::string progress_json(const progress&);

} // namespace arrakis::jobs::guild_work
