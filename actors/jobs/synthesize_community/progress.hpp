#pragma once
// The words that the admin reads in the wizard's message while a deployment runs and when it ends.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::jobs::synthesize_community {

struct progress {
  std::string community;
  std::string stage; ///< preparing, roles, categories, channels, finalising.
  size_t done = 0;
  size_t total = 0;
};
/// 0 to 100, rounded down.
int percent(const progress&);
/// Ten blocks, floor(percent / 10) of them filled.
std::string bar(int percent);

/// Bodies of PATCH @original: plain text, and the wizard's own embeds and buttons removed. Nobody is mentioned.
std::string running_body(const progress&);
struct result {
  std::string community;
  size_t roles = 0, categories = 0, channels = 0;
  int64_t version = 1;
  std::vector<std::string> left_over;
};
std::string completed_body(const result&);
/// It goes on by itself.
std::string waiting_body(int64_t version, std::string_view sentence);
/// With the button Retry, which the wizard answers.
std::string failed_body(std::string_view community, int64_t version, std::string_view sentence);

/// The queue's progress: {current, total, stage, message}.
std::string progress_json(const progress&);

} // namespace arrakis::jobs::synthesize_community
