#include "actors/rules/sentence.hpp"

#include "adapters/chain/catalogue/catalogue.hpp"
#include "runtime/foreign_text.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace arrakis::rules {
namespace {

constexpr size_t reasons_max = 3;

std::string joined(const std::set<std::string>& parts, std::string_view between, size_t most) {
  std::string out;
  size_t count = 0;
  for (const auto& part : parts)
    if (count++ < most)
      out += (out.empty() ? "" : std::string{between}) + part;
  return parts.size() > most ? fmt::format("{}{}and more", out, between) : out;
}

std::string capital(std::string text) {
  if (!text.empty() && text[0] >= 'a' && text[0] <= 'z')
    text[0] = static_cast<char>(text[0] - 'a' + 'A');
  return text;
}

} // namespace

std::string explain(const finding& f, polarity sign) {
  std::set<std::string> blocks, reasons;
  for (const auto& each : f.evidence)
    each.answer.match(
      [&](const auto& known) {
        blocks.insert(fmt::format("block {} of {}", known.at.block, chain::display_name(known.at.chain)));
        if (f.answer == truth::unknown && std::holds_alternative<reverted>(known.value))
          reasons.insert("the contract refused to answer");
      },
      [&](const unknown_reason& why) { reasons.insert(for_message(why.detail)); });
  auto out = capital(f.found);
  if (!blocks.empty())
    out += " (" + joined(blocks, ", ", blocks.size()) + ")";
  out += sign == polarity::positive ? ". This condition asks for " : ". This condition excludes ";
  out += f.required + ".";
  if (f.answer == truth::unknown)
    out += fmt::format(" It could not be decided: {}. No role is taken for that.",
                       reasons.empty() ? std::string{"what was read does not decide it"}
                                       : joined(reasons, "; ", reasons_max));
  return out;
}

} // namespace arrakis::rules
