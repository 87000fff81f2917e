#include "actors/wizard/core/channel_page.hpp"

#include "actors/wizard/core/custom_id.hpp"
#include "runtime/foreign_text.hpp"

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
} // namespace

std::string channel_lines(const draft& d) {
  if (d.channel_template == "none")
    return "No channels.";
  std::string out;
  auto line = [&](const manifest_channel& c) {
    // No blank after the #: a line that begins with "# " is a heading in Discord's markdown.
    out += fmt::format("{}{}{}{}\n", c.type == "voice" ? "🔊 " : "#", for_message(c.name),
                       c.read_only ? " · read only" : "", who_sees(d, c.access_tiers));
  };
  for (auto& c : d.channels)
    if (!c.category_id)
      line(c);
  for (auto& g : d.categories) {
    out += bold(g.name) + "\n";
    for (auto& c : d.channels)
      if (c.category_id == g.id)
        line(c);
  }
  return out;
}

void channel_page(page& p, const record& r, const world& w) {
  p.text = "Which channels shall be made? Channels that are there are left alone.";
  p.field("Channels", r.draft.channel_template.empty() ? "" : channel_lines(r.draft));
  std::vector<option> options;
  if (r.draft.channel_template == "current")
    options.push_back({"As they are", "current", "The channels of the present version", true});
  for (auto& t : w.names.channels)
    options.push_back({t.name, t.id, t.description, t.id == r.draft.channel_template});
  options.push_back({"None", "none", "Roles only", r.draft.channel_template == "none"});
  p.row({select(component_id("channel-template", r), "Choose a template", options)});
  p.row({button(secondary, "Skip channels", component_id("skip", r))});
  walk_row(p, r, filled(r, w));
}

} // namespace arrakis::wizard::core
