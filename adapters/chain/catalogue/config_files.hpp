#pragma once
#include "runtime/config_file.hpp"

#include <vector>

namespace arrakis::chain {
/// The files of config/chains.
const std::vector<config_file>& config_files();
} // namespace arrakis::chain
