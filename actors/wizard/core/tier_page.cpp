#include "actors/wizard/core/tier_page.hpp"

#include "actors/wizard/core/custom_id.hpp"
#include "runtime/foreign_text.hpp"

#include <fmt/format.h>

namespace arrakis::wizard::core {
namespace {
/// The templates' last tier ends here, which is to say nowhere.
constexpr int64_t rank_without_end = 999'999;
} // namespace

std::string tier_lines(const draft& d) {
  std::string out;
  for (auto& t : d.tiers)
    out += t.max_rank && *t.max_rank < rank_without_end
           ? fmt::format("{} rank {}–{}\n", bold(t.name), t.min_rank, *t.max_rank)
           : fmt::format("{} rank {} and below\n", bold(t.name), t.min_rank);
  return out;
}

void tier_page(page& p, const record& r, const world& w) {
  p.text = "Tiers rank your members by what they hold: rank 1 is the one who holds the most. Choose a template.";
  p.field("Tiers", tier_lines(r.draft));
  std::vector<option> options;
  for (auto& t : w.names.tiers)
    options.push_back({t.name, t.id, t.description, t.id == r.draft.tier_template});
  p.row({select(component_id("tier-template", r), "Choose a template", options)});
  walk_row(p, r, filled(r, w));
}

} // namespace arrakis::wizard::core
