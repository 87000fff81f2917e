#include "actors/verdicts/verdicts.hpp"

#include "actors/verdicts/core/report.hpp"
#include "runtime/clock.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/registry/spawn.hpp"

#include <algorithm>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <deque>
#include <fmt/format.h>
#include <map>
#include <set>

namespace arrakis::verdicts {
namespace {

using member_key = std::pair<snowflake, snowflake>; // Guild, member.
using promise = caf::typed_response_promise<judged>;

/// A judgement and its askers. It is joined before it begins alone: what it read is older than a later request.
struct waiting_judgement {
  judge order; ///< Of the first asker.
  std::vector<promise> askers;
};
/// The judgements of one member, one after another. The first one runs.
using member_queue = std::deque<waiting_judgement>;

struct state {
  static inline const char* name = "verdicts";
  ports to;
  verdicts::options options;
  std::map<member_key, member_queue> queues;
  std::map<snowflake, size_t> by_guild; ///< Judgements that run or wait.
  size_t count = 0;                     ///< The same of all guilds.
  arrakis::flows flows;                 ///< The last member: its flows use the others.
};
using pointer = handle::stateful_pointer<state>;

// ---- who is judged by what

/// The community of a guild, with its active version.
flow<caf::expected<community::described>> find_community(pointer self, snowflake guild, deadline until) {
  auto found = co_await ask(self, self->state.to.communities, until, community::describe{guild, until});
  if (!found)
    co_return found.error();
  if (!found->exists)
    co_return fail(ec::not_found, "This server has no community yet. An admin makes one with `/onboard`.");
  co_return std::move(*found);
}

/// Everything that is known before a chain is read.
struct subject {
  community_id community;
  int64_t fence = 0;
  verdicts::plan plan;
  member_before who;
  int64_t former_verdict = 0;
  int64_t wallets_aside = 0;
  std::set<std::string> open_chains; ///< Those of wallets that are contracts of one chain, which are not read yet.
};

void add_wallets(const std::vector<wallets::wallet>& list, subject& to) {
  for (const auto& each : list)
    if (each.chain) {
      ++to.wallets_aside;
      to.open_chains.insert(*each.chain);
    } else {
      to.who.wallets.push_back(each.address);
    }
  auto& all = to.who.wallets;
  std::sort(all.begin(), all.end());
  all.erase(std::unique(all.begin(), all.end()), all.end());
}

flow<caf::expected<subject>> find_subject(pointer self, judge q) {
  auto& to = self->state.to;
  auto found = co_await find_community(self, q.guild, q.until);
  if (!found)
    co_return found.error();
  const auto& record = found->record;
  if (record.status == "frozen")
    co_return fail(ec::frozen,
                   "This community is frozen: roles are neither given nor taken until an operator thaws it.");
  if (!found->active)
    co_return fail(ec::not_found, "Nothing has been deployed in this server yet. An admin does that with `/onboard`.");
  manifests::load_shadow applied{record.id, q.until};
  profiles::find known{record.id, q.member, q.until};
  wallets::of linked{q.member, q.until};
  auto all = co_await all_or_error(ask(self, to.manifests, q.until, std::move(applied)),
                                   ask(self, to.profiles, q.until, std::move(known)),
                                   ask(self, to.wallets, q.until, std::move(linked)));
  if (!all)
    co_return all.error();
  auto& [shadow, profile, held] = *all;
  auto plan = prepare(found->active, record.active_version, shadow.entries);
  if (!plan)
    co_return fail(ec::corrupt,
                   fmt::format("manifest of version {}: {}", record.active_version, text_of(plan.error())));
  subject out{record.id, record.fence, std::move(*plan), {}, 0, 0, {}};
  add_wallets(held.wallets, out);
  if (profile.what) {
    out.who.entitled = profile.what->entitled;
    out.who.unsettled = profile.what->unsettled;
    out.who.tier = profile.what->tier.value_or("");
    out.former_verdict = profile.what->verdict_id;
  }
  out.who.present = q.present;
  co_return out;
}

// ---- chains

template <class At>
struct read_part {
  std::vector<chain_read> questions;
  std::vector<reading<contract_answer, At>> answers;
};

/// Asks one chain. A reader that fails leaves all of it unknown.
template <class At>
flow<read_part<At>> read_chain(pointer self, std::string chain, std::vector<chain_read> questions, deadline until) {
  read_part<At> out{std::move(questions), {}};
  const auto& readers = self->state.to.chains;
  unknown_reason why{unknown_reason::no_answer, "this bot does not know the chain"};
  if (const auto reader = readers.find(chain); reader != readers.end()) {
    chain::reader::read_values<At> question{chain, out.questions, until};
    auto got = co_await ask(self, reader->second, until, std::move(question));
    if (got && got->answers.size() == out.questions.size()) {
      out.answers = std::move(got->answers);
      co_return out;
    }
    why.detail = "the chain was not read in time";
    if (!got)
      log::warn("verdicts.chain_unread", {{"chain", chain}, {"error", text_of(got.error())}});
  }
  out.answers.assign(out.questions.size(), why);
  co_return out;
}

/// Asks all chains at once.
template <class At>
flow<rules::answers<At>> read_chains(pointer self, const subject* of, std::vector<chain_read> questions,
                                     deadline until) {
  std::map<std::string, std::vector<chain_read>> by_chain;
  for (auto& each : questions)
    by_chain[each.chain].push_back(std::move(each));
  std::vector<flow<read_part<At>>> parts;
  for (auto& [chain, some] : by_chain)
    parts.push_back(read_chain<At>(self, chain, std::move(some), until));
  rules::answers<At> out;
  for (const auto& chain : of->open_chains)
    out.leave_open(chain);
  const auto read = co_await when_all(std::move(parts));
  for (const auto& part : read)
    for (size_t i = 0; i < part.questions.size(); ++i)
      out.add(part.questions[i], part.answers[i]);
  co_return out;
}

/// The rank of an amount, where the tiers ask for it.
flow<caf::expected<std::optional<profiles::ranked>>> find_rank(pointer self, const subject* of, snowflake member,
                                                               std::optional<uint256> amount, deadline until) {
  if (!amount)
    co_return std::nullopt;
  profiles::rank question{of->community, member, of->plan.ranked.identity(), *amount, until};
  auto got = co_await ask(self, self->state.to.profiles, until, std::move(question));
  if (!got)
    co_return got.error();
  co_return *got;
}

// ---- the judgement

/// All that was read and decided.
struct judgement {
  rules::answers<grant_block> read_near_tip;
  rules::answers<revoke_block> read_deep;
  judged_at<grant_block> near_tip;
  std::optional<judged_at<revoke_block>> deep;
  conclusion follows;
};

flow<> read_deep(pointer self, const subject* of, deadline until, judgement* into) {
  const auto work = find_deep_work(of->plan, of->who, into->near_tip);
  if (!work.is_needed)
    co_return;
  into->read_deep = co_await read_chains<revoke_block>(self, of, work.questions, until);
  into->deep = judge_deep(of->plan, of->who.wallets, work, into->read_deep);
  judge_tiers(of->plan, *into->deep);
}

/// `of` and `into` outlive the flow: they are of the flow that awaits it.
flow<caf::error> read_and_decide(pointer self, const subject* of, snowflake member, deadline until, judgement* into) {
  auto questions = questions_near_tip(of->plan, of->who.wallets);
  into->read_near_tip = co_await read_chains<grant_block>(self, of, std::move(questions), until);
  into->near_tip = judge_near_tip(of->plan, of->who.wallets, into->read_near_tip);
  auto rank = co_await find_rank(self, of, member, amount_to_rank(of->plan, *into->near_tip.held), until);
  if (!rank)
    co_return rank.error();
  into->near_tip.rank = *rank;
  judge_tiers(of->plan, into->near_tip);
  co_await read_deep(self, of, until, into);
  into->follows = conclude(of->plan, of->who, into->near_tip, into->deep ? &*into->deep : nullptr);
  co_return caf::error{};
}

std::string_view outcome_of(const member_verdict& v) {
  const auto any = [&](auto is) { return std::any_of(v.roles.begin(), v.roles.end(), is); };
  if (any([](const auto& role) { return role.reason == role_reason::undecided; }))
    return "unknown";
  return any([](const auto& role) {
    return role.decision == role_decision::given || role.decision == role_decision::taken;
  })
         ? "changed"
         : "unchanged";
}

void note(const judge& q, const subject& of, const judged& done) {
  const auto outcome = outcome_of(*done.verdict);
  metrics::count("arrakis_verdicts_judged_total", "Verdicts about members that were recorded.", 1,
                 {{"outcome", std::string{outcome}}});
  log::info("verdicts.recorded", {{"trace", q.trace},
                                  {"tenant", of.community.value},
                                  {"verdict", done.id},
                                  {"trigger", q.trigger},
                                  {"outcome", std::string{outcome}}});
}

flow<caf::expected<judged>> judge_once(pointer self, judge q) {
  auto of = co_await find_subject(self, q);
  if (!of)
    co_return of.error();
  const deadline reads_until{q.until.at - self->state.options.record_within};
  judgement made;
  if (auto error = co_await read_and_decide(self, &*of, q.member, reads_until, &made))
    co_return error;
  auto verdict = std::make_shared<member_verdict>(
    report(of->plan, {of->who, made.near_tip, made.deep ? &*made.deep : nullptr, made.read_near_tip, made.read_deep,
                      made.follows, q.trigger, wall_ms() / 1'000, of->wallets_aside}));
  profiles::record order{.community = of->community,
                         .guild = q.guild,
                         .member = q.member,
                         .manifest_version = of->plan.version,
                         .fence = of->fence,
                         .former_verdict = of->former_verdict,
                         .trigger = q.trigger};
  order.verdict = print_within(*verdict, profiles::verdict_bytes_max);
  if (!made.follows.tier.empty())
    order.tier = made.follows.tier;
  order.amount = made.follows.amount;
  order.asset = of->plan.ranked.identity();
  order.changes = made.follows.changes;
  order.entitled = made.follows.entitled;
  order.managed = made.follows.managed;
  order.settled = made.follows.settled;
  order.next_check = std::chrono::seconds{verdict->next_check_s - verdict->judged_at_s};
  order.until = q.until;
  order.actor = q.actor;
  order.trace = q.trace;
  auto recorded = co_await ask(self, self->state.to.profiles, q.until, std::move(order));
  if (!recorded)
    co_return recorded.error();
  if (!made.follows.changes.empty())
    self->state.to.notify_relay();
  judged done{std::move(verdict), recorded->verdict_id};
  note(q, *of, done);
  co_return done;
}

/// Judges again where the community changed meanwhile.
flow<caf::expected<judged>> judge_until_recorded(pointer self, judge q) {
  for (int attempt = 1;; ++attempt) {
    auto done = co_await judge_once(self, q);
    const bool is_stale = !done && code_of(done.error()) == ec::stale;
    if (!is_stale || attempt >= self->state.options.attempts_max)
      co_return done;
  }
}

/// Runs the judgements of one member, until none waits.
flow<> answer_judges(pointer self, member_key key) {
  auto& st = self->state;
  while (!st.queues.at(key).empty()) {
    const auto done = co_await judge_until_recorded(self, st.queues.at(key).front().order);
    auto askers = std::move(st.queues.at(key).front().askers);
    st.queues.at(key).pop_front();
    --st.count;
    if (--st.by_guild.at(key.first) == 0)
      st.by_guild.erase(key.first);
    for (auto& asker : askers)
      if (done)
        asker.deliver(*done);
      else
        asker.deliver(done.error());
  }
  st.queues.erase(key);
}

// ---- the verdict before

flow<caf::expected<found_last>> find_recorded(pointer self, find_last q) {
  auto community = co_await find_community(self, q.guild, q.until);
  if (!community)
    co_return community.error();
  profiles::find question{community->record.id, q.member, q.until};
  auto found = co_await ask(self, self->state.to.profiles, q.until, std::move(question));
  if (!found)
    co_return found.error();
  if (!found->what)
    co_return found_last{};
  auto verdict = read_verdict(found->what->verdict);
  if (!verdict)
    co_return fail(ec::corrupt, fmt::format("verdict {}: {}", found->what->verdict_id, text_of(verdict.error())));
  co_return found_last{std::make_shared<const member_verdict>(std::move(*verdict))};
}

flow<> answer_find(pointer self, find_last q, caf::typed_response_promise<found_last> reply) {
  auto found = co_await find_recorded(self, q);
  if (found)
    reply.deliver(std::move(*found));
  else
    reply.deliver(found.error());
}

bool are_equal(const judge& a, const judge& b) {
  return a.actor == b.actor && a.present == b.present && a.trigger == b.trigger;
}

caf::result<judged> admit(pointer self, const judge& q) {
  auto& st = self->state;
  const member_key key{q.guild, q.member};
  const auto found = st.queues.find(key);
  if (found != st.queues.end())
    for (size_t i = 1; i < found->second.size(); ++i) // The first one has begun.
      if (auto& waits = found->second[i]; are_equal(waits.order, q)) {
        waits.order.until.at = std::max(waits.order.until.at, q.until.at);
        waits.askers.push_back(self->make_response_promise<judged>());
        return caf::delegated<judged>{};
      }
  const auto here = st.by_guild.find(q.guild);
  if (st.count >= st.options.judgements_max || (here != st.by_guild.end() && here->second >= st.options.of_guild_max))
    return fail(ec::busy, "Too many members are being checked at this moment. Try again in a minute.");
  ++st.count;
  ++st.by_guild[q.guild];
  st.queues[key].push_back({q, {self->make_response_promise<judged>()}});
  if (found == st.queues.end())
    st.flows.start(answer_judges(self, key));
  return caf::delegated<judged>{};
}

handle::behavior_type behavior(pointer self, ports to, options opt) {
  keep_exception_text(self);
  self->state.to = std::move(to);
  self->state.options = opt;
  return {[self](const judge& q) { return admit(self, q); },
          [self](const find_last& q) -> caf::result<found_last> {
            auto reply = self->make_response_promise<found_last>();
            self->state.flows.start(reply, answer_find(self, q, reply));
            return caf::delegated<found_last>{};
          }};
}

} // namespace

handle start(caf::actor_system& sys, ports to, options opt) {
  return registry::spawn(sys, {"verdicts"}, behavior, std::move(to), opt);
}

} // namespace arrakis::verdicts
