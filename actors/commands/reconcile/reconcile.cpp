#include "actors/ingress/declaration.hpp"
#include "actors/reconciler/messages.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/registry/spawn.hpp"

#include <boost/json.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>

namespace arrakis::commands::reconcile {
namespace {
namespace js = boost::json;

struct state {
  arrakis::flows flows;
  reconciler::handle reconcilers;
  static inline const char* name = "command_reconcile";
};
using self_pointer = ingress::handler::stateful_pointer<state>;
using promise = caf::typed_response_promise<ingress::reply>;

/// Discord: an embed's description has at most 4096 characters. Bytes are counted, which is never more.
std::string listed(const std::vector<std::string>& lines) {
  constexpr size_t bytes_max = 3'900;
  std::string out;
  for (size_t i = 0; i < lines.size(); ++i) {
    if (out.size() + lines[i].size() + 4 > bytes_max)
      return out + fmt::format("… and {} more.", lines.size() - i);
    out += "• " + lines[i] + "\n";
  }
  return out;
}

ingress::reply show(const reconciler::drift_report& report) {
  std::string text;
  if (report.clean)
    text = "Your server is as the active version of your community wants it."
         + (report.remaining.empty() ? "" : fmt::format(" {}; delete what nobody needs:\n", report.remaining));
  else
    text = "What differs, and what would be done:\n";
  text += listed(report.lines);
  js::object embed{{"title", report.clean ? "Matches the plan" : "Differs from the plan"},
                   {"description", text},
                   {"color", report.clean ? 0x22C55E : 0xF59E0B}};
  return {js::serialize(js::object{{"embeds", js::array{std::move(embed)}},
                                   {"components", js::array{}},
                                   {"allowed_mentions", js::object{{"parse", js::array{}}}}})};
}

flow<> answer(self_pointer self, ingress::request q, promise to_asker) {
  auto report = co_await ask(self, self->state.reconcilers, q.until, reconciler::drift{q.what->guild, q.until});
  if (report)
    to_asker.deliver(show(*report));
  else
    to_asker.deliver(report.error());
}

ingress::handler::behavior_type behavior(self_pointer self, reconciler::handle reconcilers) {
  keep_exception_text(self);
  self->state.reconcilers = std::move(reconcilers);
  return {[self](const ingress::request& q) -> caf::result<ingress::reply> {
    auto to_asker = self->make_response_promise<ingress::reply>();
    self->state.flows.start(answer(self, q, to_asker));
    return caf::delegated<ingress::reply>{};
  }};
}

ingress::handler start(caf::actor_system& sys, const services& from) {
  return registry::spawn(sys, {"command"}, behavior, from.get<reconciler::handle>());
}
} // namespace

const ingress::declaration& definition() {
  static const ingress::declaration it{.name = "reconcile",
                                       .commands = {{.name = "reconcile",
                                                     .description = "Compare the server with what it should be",
                                                     .needs = ingress::permission::administrator()}},
                                       .start = &start};
  return it;
}
} // namespace arrakis::commands::reconcile
