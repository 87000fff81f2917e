#include "actors/rules/amounts.hpp"

#include "runtime/foreign_text.hpp"
#include "runtime/json.hpp"
#include "schemas/json_schema.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <fmt/format.h>

namespace arrakis::rules {
namespace {

caf::error read_amount(const boost::json::object& parameters, const std::string& at, std::string_view name,
                       int decimals, std::optional<uint256>& into) {
  const auto text = json::text_or(parameters, name);
  if (text.empty())
    return {};
  const auto amount = parse_units(text, decimals);
  if (!amount)
    return refuse_field("rules", fmt::format("{}/{}", at, name), text_of(amount.error()));
  into = *amount;
  return {};
}

truth one_of(const std::vector<truth>& all) {
  const auto has = [&](truth x) { return std::find(all.begin(), all.end(), x) != all.end(); };
  return has(truth::yes) ? truth::yes : has(truth::unknown) ? truth::unknown : truth::no;
}

} // namespace

caf::expected<amount_range> read_range(const boost::json::object& parameters, const std::string& at, int decimals,
                                       std::string unit) {
  amount_range out{std::nullopt, std::nullopt, decimals, std::move(unit)};
  for (auto error :
       {read_amount(parameters, at, "min", decimals, out.min), read_amount(parameters, at, "max", decimals, out.max)})
    if (error)
      return error;
  if (out.min == uint256{})
    return refuse_field("rules", at + "/min", "everybody holds at least 0: leave it out, or ask for more");
  if (!out.min && !out.max)
    return refuse_field("rules", at + "/min",
                        "is missing: say how much is needed (\"min\"), or below which amount "
                        "(\"max\")");
  if (out.max == uint256{})
    return refuse_field("rules", at + "/max", "nobody holds less than 0: ask for more");
  if (out.min && out.max && !(*out.min < *out.max))
    return refuse_field("rules", at + "/max", "must be above \"min\": the range goes from min on and ends below max");
  return out;
}

std::string describe(const uint256& amount, const amount_range& range) {
  const auto digits = format_units(amount, range.decimals);
  return range.unit.empty() ? digits : digits + " " + for_message(range.unit);
}

std::string describe(const amount_range& range) {
  if (!range.max)
    return "at least " + describe(*range.min, range);
  if (!range.min)
    return "less than " + describe(*range.max, range);
  return fmt::format("at least {} and less than {}", format_units(*range.min, range.decimals),
                     describe(*range.max, range));
}

bounds operator+(const bounds& a, const bounds& b) {
  const auto least = checked_add(a.least, b.least);
  bounds out{least.value_or(uint256::max()), std::nullopt};
  if (least && a.most && b.most)
    out.most = checked_add(*a.most, *b.most);
  return out;
}

truth judge(const amount_range& range, const bounds& held) {
  const bool too_little = range.min && held.most && *held.most < *range.min;
  const bool too_much = range.max && held.least >= *range.max;
  if (too_little || too_much)
    return truth::no;
  const bool enough = !range.min || held.least >= *range.min;
  const bool not_too_much = !range.max || (held.most && *held.most < *range.max);
  return enough && not_too_much ? truth::yes : truth::unknown;
}

over read_over(const boost::json::object& parameters, over otherwise) {
  const auto text = json::text_or(parameters, "wallets");
  return text == "sum" ? over::sum : text == "any" ? over::any : otherwise;
}

amount_answer judge(const amount_range& range, over how, const std::vector<bounds>& held) {
  const auto told = [&](const bounds& amount, std::string_view where) {
    return amount.is_exact()
           ? describe(amount.least, range) + std::string{where}
           : fmt::format("at least {}{} (not all could be read)", describe(amount.least, range), where);
  };
  const auto none = bounds::exactly(uint256{});
  if (how == over::sum || held.size() < 2) {
    auto total = none;
    for (const auto& each : held)
      total = total + each;
    return {held.empty() && how == over::any ? truth::no : judge(range, total), told(total, "")};
  }
  std::vector<truth> each;
  for (const auto& amount : held)
    each.push_back(judge(range, amount));
  const auto answer = one_of(each);
  // The wallet that says it: the one that does, else one that may, else the one with the most.
  const auto found = std::find(each.begin(), each.end(), answer);
  const auto most = std::max_element(held.begin(), held.end(),
                                     [](const bounds& a, const bounds& b) { return a.least < b.least; });
  const auto& shown = answer == truth::no ? *most : held[static_cast<size_t>(found - each.begin())];
  return {answer, told(shown, " in one wallet")};
}

} // namespace arrakis::rules
