#include "apps/sandbox/page/page.hpp"

#include "apps/sandbox/page/built_in.hpp"
#include "runtime/file.hpp"

namespace arrakis::sandbox::page {
namespace {
std::string_view type_of(std::string_view name) {
  if (name.ends_with(".css"))
    return "text/css; charset=utf-8";
  if (name.ends_with(".js"))
    return "text/javascript; charset=utf-8";
  return "text/html; charset=utf-8";
}
} // namespace

net::http_response files::serve(const std::string& path) const {
  const std::string name = path == "/" ? "index.html" : path.substr(1);
  for (const auto& each : built_in()) {
    if (each.name != name) // only names that were built in: no path of a stranger reaches the disk
      continue;
    std::string bytes(each.bytes);
    if (!folder_.empty())
      if (auto text = file::read(folder_ + "/" + name, 4 << 20))
        bytes = std::move(*text);
    return {200, {{"Content-Type", std::string(type_of(name))}, {"Cache-Control", "no-store"}}, std::move(bytes)};
  }
  return {404, {{"Content-Type", "text/plain"}}, "Not found\n"};
}
} // namespace arrakis::sandbox::page
