#include "actors/wizard/core/channels.hpp"

#include "actors/guild/core/applied.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <tuple>

namespace arrakis::wizard::core {
namespace {
const guild::channel* category_of(const guild::channel& c, const guild::state& g) {
  const auto found = std::ranges::find(g.channels, c.parent, &guild::channel::id);
  return c.parent && found != g.channels.end() ? &*found : nullptr;
}
} // namespace

std::vector<channel_item> channel_items(const draft& d) {
  std::vector<channel_item> out;
  const auto add_channels = [&](const std::optional<std::string>& category) {
    for (size_t i = 0; i < d.channels.size(); ++i)
      if (d.channels[i].category_id == category)
        out.push_back({false, i});
  };
  add_channels(std::nullopt);
  for (size_t i = 0; i < d.categories.size(); ++i) {
    out.push_back({true, i});
    add_channels(d.categories[i].id);
  }
  return out;
}

const std::string& name_of(const draft& d, const channel_item& item) {
  return item.is_category ? d.categories.at(item.index).name : d.channels.at(item.index).name;
}

std::optional<snowflake> existing_of(const draft& d, const channel_item& item) {
  return item.is_category ? d.categories.at(item.index).existing : d.channels.at(item.index).existing;
}

void set_existing(draft& d, const channel_item& item, std::optional<snowflake> to) {
  (item.is_category ? d.categories.at(item.index).existing : d.channels.at(item.index).existing) = to;
}

std::vector<guild::channel> choosable(const draft& d, const channel_item& item, const guild::state& g) {
  const auto type = item.is_category ? int{guild::category} : blueprint::channel_type(d.channels.at(item.index).type);
  auto out = g.channels;
  std::erase_if(out, [&](const auto& c) {
    return !blueprint::is_convertible(blueprint::actual(c), blueprint::channel_fields{.type = type});
  });
  const auto place = [&](const guild::channel& c) {
    const auto* category = category_of(c, g);
    return std::tuple{category ? category->position : -1, category ? category->id : snowflake{}, c.position, c.id};
  };
  std::ranges::sort(out, [&](const auto& a, const auto& b) { return place(a) < place(b); });
  return out;
}

std::string describe(const guild::channel& c, const guild::state& g) {
  if (c.type == guild::category)
    return fmt::format("Category, {} channels",
                       std::ranges::count_if(g.channels, [&](const auto& x) { return x.parent == c.id; }));
  const auto* category = category_of(c, g);
  return category ? "In " + category->name : std::string{"Without a category"};
}

} // namespace arrakis::wizard::core
