#include "actors/guild/core/manifest_names.hpp"

#include "actors/guild/core/blueprint.hpp"
#include "runtime/unicode.hpp"

#include <fmt/format.h>

namespace arrakis {
namespace {
constexpr size_t characters_max = 100; // Discord, of roles and channels.

/// Why `name` cannot be one; empty: it can.
std::string name_error(std::string_view name) {
  if (const auto flaw = unicode::name_flaw(name))
    return unicode::describe(*flaw) + ": leave it out";
  if (!unicode::has_visible(name))
    return "nothing of it can be seen: use letters, digits or signs";
  return {};
}

std::string name_error(const manifest_channel& channel) {
  if (auto error = name_error(channel.name); !error.empty())
    return error;
  const auto written = blueprint::channel_name(channel.name, blueprint::channel_type(channel.type));
  if (!unicode::has_visible(written))
    return "Discord leaves nothing of it: use letters or digits";
  if (const auto length = unicode::length(written); length > characters_max)
    return fmt::format("in lower case it has {} characters; at most {} are allowed", length, characters_max);
  return {};
}

caf::error refuse(const std::string& pointer, const std::string& error) {
  return error.empty() ? caf::error{} : fail(ec::invalid, fmt::format("manifest {}/name: {}", pointer, error));
}

template <class T>
caf::error check_list(const std::vector<T>& list, std::string_view kind) {
  for (size_t i = 0; i < list.size(); ++i)
    if (auto error = refuse(fmt::format("/{}/{}", kind, i), name_error(list[i].name)))
      return error;
  return {};
}
} // namespace

caf::error check_names(const manifest& m) {
  for (auto error :
       {refuse("/community", name_error(m.community_name)), check_list(m.tiers, "tiers"), check_list(m.roles, "roles"),
        check_list(m.categories, "categories"), check_list(m.rules, "rules")})
    if (error)
      return error;
  for (size_t i = 0; i < m.channels.size(); ++i)
    if (auto error = refuse(fmt::format("/channels/{}", i), name_error(m.channels[i])))
      return error;
  return {};
}

} // namespace arrakis
