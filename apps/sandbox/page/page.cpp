#include "apps/sandbox/page/page.hpp"

#include "apps/sandbox/page/built_in.hpp"
#include "runtime/file.hpp"

namespace arrakis::sandbox::page {
namespace {
constexpr size_t file_bytes_max = 4 << 20;

/// Of a folder only the names that were built in, and what was built in where it lacks one. Empty: no folder.
std::shared_ptr<const net::router::static_files> read(const std::string& folder) {
  std::map<std::string, std::string, std::less<>> all;
  for (const auto& each : built_in()) {
    std::string bytes{each.bytes};
    if (!folder.empty())
      if (auto text = file::read(folder + "/" + std::string{each.name}, file_bytes_max))
        bytes = std::move(*text);
    all.emplace(each.name, std::move(bytes));
  }
  return std::make_shared<const net::router::static_files>(std::move(all));
}
} // namespace

files::files(std::string folder) : folder_(std::move(folder)), built_in_(read({})) {}

std::shared_ptr<const net::router::static_files> files::now() const {
  return folder_.empty() ? built_in_ : read(folder_);
}
} // namespace arrakis::sandbox::page
