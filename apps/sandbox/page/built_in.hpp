#pragma once
#include <string_view>
#include <vector>

namespace arrakis::sandbox::page {
/// A file of the page.
struct built_in_file {
  std::string_view name, bytes;
};
/// Files of the page, embedded by the build.
const std::vector<built_in_file>& built_in();
} // namespace arrakis::sandbox::page
