#include "actors/wizard/core/tiers.hpp"

#include "actors/wizard/core/catalogue.hpp"
#include "actors/wizard/core/names.hpp"
#include "actors/wizard/core/plan.hpp"
#include "actors/wizard/core/rules.hpp"
#include "runtime/assert.hpp"
#include "runtime/foreign_text.hpp"
#include "runtime/unicode.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <set>

namespace arrakis::wizard::core {
namespace {
/// The templates' last tier ends here, which is to say nowhere.
constexpr int64_t rank_without_end = 999'999;
constexpr int64_t rank_max = 9'007'199'254'740'991; // As the manifest's schema has it.

bool is_open(const std::optional<int64_t>& max_rank) { return !max_rank || *max_rank >= rank_without_end; }

std::string field(const form_fields& fields, const char* name) {
  const auto found = fields.find(name);
  return found == fields.end() ? std::string{} : std::string{unicode::trimmed(found->second)};
}

std::optional<int64_t> read_rank(std::string_view text) {
  int64_t value = 0;
  text = unicode::trimmed(text);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool whole = error == std::errc{} && end == text.data() + text.size();
  return whole && value >= 1 && value <= rank_max ? std::optional{value} : std::nullopt;
}

/// "5", "1-10", "1–10", "51+", "51 and below".
std::optional<tier_rule> read_ranks(std::string text) {
  for (const std::string_view dash : {"–", "—", "−", " to "})
    for (size_t at; (at = text.find(dash)) != std::string::npos;)
      text.replace(at, dash.size(), "-");
  const std::string_view typed = text;
  for (const std::string_view open : {"+", "and below", "or below"})
    if (typed.ends_with(open)) {
      const auto first = read_rank(typed.substr(0, typed.size() - open.size()));
      return first ? std::optional{tier_rule{*first, std::nullopt, std::nullopt}} : std::nullopt;
    }
  const auto dash = typed.find('-');
  const auto first = read_rank(typed.substr(0, dash));
  const auto last = dash == std::string_view::npos ? first : read_rank(typed.substr(dash + 1));
  if (!first || !last || *last < *first)
    return std::nullopt;
  return tier_rule{*first, *last, std::nullopt};
}

/// The asset that ranks the members; null: there are no assets yet.
const manifest_asset* ranked(const draft& d) {
  const auto found = std::ranges::find(d.assets, ranked_asset(d), &manifest_asset::id);
  return found == d.assets.end() ? nullptr : &*found;
}

int decimals_of_ranked(const draft& d) {
  constexpr int usual = 18;
  const auto* asset = ranked(d);
  return asset == nullptr ? usual : std::clamp(asset->decimals, 0, decimals_max);
}

caf::expected<tier_rule> read_rule(const std::string& ranks, const std::string& amount, const draft& d) {
  if (ranks.empty() == amount.empty())
    return fail(ec::invalid,
                ranks.empty()
                  ? "Who gets the tier: give its ranks, such as `1-10`, or an amount to hold, such as `500`."
                  : "Who gets the tier: give ranks or an amount, not both. Empty one of the two.");
  if (ranks.empty()) {
    auto checked = check_amount(amount, decimals_of_ranked(d));
    if (checked)
      return tier_rule{1, std::nullopt, std::move(*checked)};
    constexpr std::string_view label = "Minimum balance";
    auto why = text_of(checked.error());
    return fail(ec::invalid, why.starts_with(label) ? "Amount" + why.substr(label.size()) : why);
  }
  const auto rule = read_ranks(ranks);
  if (!rule)
    return fail(ec::invalid,
                "Ranks: `1-10` for ranks 1 to 10, `5` for rank 5 alone, `51+` for rank 51 and below. Rank 1 "
                "is the member who holds the most.");
  return *rule;
}

std::optional<bool> read_yes(const std::string& typed) {
  const auto word = unicode::lower(typed);
  for (const auto* yes : {"yes", "y", "true", "on"})
    if (word == yes)
      return true;
  for (const auto* no : {"no", "n", "false", "off", ""})
    if (word == no)
      return false;
  return std::nullopt;
}

/// -1, 0, 1 as `a` is less than, equal to or more than `b`: decimal texts without zeros at their ends.
int compare_amounts(std::string_view a, std::string_view b) {
  const auto whole = [](std::string_view x) { return x.substr(0, x.find('.')); };
  const auto rest = [](std::string_view x) {
    return x.find('.') == std::string_view::npos ? std::string_view{} : x.substr(x.find('.') + 1);
  };
  if (whole(a).size() != whole(b).size())
    return whole(a).size() < whole(b).size() ? -1 : 1;
  const auto order = whole(a) != whole(b) ? whole(a).compare(whole(b)) : rest(a).compare(rest(b));
  return order < 0 ? -1 : order > 0 ? 1 : 0;
}

/// True where every member who fits `lower` fits `upper`, too.
bool covers(const manifest_tier& upper, const manifest_tier& lower) {
  if (upper.threshold.has_value() != lower.threshold.has_value())
    return false;
  if (upper.threshold)
    return compare_amounts(*upper.threshold, *lower.threshold) <= 0;
  return upper.min_rank <= lower.min_rank
      && (is_open(upper.max_rank) || (!is_open(lower.max_rank) && *upper.max_rank >= *lower.max_rank));
}

template <class T>
std::string free_id(const std::vector<T>& list, const std::string& wanted) {
  auto id = wanted;
  for (int n = 2; std::ranges::find(list, id, &T::id) != list.end(); ++n)
    id = fmt::format("{}-{}", wanted, n);
  return id;
}

void set_rule(manifest_tier& tier, const tier_rule& rule) {
  tier.min_rank = rule.min_rank;
  tier.max_rank = rule.max_rank;
  tier.threshold = rule.threshold;
}

void drop_access(std::vector<std::string>& access, const std::string& gone, const std::string& heir) {
  const bool restricted = !access.empty();
  std::erase(access, gone);
  if (restricted && access.empty())
    access.push_back(heir);
}
} // namespace

const std::vector<named_color>& palette() {
  static const std::vector<named_color> colors{
    {"Gold", 0xFFD700},        {"Silver", 0xC0C0C0},    {"Bronze", 0xCD7F32},      {"Diamond", 0xB9F2FF},
    {"Platinum", 0xE5E4E2},    {"Red", 0xE74C3C},       {"Dark red", 0x992D22},    {"Orange", 0xE67E22},
    {"Dark orange", 0xA84300}, {"Yellow", 0xF1C40F},    {"Green", 0x2ECC71},       {"Dark green", 0x1F8B4C},
    {"Teal", 0x1ABC9C},        {"Dark teal", 0x11806A}, {"Blue", 0x3498DB},        {"Dark blue", 0x206694},
    {"Navy", 0x34495E},        {"Purple", 0x9B59B6},    {"Dark purple", 0x71368A}, {"Magenta", 0xE91E63},
    {"Pink", 0xFF73FA},        {"Grey", 0x95A5A6},      {"Dark grey", 0x607D8B},   {"No colour", 0}};
  return colors;
}

std::string color_name(uint32_t value) {
  const auto found = std::ranges::find(palette(), value, &named_color::value);
  return found == palette().end() ? fmt::format("#{:06X}", value) : std::string{found->name};
}

std::optional<uint32_t> read_color(std::string_view typed) {
  const auto word = unicode::lower(unicode::joined_blanks(typed));
  for (const auto& color : palette())
    if (word == unicode::lower(color.name))
      return color.value;
  if (word.empty() || word == "none")
    return 0;
  return parse_color(word.starts_with('#') ? word : "#" + word);
}

caf::expected<typed_tier> check_tier(const form_fields& fields, const draft& d, std::optional<size_t> of) {
  std::vector<std::string> wrong;
  typed_tier out;
  if (auto name = check_tier_name(field(fields, "name")); name)
    out.name = std::move(*name);
  else
    wrong.push_back(text_of(name.error()));
  for (size_t i = 0; i < d.tiers.size(); ++i)
    if (i != of && !out.name.empty() && unicode::lower(d.tiers[i].name) == unicode::lower(out.name))
      wrong.push_back(fmt::format("Name: another tier is called {} already.", quoted(d.tiers[i].name)));
  if (auto rule = read_rule(field(fields, "ranks"), field(fields, "amount"), d); rule)
    out.rule = std::move(*rule);
  else
    wrong.push_back(text_of(rule.error()));
  if (const auto color = read_color(field(fields, "color")))
    out.color = *color;
  else
    wrong.emplace_back("Colour: a name such as gold or teal, or # and six digits, such as `#FFD700`.");
  if (const auto hoist = read_yes(field(fields, "hoist")))
    out.hoist = *hoist;
  else
    wrong.emplace_back("List its members apart: answer yes or no.");
  if (!wrong.empty())
    return fail(ec::invalid, fmt::format("{}", fmt::join(wrong, "\n")));
  return out;
}

form_fields tier_fields(const draft& d, size_t index) {
  const auto& tier = d.tiers.at(index);
  const auto& role = d.roles.at(index);
  const auto ranks = tier.threshold         ? std::string{}
                   : is_open(tier.max_rank) ? fmt::format("{}+", tier.min_rank)
                                            : fmt::format("{}-{}", tier.min_rank, *tier.max_rank);
  return {{"name", tier.name},
          {"ranks", ranks},
          {"amount", tier.threshold.value_or("")},
          {"color", role.color == 0 ? "" : color_name(role.color)},
          {"hoist", role.hoist ? "yes" : "no"}};
}

form_fields new_tier_fields(const draft& d) {
  int64_t next = 1;
  for (const auto& tier : d.tiers)
    if (!tier.threshold)
      next = is_open(tier.max_rank) ? 0 : std::max(next, *tier.max_rank + 1);
  return {{"ranks", next > 0 ? fmt::format("{}+", next) : ""}, {"hoist", "yes"}};
}

size_t add_tier(draft& d, const typed_tier& typed) {
  manifest_tier tier;
  tier.id = free_id(d.tiers, slug(typed.name));
  tier.name = typed.name;
  set_rule(tier, typed.rule);
  manifest_role role;
  role.id = free_id(d.roles, "role-" + tier.id);
  role.name = typed.name;
  role.color = typed.color;
  role.hoist = typed.hoist;
  role.tier_id = tier.id;
  const auto before = std::ranges::find_if(d.tiers, [&](const manifest_tier& other) {
    return covers(other, tier) || (!tier.threshold && !other.threshold && other.min_rank > tier.min_rank);
  });
  const auto index = before - d.tiers.begin();
  d.tiers.insert(before, std::move(tier));
  d.roles.insert(d.roles.begin() + index, std::move(role));
  d.tier_template.clear();
  return static_cast<size_t>(index);
}

void change_tier(draft& d, size_t index, const typed_tier& typed) {
  auto& tier = d.tiers.at(index);
  auto& role = d.roles.at(index);
  tier.name = typed.name;
  set_rule(tier, typed.rule);
  d.tier_template.clear();
  if (role.existing)
    return;
  role.name = typed.name;
  role.color = typed.color;
  role.hoist = typed.hoist;
}

void move_tier(draft& d, size_t index, bool up) {
  const auto other = up ? index - 1 : index + 1;
  std::swap(d.tiers.at(index), d.tiers.at(other));
  std::swap(d.roles.at(index), d.roles.at(other));
  d.tier_template.clear();
}

void remove_tier(draft& d, size_t index) {
  ARRAKIS_ASSERT(d.tiers.size() > 1, "a community has at least one tier");
  const auto gone = d.tiers.at(index).id;
  const auto heir = d.tiers.at(index == 0 ? 1 : index - 1).id;
  d.tiers.erase(d.tiers.begin() + static_cast<ptrdiff_t>(index));
  d.roles.erase(d.roles.begin() + static_cast<ptrdiff_t>(index));
  for (auto& c : d.categories)
    drop_access(c.access_tiers, gone, heir);
  for (auto& c : d.channels)
    drop_access(c.access_tiers, gone, heir);
  d.tier_template.clear();
}

std::vector<std::string> tier_faults(const draft& d) {
  std::vector<std::string> out;
  for (size_t i = 0; i < d.tiers.size(); ++i) {
    const auto& tier = d.tiers[i];
    if (tier.threshold && !check_amount(*tier.threshold, decimals_of_ranked(d)))
      out.push_back(fmt::format("{} asks for {} of {}, which nobody can hold exactly. Change its amount.",
                                quoted(tier.name), for_message(*tier.threshold),
                                ranked(d) == nullptr ? "your first asset" : for_message(ranked(d)->symbol)));
    for (size_t above = 0; above < i; ++above)
      if (covers(d.tiers[above], tier)) {
        out.push_back(fmt::format("nobody can get {}, since {} stands above it and takes them all. Change one of the "
                                  "two, or move {} up.",
                                  quoted(tier.name), quoted(d.tiers[above].name), quoted(tier.name)));
        break;
      }
  }
  return out;
}

std::string rule_text(const manifest_tier& tier, const draft& d) {
  if (tier.threshold)
    return fmt::format("at least {} {}", *tier.threshold,
                       ranked(d) == nullptr ? "of your first asset" : ranked(d)->symbol);
  return is_open(tier.max_rank)         ? fmt::format("rank {} and below", tier.min_rank)
       : tier.max_rank == tier.min_rank ? fmt::format("rank {}", tier.min_rank)
                                        : fmt::format("rank {}–{}", tier.min_rank, *tier.max_rank);
}

} // namespace arrakis::wizard::core
