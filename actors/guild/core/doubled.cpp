#include "actors/guild/core/doubled.hpp"

#include "runtime/foreign_text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <map>

namespace arrakis::blueprint {
namespace {
using by_nonce = std::map<std::string_view, std::vector<snowflake>>;

/// The bot's creates, those of each nonce together.
by_nonce creates_of(const std::vector<guild::audit_entry>& entries, snowflake bot) {
  by_nonce out;
  for (const auto& e : entries) {
    const auto nonce = e.user == bot ? nonce_in(e.reason) : std::string_view{};
    auto& made = nonce.empty() ? out[{}] : out[nonce];
    if (!nonce.empty() && std::find(made.begin(), made.end(), e.target) == made.end())
      made.push_back(e.target); // A page of the log may hold an entry that another one holds too.
  }
  out.erase(std::string_view{});
  return out;
}

/// Kind and name of what has this id; empty: it is not in the guild.
doubled found_in(const guild::state& g, snowflake id) {
  for (const auto& r : g.roles)
    if (r.id == id)
      return {"role", r.name, id, {}};
  for (const auto& c : g.channels)
    if (c.id == id)
      return {c.type == guild::category ? "category" : "channel", c.name, id, {}};
  return {};
}
} // namespace

std::string_view nonce_in(std::string_view reason) {
  if (!reason.starts_with("Arrakis: ") || !reason.ends_with(']'))
    return {};
  const auto open = reason.rfind(" [");
  return open == std::string_view::npos ? std::string_view{} : reason.substr(open + 2, reason.size() - open - 3);
}

bool has_repeated_nonce(const std::vector<guild::audit_entry>& entries, snowflake bot) {
  const auto all = creates_of(entries, bot);
  return std::any_of(all.begin(), all.end(), [](const auto& each) { return each.second.size() > 1; });
}

std::vector<doubled> find_doubled(const guild::state& g, const std::vector<guild::audit_entry>& entries,
                                  const std::set<snowflake>& named) {
  std::vector<doubled> out;
  for (const auto& [nonce, made] : creates_of(entries, g.bot)) {
    const auto used = std::find_if(made.begin(), made.end(), [&](snowflake id) { return named.contains(id); });
    if (used == made.end())
      continue;
    for (const auto id : made)
      if (!named.contains(id))
        if (auto d = found_in(g, id); d.id) {
          d.used = *used;
          out.push_back(std::move(d));
        }
  }
  std::sort(out.begin(), out.end(), [](const doubled& a, const doubled& b) { return a.id < b.id; });
  return out;
}

std::string describe(const doubled& d) {
  return fmt::format("Discord made the {} {} twice: it carried out one request of ours late. The plan uses {}; nobody "
                     "uses {}. Delete {} if nobody needs it.",
                     d.kind, quoted(d.name), d.used.text(), d.id.text(), d.id.text());
}

} // namespace arrakis::blueprint
