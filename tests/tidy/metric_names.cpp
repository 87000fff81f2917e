#include "tests/tidy/metric_names.hpp"

#include <set>

namespace arrakis::tidy {
std::vector<std::string> metric_names(const std::vector<source>& files) {
  constexpr std::pair<std::string_view, std::string_view> calls[]{{"metrics::count(", "counter"},
                                                                  {"metrics::counter_of(", "counter"},
                                                                  {"metrics::set(", "gauge"},
                                                                  {"metrics::observe(", "histogram"},
                                                                  {"metrics::histogram_of(", "histogram"}};
  std::set<std::string> names;
  for (const auto& file : files) {
    if (!file.is_cpp() || file.is_test())
      continue;
    for (const auto& [call, kind] : calls)
      for (auto at = file.code.find(call); at != std::string::npos; at = file.code.find(call, at + 1)) {
        const auto open = file.code.find_first_not_of(" \n", at + call.size());
        if (open == std::string::npos || file.code[open] != '"')
          continue; // A name that is a variable; its values stand elsewhere as literals.
        const auto close = file.text.find('"', open + 1);
        names.insert(file.text.substr(open + 1, close - open - 1) + " " + std::string{kind});
      }
  }
  return {names.begin(), names.end()};
}
} // namespace arrakis::tidy
