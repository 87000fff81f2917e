#pragma once
#include "tests/tidy/source.hpp"

namespace arrakis::tidy {
/// Returns "name kind" of every metric that the code names, sorted: the lines of schemas/golden/metrics.txt.
std::vector<std::string> metric_names(const std::vector<source>&);
} // namespace arrakis::tidy
