#include "actors/jobs/synthesize_community/progress.hpp"

#include "actors/wizard/messages.hpp"
#include "runtime/foreign_text.hpp"

#include <array>
#include <boost/json.hpp>
#include <fmt/format.h>

namespace arrakis::jobs::synthesize_community {
namespace {
constexpr std::array stages{"preparing", "roles", "categories", "channels", "finalising"};
constexpr std::array stage_names{"Community record", "Roles", "Categories", "Channels and permissions", "Finishing"};
constexpr size_t left_over_shown = 10;

/// "9 roles, 1 category and 4 channels", without those of which there are none.
std::string counted(const result& r) {
  std::vector<std::string> parts;
  const auto add = [&](size_t n, std::string_view one, std::string_view many) {
    if (n > 0)
      parts.push_back(fmt::format("{} {}", n, n == 1 ? one : many));
  };
  add(r.roles, "role", "roles");
  add(r.categories, "category", "categories");
  add(r.channels, "channel", "channels");
  std::string out = parts.empty() ? "Nothing had to be" : "";
  for (size_t i = 0; i < parts.size(); ++i)
    out += (i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ") + parts[i];
  return out;
}

std::string body(std::string text, boost::json::array components = {}) {
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
} // namespace

int percent(const progress& p) { return p.total == 0 ? 0 : static_cast<int>(p.done * 100 / p.total); }

std::string bar(int of_hundred) {
  std::string blocks;
  for (int i = 0; i < 10; ++i)
    blocks += i < of_hundred / 10 ? "▰" : "▱";
  return blocks;
}

std::string running_body(const progress& p) {
  auto text = fmt::format("**Building {}**\n{} {} %\n", for_message(p.community), bar(percent(p)), percent(p));
  bool before = true;
  for (size_t i = 0; i < stages.size(); ++i) {
    const bool now = p.stage == stages[i];
    before = before && !now;
    text += fmt::format("\n{} {}", now ? "▶" : before ? "✅" : "·", stage_names[i]);
  }
  return body(std::move(text));
}

std::string completed_body(const result& r) {
  auto text = fmt::format("{} (version {})\n{} 100 %\n\n{} set up. `/reconcile` shows what somebody changes later.",
                          bold(r.community + " is ready"), r.version, bar(100), counted(r));
  if (!r.left_over.empty())
    text += "\n\nRemoved from the plan, and still in your server. Delete what nobody needs:";
  for (size_t i = 0; i < r.left_over.size() && i < left_over_shown; ++i)
    text += "\n- " + r.left_over[i];
  if (r.left_over.size() > left_over_shown)
    text += fmt::format("\n- and {} more", r.left_over.size() - left_over_shown);
  return body(std::move(text));
}

std::string waiting_body(int64_t version, std::string_view sentence) {
  return body(fmt::format("**Version {} waits**\n\n{}\n\n`/resume` shows how it stands.", version, sentence));
}

std::string failed_body(std::string_view community, int64_t version, std::string_view sentence) {
  // docs/components/reference: an action row (1) with one button (2) of the primary style (1).
  const boost::json::object retry{
    {"type", 2}, {"style", 1}, {"label", "Retry"}, {"custom_id", wizard::retry_button_id(version)}};
  return body(fmt::format("{}\n\n{}\n\nWhat is made already stays and is used. `/resume` shows "
                          "this again.",
                          bold(std::string{community} + " could not be built"), sentence),
              {boost::json::object{{"type", 1}, {"components", boost::json::array{retry}}}});
}

std::string progress_json(const progress& p) {
  return boost::json::serialize(boost::json::object{
    {"current", p.done}, {"total", p.total}, {"stage", p.stage}, {"message", fmt::format("{} %", percent(p))}});
}
} // namespace arrakis::jobs::synthesize_community
