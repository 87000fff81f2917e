#pragma once
// The words that the admin reads in the wizard's message when a deployment waits or has ended.
#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::jobs::synthesize_community {

/// The result of a completed deployment.
struct result {
  std::string community;
  size_t roles = 0, categories = 0, channels = 0;
  int64_t version = 1;
  std::vector<std::string> left_over;
  std::vector<std::string> doubled; ///< A sentence each.
};
/// Message body for a completed deployment.
std::string completed_body(const result&);
/// The button “Check progress”, which the wizard answers, as a row of its own.
boost::json::array progress_row(int64_t version);
/// Message body while a deployment waits; it continues without a click.
std::string waiting_body(int64_t version, std::string_view sentence);
/// Message body for a failed deployment, with the button Retry, which the wizard handles.
std::string failed_body(std::string_view community, int64_t version, std::string_view sentence);

} // namespace arrakis::jobs::synthesize_community
