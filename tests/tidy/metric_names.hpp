#pragma once
#include "tests/tidy/source.hpp"

namespace arrakis::tidy {
/// "name kind" of every metric that the code names, sorted: what schemas/golden/metrics.txt holds.
std::vector<std::string> metric_names(const std::vector<source>&);
} // namespace arrakis::tidy
