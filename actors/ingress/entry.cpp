#include "actors/ingress/entry.hpp"

#include "runtime/clock.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/seldom.hpp"

#include <algorithm>

namespace arrakis::ingress {
namespace {
void count(const char* outcome) {
  metrics::count("arrakis_ingress_deliveries_total", "First answers by what became of them.", 1,
                 {{"outcome", outcome}});
}
} // namespace

caf::expected<incoming> admission::admit(std::shared_ptr<const interaction> what) {
  if (what->kind == interaction_kind::ping)
    return incoming{std::move(what), nullptr};
  auto mine = std::make_shared<const place>(*this);
  if (!mine->is_free()) {
    metrics::count("arrakis_interactions_answered_total", "First answers by what they were.", 1, {{"outcome", "busy"}});
    return fail(ec::busy, "too many interactions at once");
  }
  return incoming{std::move(what), std::move(mine)};
}

void record_delivery(const interaction& of, delivery what) {
  count(what == delivery::answered ? "answered" : "refused");
  metrics::observe("arrakis_ingress_first_answer_seconds",
                   "From the coming of an interaction to the acceptance of its first answer.",
                   static_cast<double>(std::max<int64_t>(0, wall_ms() - of.received_ms)) / 1'000);
}

void record_unanswered(const interaction& what, const caf::error& why) {
  count("unanswered");
  static log::seldom line{std::chrono::seconds{10}};
  const auto lines = code_of(why) == ec::conflict ? std::nullopt : line.due();
  if (lines)
    log::warn("interaction_unanswered", {{"request", what.id.text()},
                                         {"trace", what.trace},
                                         {"guild", what.guild.text()},
                                         {"error", text_of(why)},
                                         {"count", *lines}});
}
} // namespace arrakis::ingress
