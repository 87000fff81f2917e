#include "actors/wizard/core/channels.hpp"
#include "actors/wizard/core/decisions.hpp"
#include "actors/wizard/core/plan.hpp"
#include "runtime/foreign_text.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

namespace arrakis::wizard::core {
namespace {

decision choose_template(record r, const event& e, const context& ctx) {
  r.focus = {};
  if (e.values.size() == 1 && e.values[0] == "none") {
    skip_channels(r.draft);
    return show(std::move(r));
  }
  if (e.values.size() == 1 && e.values[0] == "current" && r.draft.channel_template == "current")
    return show(std::move(r));
  const auto* chosen = e.values.size() == 1 ? ctx.names.find_channels(e.values[0]) : nullptr;
  if (!chosen)
    return refuse("Channels: choose one of the menu.");
  choose_channels(r.draft, *chosen);
  return show(std::move(r));
}

decision pick(record r, const event& e) {
  size_t item = 0;
  const auto& text = e.values.size() == 1 ? e.values[0] : std::string{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), item);
  if (text.empty() || error != std::errc{} || end != text.data() + text.size() || item >= channel_items(r.draft).size())
    return refuse("Channel or category: choose one of the menu.");
  r.focus.channel_item = item;
  r.focus.role_page = 0;
  return show(std::move(r));
}

decision choose_existing(record r, const event& e, const context& ctx) {
  const auto items = channel_items(r.draft);
  if (r.focus.channel_item >= items.size() || e.values.size() != 1)
    return wrong_step();
  const auto& item = items[r.focus.channel_item];
  if (e.values[0] == "create_new") {
    set_existing(r.draft, item, std::nullopt);
    return show(std::move(r));
  }
  if (!ctx.facts)
    return refuse("The server's channels could not be read just now. Try again in a moment.");
  const auto id = parse_snowflake(e.values[0]);
  const auto choices = choosable(r.draft, item, *ctx.facts);
  const auto chosen = std::ranges::find_if(choices, [&](const auto& c) { return id && c.id == *id; });
  if (chosen == choices.end())
    return refuse("This channel is gone, or of another type. Choose another one.");
  for (const auto& other : items)
    if (other != item && existing_of(r.draft, other) == id)
      return refuse(fmt::format("{} stands for {} already. Choose another one.", quoted(chosen->name),
                                quoted(name_of(r.draft, other))));
  set_existing(r.draft, item, id);
  return show(std::move(r));
}
} // namespace

decision click_in_channels(const record& r, const event& e, const context& ctx) {
  if (e.action == "channel-template")
    return choose_template(r, e, ctx);
  if (e.action == "channel-pick")
    return pick(r, e);
  if (e.action == "channel-use")
    return choose_existing(r, e, ctx);
  if (e.action == "more-channels") {
    auto next = r;
    ++next.focus.role_page;
    return show(std::move(next));
  }
  return wrong_step();
}

} // namespace arrakis::wizard::core
