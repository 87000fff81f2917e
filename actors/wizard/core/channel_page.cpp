#include "actors/wizard/core/channel_page.hpp"

#include "actors/guild/core/blueprint.hpp"
#include "actors/wizard/core/channels.hpp"
#include "actors/wizard/core/custom_id.hpp"
#include "runtime/foreign_text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace arrakis::wizard::core {
namespace {
std::string who_sees(const draft& d, const std::vector<std::string>& tiers) {
  std::string out;
  for (auto& id : tiers)
    for (auto& t : d.tiers)
      if (t.id == id)
        out += (out.empty() ? "" : ", ") + for_message(t.name);
  return out.empty() ? "" : " (only " + out + ")";
}

/// The plan then does not say who sees it.
std::string existing_text(const std::optional<snowflake>& existing) {
  return existing ? fmt::format(" → <#{}>, as it is", existing->text()) : std::string{};
}

std::string label_of(const draft& d, const channel_item& item) {
  if (item.is_category)
    return name_of(d, item) + " (category)";
  return (d.channels[item.index].type == "voice" ? "🔊 " : "#") + name_of(d, item);
}

std::string label_of(const guild::channel& c) {
  return c.type == guild::category ? c.name : (c.type == guild::voice ? "🔊 " : "#") + c.name;
}

std::vector<option> item_options(const draft& d, const std::vector<channel_item>& items, size_t focus) {
  std::vector<option> out;
  const auto first = focus / options_max * options_max;
  for (size_t i = first; i < items.size() && i < first + options_max; ++i)
    out.push_back({label_of(d, items[i]), std::to_string(i),
                   existing_of(d, items[i]) ? "One that is there" : "To be made", i == focus});
  return out;
}

/// The menus in which something of the server is chosen for one channel or category of the plan.
void existing_rows(page& p, const record& r, const context& ctx) {
  constexpr size_t choices_a_page = options_max - 1; // One is “make a new one”.
  const auto items = channel_items(r.draft);
  if (items.empty())
    return;
  const auto focus = std::min(r.focus.channel_item, items.size() - 1);
  const auto& item = items[focus];
  const auto now = existing_of(r.draft, item);
  p.row(
    {select(component_id("channel-pick", r), "Channel or category of the plan", item_options(r.draft, items, focus))});
  if (!ctx.facts) {
    p.text += "\nThe server's channels could not be read just now, so new ones are made.";
    return;
  }
  const auto all = choosable(r.draft, item, *ctx.facts);
  const auto pages = std::max<size_t>(1, (all.size() + choices_a_page - 1) / choices_a_page);
  const auto first = (r.focus.role_page % pages) * choices_a_page;
  std::vector<option> choices{
    {item.is_category ? "Make a new category" : "Make a new channel", "create_new", "", !now}};
  for (size_t i = first; i < all.size() && i < first + choices_a_page; ++i)
    choices.push_back({"Use " + label_of(all[i]), all[i].id.text(), describe(all[i], *ctx.facts), now == all[i].id});
  p.row(
    {select(component_id("channel-use", r), cut("What " + for_label(label_of(r.draft, item)) + " shall be"), choices)});
  if (pages > 1)
    p.row({button(secondary, fmt::format("More channels ({}/{})", r.focus.role_page % pages + 1, pages),
                  component_id("more-channels", r))});
}
} // namespace

std::string channel_lines(const draft& d) {
  if (d.channel_template == "none")
    return "No channels.";
  std::string out;
  auto line = [&](const manifest_channel& c) {
    // No blank after the #: a line that begins with "# " is a heading in Discord's markdown.
    out += fmt::format("{}{}", c.type == "voice" ? "🔊 " : "#", for_message(c.name));
    out += c.existing ? existing_text(c.existing) : (c.read_only ? " · read only" : "") + who_sees(d, c.access_tiers);
    out += "\n";
  };
  for (auto& c : d.channels)
    if (!c.category_id)
      line(c);
  for (auto& g : d.categories) {
    out += bold(g.name) + existing_text(g.existing) + "\n";
    for (auto& c : d.channels)
      if (c.category_id == g.id)
        line(c);
  }
  return out;
}

void channel_page(page& p, const record& r, const context& ctx) {
  p.text = "Which channels shall there be? New ones are made unless you choose ones that are there. Those stay as they "
           "are: who sees them is not changed, and nothing in them is.";
  p.field("Channels", r.draft.channel_template.empty() ? "" : channel_lines(r.draft));
  std::vector<option> options;
  if (r.draft.channel_template == "current")
    options.push_back({"As they are", "current", "The channels of the present version", true});
  for (auto& t : ctx.names.channels)
    options.push_back({t.name, t.id, t.description, t.id == r.draft.channel_template});
  options.push_back({"None", "none", "Roles only", r.draft.channel_template == "none"});
  p.row({select(component_id("channel-template", r), "Choose a template", options)});
  existing_rows(p, r, ctx);
  walk_row(p, r, filled(r, ctx));
  p.rows.back().at("components").as_array().push_back(button(secondary, "Skip channels", component_id("skip", r)));
}

} // namespace arrakis::wizard::core
