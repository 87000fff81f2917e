#include "actors/jobs/guild_work/work.hpp"
#include "actors/jobs/synthesize_community/words.hpp"

#include <caf/actor_system.hpp>
#include <fmt/format.h>

namespace arrakis::jobs::synthesize_community {
namespace {
using namespace std::chrono_literals;
using guild_work::pointer;
using guild_work::state;

flow<caf::expected<deployments::claimed>> claim(pointer self, deadline until) {
  auto& st = self->state;
  deployments::claim order{st.community, st.version, st.svc.worker, st.svc.lease, until};
  auto claimed = co_await ask(self, st.svc.deployments, until, std::move(order));
  co_return claimed;
}

flow<guild_work::problem> complete(pointer self) {
  auto& st = self->state;
  deployments::complete order{st.of, st.version, shadow_of(st.snapshot), make_plan(st.snapshot).left_over, {}, {}};
  for (const auto& d : st.doubled)
    order.doubled.push_back({d.kind, d.id, d.used});
  const std::string about = "the end of the deployment";
  co_return co_await ask_until_certain(self, st.svc.deployments, std::move(order), about);
}

std::string completed_message(const state& st) {
  const auto& m = st.snapshot.want;
  result r{m.community_name,
           m.roles.size(),
           m.categories.size(),
           m.channels.size(),
           st.version,
           make_plan(st.snapshot).left_over,
           {}};
  for (const auto& d : st.doubled)
    r.doubled.push_back(blueprint::describe(d));
  return completed_body(r);
}

const guild_work::task task{
  .kind = deployments::work::deployment,
  .noun = "deployment",
  .payload = "'communityId' (UUID) and 'version' (1 or more)",
  .again = "press Retry",
  .progress_hint = "press “Check progress” or `/resume`",
  .claim = &claim,
  .complete = &complete,
  .title = [](const state& st) { return "Building " + st.snapshot.want.community_name; },
  .running_buttons = [](const state& st) { return progress_row(st.version); },
  .completed_body = &completed_message,
  .waiting_body = [](const state& st, std::string_view why) { return waiting_body(st.version, why); },
  .failed_body = [](const state& st,
                    std::string_view why) { return failed_body(st.snapshot.want.community_name, st.version, why); },
};
} // namespace

const job_kind& definition() {
  static const job_kind self{
    .terms = {.name = "SYNTHESIZE_COMMUNITY",
              .help = "Brings a guild to what a signed manifest version says: roles, categories, channels.",
              .queue = &discord_synthesis,
              .payload = {{field::uuid, "communityId"}, {field::positive, "version"}},
              .closes_within = guild_work::retry_after_total + 24h},
    .within = 10min, // A large manifest under a long 429; below 5 minutes as a rule.
    .start = [](caf::actor_system& sys, const services& svc) -> queue::processor {
      return guild_work::start(sys, svc, task, "synthesize_community");
    },
  };
  return self;
}

} // namespace arrakis::jobs::synthesize_community
