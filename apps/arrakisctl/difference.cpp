#include "apps/arrakisctl/difference.hpp"

#include "runtime/json.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <map>

namespace arrakis::ctl {
namespace {
namespace bj = boost::json;
using members = std::map<std::string, const bj::value*>;

members members_of(const bj::value& v) {
  members out;
  if (const auto* object = v.if_object())
    for (const auto& m : *object)
      out[std::string{m.key()}] = &m.value();
  if (const auto* array = v.if_array())
    for (size_t i = 0; i < array->size(); ++i) {
      const auto* one = array->at(i).if_object();
      const auto id = one ? std::string{json::text_or(*one, "id")} : std::string{};
      out[id.empty() ? std::to_string(i) : id] = &array->at(i);
    }
  return out;
}

void compare(const std::string& path, const bj::value& before, const bj::value& after, std::vector<std::string>& out) {
  if (before == after)
    return;
  const bool objects = before.is_object() && after.is_object(), arrays = before.is_array() && after.is_array();
  if (!objects && !arrays) {
    out.push_back(fmt::format("~ {}: {} -> {}", path, json::print(before), json::print(after)));
    return;
  }
  const auto old = members_of(before), now = members_of(after);
  for (const auto& [name, value] : old)
    if (!now.contains(name))
      out.push_back(fmt::format("- {}/{}: {}", path, name, json::print(*value)));
  for (const auto& [name, value] : now)
    if (const auto same = old.find(name); same == old.end())
      out.push_back(fmt::format("+ {}/{}: {}", path, name, json::print(*value)));
    else
      compare(path + "/" + name, *same->second, *value, out);
}
} // namespace

std::vector<std::string> difference(const bj::value& before, const bj::value& after) {
  std::vector<std::string> out;
  compare("", before, after, out);
  return out;
}
} // namespace arrakis::ctl
