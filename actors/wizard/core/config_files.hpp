#pragma once
#include <string_view>
#include <vector>

namespace arrakis::wizard::core {
struct config_file {
  std::string_view kind;
  std::string_view stem;
  std::string_view text;
};
/// The files of config/ as they were when this program was built.
const std::vector<config_file>& config_files();
} // namespace arrakis::wizard::core
