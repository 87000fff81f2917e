#include "actors/guild/core/applied.hpp"

#include <algorithm>

namespace arrakis::blueprint {

std::optional<fields> find_actual(const guild::state& g, const std::string& kind, snowflake id) {
  const auto in = [&](const auto& list) {
    const auto found = std::find_if(list.begin(), list.end(), [&](const auto& x) { return x.id == id; });
    return found == list.end() ? std::nullopt : std::optional{actual(*found)};
  };
  return kind == "role" ? in(g.roles) : in(g.channels);
}

bool is_convertible(const fields& from, const fields& to) {
  const auto* a = std::get_if<channel_fields>(&from);
  const auto* b = std::get_if<channel_fields>(&to);
  if (!a || !b || a->type == b->type)
    return a != nullptr == (b != nullptr);
  const auto swaps = [](int type) { return type == guild::text || type == guild::announcement; };
  return swaps(a->type) && swaps(b->type);
}

namespace {
/// True where `now` can become what the manifest has under this key; true for what it does not have.
bool can_become(const manifest& m, const key& of, const fields& now) {
  if (of.kind == "category")
    return is_convertible(now, channel_fields{.type = guild::category});
  for (const auto& c : m.channels)
    if (of == key{"channel", c.id})
      return is_convertible(now, channel_fields{.type = channel_type(c.type)});
  return true;
}
} // namespace

ids known_ids(const manifest& m, const std::vector<manifests::shadow_entry>& applied, const guild::state& g) {
  ids known;
  for (const auto& entry : applied)
    if (find_actual(g, entry.kind, entry.id) && !is_chosen(entry.fields_json))
      known[{entry.kind, entry.resource}] = entry.id;
  std::erase_if(known, [&](const auto& x) { return !can_become(m, x.first, *find_actual(g, x.first.kind, x.second)); });
  for (const auto& r : resources(m))
    if (r.existing)
      known[r.key] = *r.existing;
  return known;
}

std::vector<manifests::shadow_entry> left_over(const manifest& m, const std::vector<manifests::shadow_entry>& shadow,
                                               const ids& known, const guild::state& g) {
  const auto wanted_now = resources(m);
  std::vector<manifests::shadow_entry> list;
  for (const auto& entry : shadow) {
    const auto found = known.find({entry.kind, entry.resource});
    const bool kept = found != known.end() && found->second == entry.id
                   && std::any_of(wanted_now.begin(), wanted_now.end(),
                                  [&](const resource& r) { return r.key == found->first; });
    if (!kept && find_actual(g, entry.kind, entry.id) && !is_chosen(entry.fields_json))
      list.push_back(entry);
  }
  return list;
}

} // namespace arrakis::blueprint
