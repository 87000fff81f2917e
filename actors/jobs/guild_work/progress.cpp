#include "actors/jobs/guild_work/progress.hpp"

#include "actors/guild/core/progress.hpp"
#include "runtime/foreign_text.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fmt/format.h>

namespace arrakis::jobs::guild_work {
namespace {
constexpr size_t lines_shown = 10;

std::string capitalised(std::string_view name) {
  std::string out{name};
  if (!out.empty() && out[0] >= 'a' && out[0] <= 'z')
    out[0] = static_cast<char>(out[0] - 'a' + 'A');
  return out;
}
} // namespace

std::string counted(size_t roles, size_t categories, size_t channels) {
  std::vector<std::string> parts;
  const auto add = [&](size_t n, std::string_view one, std::string_view many) {
    if (n > 0)
      parts.push_back(fmt::format("{} {}", n, n == 1 ? one : many));
  };
  add(roles, "role", "roles");
  add(categories, "category", "categories");
  add(channels, "channel", "channels");
  std::string out;
  for (size_t i = 0; i < parts.size(); ++i)
    out += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
  return out;
}

std::string listed(const std::vector<std::string>& lines) {
  std::string out;
  for (size_t i = 0; i < lines.size() && i < lines_shown; ++i)
    out += "\n- " + lines[i];
  if (lines.size() > lines_shown)
    out += fmt::format("\n- and {} more", lines.size() - lines_shown);
  return out;
}

std::string message_body(std::string text, boost::json::array components) {
  // docs/resources/message: content has at most 2000 characters.
  if (text.size() > 1900) {
    size_t cut = 1900;
    while ((static_cast<unsigned char>(text[cut]) & 0xC0) == 0x80)
      --cut; // Never inside a character.
    text = text.substr(0, cut) + "…";
  }
  return boost::json::serialize(boost::json::object{{"content", text},
                                                    {"embeds", boost::json::array{}},
                                                    {"components", std::move(components)},
                                                    {"allowed_mentions", {{"parse", boost::json::array{}}}}});
}
std::string message_body(std::string text) { return message_body(std::move(text), {}); }

std::string running_body(const progress& p, boost::json::array components, std::string_view progress_hint) {
  const blueprint::progress_count count{p.done, p.total};
  auto text = fmt::format("{}\n{}", bold(p.title), blueprint::bar(blueprint::percent(count)));
  if (count.total > 0) // Known once the plan is there.
    text += " · " + blueprint::resources_text(count);
  text += "\n";
  bool before = true;
  for (const auto& stage : blueprint::stages) {
    const bool now = p.stage == stage.id;
    before = before && !now;
    text += fmt::format("\n{} {}", now ? "▶" : before ? "✅" : "·", capitalised(stage.name));
  }
  if (!progress_hint.empty())
    text += fmt::format("\n\nStill under way. This message cannot follow it much longer: {}.", progress_hint);
  return message_body(std::move(text), std::move(components));
}

std::string progress_json(const progress& p) {
  return boost::json::serialize(
    boost::json::object{{"current", p.done},
                        {"total", p.total},
                        {"stage", p.stage},
                        {"message", fmt::format("{} %", blueprint::percent({p.done, p.total}))}});
}
} // namespace arrakis::jobs::guild_work
