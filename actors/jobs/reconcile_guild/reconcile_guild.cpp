#include "actors/guild/core/comparison.hpp"
#include "actors/guild/core/progress.hpp"
#include "actors/jobs/guild_work/work.hpp"
#include "adapters/postgres/reconciliations/messages.hpp"
#include "runtime/foreign_text.hpp"
#include "runtime/json.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <caf/actor_system.hpp>
#include <fmt/format.h>

namespace arrakis::jobs::reconcile_guild {
namespace {
using namespace std::chrono_literals;
using guild_work::pointer;
using guild_work::problem;
using guild_work::state;
using guild_work::trouble;

/// This kind alone needs it; `start` has made sure that it is there.
const reconciliations::handle& store(const state& st) { return st.svc.available->get<reconciliations::handle>(); }

bool read_payload(state& st, const boost::json::object& o) {
  st.row = json::text_or(o, "reconciliation");
  return !st.row.empty();
}

flow<caf::expected<deployments::claimed>> claim(pointer self, deadline until) {
  auto& st = self->state;
  reconciliations::claim order{st.community, st.row, st.svc.worker, st.svc.lease, until};
  auto claimed = co_await ask(self, store(st), until, std::move(order));
  if (!claimed)
    co_return claimed.error();
  st.plan_sha256 = std::move(claimed->plan_sha256);
  st.plan_began = claimed->began;
  st.snapshot.only = blueprint::keys_in(claimed->plan_json);
  st.snapshot.orders_roles = blueprint::orders_roles(claimed->plan_json);
  co_return std::move(claimed->work);
}

/// Checks that the guild is as in the plan that the admin saw. Asked until the first change: then it is of our own
/// making that it differs.
flow<problem> check(pointer self) {
  auto& st = self->state;
  const auto& snap = st.snapshot;
  if (snap.only.empty())
    co_return problem{trouble::invalid_payload, "The plan cannot be read. `/reconcile` makes a new one."};
  if (st.plan_began)
    co_return problem{};
  const auto now = blueprint::compare(snap.want, st.version, st.manifest_sha256, snap.shadow, snap.guild);
  const bool outdated = now.plan_sha256 != st.plan_sha256;
  reconciliations::outdate end{st.of, {}};
  reconciliations::begin start{st.of, {}};
  const std::string about = "the plan";
  problem why;
  if (outdated)
    why = co_await ask_until_certain(self, store(st), std::move(end), about);
  else
    why = co_await ask_until_certain(self, store(st), std::move(start), about);
  if (why.what == trouble::none && outdated)
    st.outdated_body = blueprint::comparison_screen(
      now, "Your server changed after the plan was shown, so nothing was applied. This is the plan now.");
  co_return why;
}

flow<problem> complete(pointer self) {
  auto& st = self->state;
  reconciliations::complete order{st.of, shadow_of(st.snapshot), {}, {}};
  for (const auto& d : st.doubled)
    order.doubled.push_back({d.kind, d.id, d.used});
  const std::string about = "the end of the reconciliation";
  co_return co_await ask_until_certain(self, store(st), std::move(order), about);
}

std::string completed_body(const state& st) {
  const auto count = [&](std::string_view kind) {
    return static_cast<size_t>(
      std::count_if(st.snapshot.done.begin(), st.snapshot.done.end(), [&](const auto& d) { return d.kind == kind; }));
  };
  const auto changed = guild_work::counted(count("role"), count("category"), count("channel"));
  auto text = fmt::format("{} (version {})\n{}\n\n{} created or updated, and nothing deleted. `/reconcile` shows "
                          "what somebody changes later.",
                          bold(st.snapshot.want.community_name + " matches its plan again"), st.version,
                          blueprint::bar(100), changed.empty() ? "Nothing had to be" : changed);
  std::vector<std::string> doubled;
  for (const auto& d : st.doubled)
    doubled.push_back(blueprint::describe(d));
  if (!doubled.empty())
    text += "\n" + guild_work::listed(doubled);
  return guild_work::message_body(std::move(text));
}

std::string waiting_body(const state&, std::string_view why) {
  return guild_work::message_body(fmt::format("**Apply waits**\n\n{}\n\n`/reconcile` shows how it stands.", why));
}

std::string failed_body(const state& st, std::string_view why) {
  return guild_work::message_body(
    fmt::format("{}\n\n{}\n\nWhat is made already stays and is used. `/reconcile` shows what is left to do.",
                bold("The plan of " + st.snapshot.want.community_name + " could not be applied"), why));
}

std::string cancelled_body(const state& st, std::string_view why) {
  return guild_work::message_body(
    fmt::format("{}\n\n{}\n\n`/reconcile` shows how the server differs from it now.",
                st.plan_began ? "**The plan was applied in part**" : "**The plan was not applied**", why));
}

const guild_work::task task{
  .kind = deployments::work::reconciliation,
  .noun = "reconciliation",
  .payload = "'communityId' (UUID), 'version' (1 or more) and 'reconciliation' (UUID)",
  .again = "use `/reconcile` again",
  .progress_hint = "`/reconcile` shows how it stands",
  .read_payload = &read_payload,
  .claim = &claim,
  .check = &check,
  .complete = &complete,
  .title = [](const state& st) { return "Applying the plan of " + st.snapshot.want.community_name; },
  .completed_body = &completed_body,
  .waiting_body = &waiting_body,
  .failed_body = &failed_body,
  .cancelled_body = &cancelled_body,
};
} // namespace

const job_kind& definition() {
  static const job_kind self{
    .terms = {.name = "RECONCILE_GUILD",
              .help = "Creates and updates in a guild what a plan shows that an admin confirmed; deletes nothing.",
              .queue = &discord_synthesis,
              .payload = {{field::uuid, "communityId"}, {field::positive, "version"}, {field::uuid, "reconciliation"}},
              .closes_within = guild_work::retry_after_total + 24h},
    .within = 10min,
    .start = [](caf::actor_system& sys, const services& svc) -> queue::processor {
      (void)svc.available->get<reconciliations::handle>();
      return guild_work::start(sys, svc, task, "reconcile_guild");
    },
  };
  return self;
}

} // namespace arrakis::jobs::reconcile_guild
