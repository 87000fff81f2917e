#pragma once
#include "runtime/config_file.hpp"

#include <vector>

namespace arrakis::wizard::core {
/// The files of config/themes and config/templates.
const std::vector<config_file>& config_files();
} // namespace arrakis::wizard::core
