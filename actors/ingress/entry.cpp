#include "actors/ingress/entry.hpp"

#include "runtime/clock.hpp"
#include "runtime/log.hpp"
#include "runtime/log_rate_limit.hpp"
#include "runtime/metrics.hpp"

#include <algorithm>

namespace arrakis::ingress {
namespace {
void count_delivery(const char* outcome) {
  metrics::count("arrakis_ingress_deliveries_total", "First answers by what became of them.", 1,
                 {{"outcome", outcome}});
}

void log_error(const interaction& what, const caf::error& why) {
  static log::rate_limit line{std::chrono::seconds{10}};
  if (const auto lines = line.due())
    log::warn("interaction.unanswered", {{"request", what.id.text()},
                                         {"trace", what.trace},
                                         {"guild", what.guild.text()},
                                         {"error", text_of(why)},
                                         {"count", *lines}});
}
} // namespace

void count_answer(const char* outcome) {
  metrics::count("arrakis_interactions_answered_total", "First answers by what they were.", 1, {{"outcome", outcome}});
}

caf::expected<incoming> admission::admit(std::shared_ptr<const interaction> what) {
  if (what->kind == interaction_kind::ping)
    return incoming{std::move(what), nullptr};
  auto mine = std::make_shared<const admission_slot>(*this);
  if (!mine->is_free()) {
    count_answer("busy");
    return fail(ec::busy, "too many interactions at once");
  }
  return incoming{std::move(what), std::move(mine)};
}

std::optional<interaction_answer> to_deliver(const interaction& what, caf::expected<interaction_answer> first,
                                             bool in_time) {
  if (first)
    return std::move(*first);
  const auto code = code_of(first.error());
  const bool taken_before = code == ec::conflict;
  if (code != ec::busy && !taken_before)
    log_error(what, first.error());
  if (taken_before || code == ec::refused || !in_time) {
    count_delivery("unanswered");
    return std::nullopt;
  }
  if (code != ec::busy)
    count_answer("failed");
  return error_answer(what, first.error());
}

void record_delivery(const interaction& of, delivery what) {
  count_delivery(what == delivery::answered ? "answered" : "refused");
  metrics::observe("arrakis_ingress_first_answer_seconds",
                   "From the coming of an interaction to the acceptance of its first answer.",
                   static_cast<double>(std::max<int64_t>(0, wall_ms() - of.received_ms)) / 1'000);
}
} // namespace arrakis::ingress
