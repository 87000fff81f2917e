#include "adapters/chain/reader/chain_reader.hpp"

#include "adapters/chain/reader/health.hpp"
#include "adapters/chain/reader/quorum.hpp"
#include "runtime/clock.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/registry/spawn.hpp"

#include <algorithm>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <map>
#include <set>

namespace arrakis::chain::reader {
namespace {

constexpr std::chrono::milliseconds way_back{50}; // The asker's own wait ends at its deadline.
constexpr std::chrono::milliseconds sweep{50};    // How often requests whose time has passed are looked for.
constexpr size_t questions_max = 2'000;           // In one message to an endpoint.
constexpr size_t epoch_questions_max = 200'000;   // Then a new block is chosen, so that the old one's are forgotten.

struct known_value {
  contract_answer value;
  sighting at;
};
using outcome = std::variant<known_value, unknown_reason>;

/// One block that is read, for one of the two policies, and all that was asked about it.
struct epoch {
  bool takes = false; ///< Of revoke_block.
  size_t needed = 1;
  bool is_chosen = false;
  block_id at;
  std::optional<block_id> before; ///< The block below, where one endpoint alone takes.
  std::optional<unknown_reason> failure;
  std::chrono::steady_clock::time_point began;
  struct asked {
    std::optional<outcome> result;
    std::vector<uint64_t> requests; ///< Requests that wait for it.
  };
  std::map<chain_read, asked> questions;
  std::vector<chain_read> fresh; ///< Not asked yet.
  bool gathers = false;
};
using epoch_ptr = std::shared_ptr<epoch>;

/// Voters that must agree on a value. An endpoint that is alone votes about two blocks.
size_t votes_needed(const epoch& of) { return of.before ? 2 : of.needed; }

struct request {
  std::vector<chain_read> questions;
  epoch_ptr of;
  size_t missing = 0;
  deadline until;
  std::function<void(std::vector<outcome>)> deliver;
  request_key key;
};

struct endpoint_state {
  std::string name;
  endpoint worker;
  endpoint_health health;
  bool is_suspect = false; ///< True after a value that the quorum did not confirm: asked last.
};

struct state {
  static inline const char* name = "chain.reader";
  chain_terms terms;
  std::vector<endpoint_state> endpoints;
  epoch_ptr current[2]; ///< By policy: grant, revoke.
  std::map<uint64_t, request> requests;
  uint64_t next = 0;
  bool sweeps = false;
  arrakis::flows flows; ///< The last member: its flows use the others.
};
using self_pointer = handle::stateful_pointer<state>;

size_t voices(const state& st) {
  std::set<std::string> names;
  for (const auto& each : st.endpoints)
    names.insert(each.name);
  return names.size();
}

size_t needed_of(const state& st, bool takes) {
  constexpr size_t least_to_take = 2;
  const auto asked = takes ? std::max(st.terms.quorum, least_to_take) : st.terms.quorum;
  return std::max<size_t>(1, std::min(asked, voices(st)));
}

unknown_reason not_known(std::string why) { return {unknown_reason::no_answer, std::move(why)}; }

// ---- requests

void finish(state& st, std::map<uint64_t, request>::iterator at) {
  auto done = std::move(at->second);
  st.requests.erase(at);
  std::vector<outcome> out;
  for (const auto& question : done.questions) {
    const auto found = done.of->questions.find(question);
    if (found != done.of->questions.end() && found->second.result)
      out.push_back(*found->second.result);
    else
      out.emplace_back(not_known(fmt::format("{} did not answer in time", st.terms.name)));
  }
  const auto unknown = std::count_if(out.begin(), out.end(), [](const auto& x) { return x.index() == 1; });
  metrics::count("arrakis_chain_values_total", "Values of chains that were read for rules.",
                 static_cast<double>(out.size()) - static_cast<double>(unknown),
                 {{"chain", st.terms.id}, {"result", "known"}});
  metrics::count("arrakis_chain_values_total", "Values of chains that were read for rules.",
                 static_cast<double>(unknown), {{"chain", st.terms.id}, {"result", "unknown"}});
  done.deliver(std::move(out));
}

void resolve(self_pointer self, const epoch_ptr& of, const chain_read& question, outcome result) {
  auto& st = self->state;
  auto& asked = of->questions[question];
  if (asked.result)
    return;
  // Nobody joins what could not be read: the next request tries again, on another block.
  if (std::holds_alternative<unknown_reason>(result) && st.current[of->takes] == of)
    st.current[of->takes].reset();
  asked.result = std::move(result);
  for (const auto id : std::exchange(asked.requests, {}))
    if (const auto waiting = st.requests.find(id); waiting != st.requests.end() && --waiting->second.missing == 0)
      finish(st, waiting);
}

flow<> end_late_requests(self_pointer self) {
  auto& st = self->state;
  while (!st.requests.empty()) {
    co_await nap(self, sweep);
    for (auto at = st.requests.begin(); at != st.requests.end();) {
      const auto here = at++;
      if (here->second.until.passed(self->clock().now()))
        finish(st, here);
    }
  }
  st.sweeps = false;
}

// ---- what several flows work on together

/// Endpoints that may be asked now, in the order of the configuration; suspects last.
std::vector<size_t> order_of(self_pointer self) {
  auto& st = self->state;
  std::vector<size_t> out;
  for (const bool suspects : {false, true})
    for (size_t i = 0; i < st.endpoints.size(); ++i)
      if (st.endpoints[i].is_suspect == suspects && st.endpoints[i].health.may_ask(self->clock().now()))
        out.push_back(i);
  return out;
}

/// Asks one endpoint and notes how it did.
template <class Answer, class Message>
flow<caf::expected<Answer>> ask_endpoint(self_pointer self, size_t which, Message question, deadline until) {
  auto& one = self->state.endpoints[which];
  const auto began = self->clock().now();
  one.health.begin(began);
  metrics::count("arrakis_chain_asked_total", "Messages to endpoints of chains.", 1, {{"chain", self->state.terms.id}});
  auto got = co_await ask(self, one.worker, until, std::move(question));
  const auto now = self->clock().now();
  if (got) {
    one.health.succeeded(std::chrono::duration_cast<std::chrono::milliseconds>(now - began));
    co_return std::move(*got);
  }
  // Another block is no failure of the line: it says so in time.
  if (code_of(got.error()) == ec::conflict) {
    one.health.cancelled();
    co_return std::move(got.error());
  }
  one.health.failed(now);
  metrics::count("arrakis_chain_endpoint_failed_total", "Questions that an endpoint of a chain did not answer.", 1,
                 {{"chain", self->state.terms.id}});
  log::warn("chain.endpoint_failed",
            {{"chain", self->state.terms.id}, {"endpoint", one.name}, {"error", text_of(got.error())}});
  co_return std::move(got.error());
}

flow<> changed_of(suspension* at) { co_await at->wait(); }

// ---- the block

struct search {
  std::vector<chain_tip> tips;
  std::vector<std::pair<std::string, block_id>> blocks; ///< By endpoint: its block of the chosen number.
  size_t running = 0;
  suspension changed;
};
using search_ptr = std::shared_ptr<search>;

flow<> find_tip(self_pointer self, search_ptr all, size_t which, ask_tip question) {
  auto got = co_await ask_endpoint<chain_tip>(self, which, question, question.until);
  if (got) {
    got->endpoint = self->state.endpoints[which].name;
    all->tips.push_back(std::move(*got));
  }
  --all->running;
  all->changed.resume();
}

flow<> find_block(self_pointer self, search_ptr all, size_t which, ask_block question) {
  auto got = co_await ask_endpoint<block_id>(self, which, question, question.until);
  if (got)
    all->blocks.emplace_back(self->state.endpoints[which].name, std::move(*got));
  --all->running;
  all->changed.resume();
}

block_terms terms_of(const state& st, bool takes) {
  block_terms out;
  out.policy = takes ? st.terms.revoke : st.terms.grant;
  out.needed = needed_of(st, takes);
  out.block_time = st.terms.block_time;
  out.tip_age_max = st.terms.tip_age_max;
  out.now_s = wall_ms() / 1'000;
  out.chain = st.terms.name;
  return out;
}

/// Asks all endpoints for their newest blocks, until those that answered have chosen one.
flow<std::variant<int64_t, unknown_reason>> find_number(self_pointer self, bool takes, search_ptr all, deadline until) {
  const auto terms = terms_of(self->state, takes);
  for (const auto which : order_of(self)) {
    ++all->running;
    self->state.flows.start(find_tip(self, all, which, {terms.policy.tag(), until}));
  }
  while (true) {
    auto chosen = choose_block(all->tips, terms);
    if (std::holds_alternative<int64_t>(chosen) || all->running == 0)
      co_return chosen;
    co_await changed_of(&all->changed);
  }
}

/// The hash that so many endpoints have at this number; empty: none has.
std::optional<block_id> agreed_block(const search& all, int64_t number, size_t needed) {
  std::map<std::string, std::set<std::string>> voters; // By hash.
  for (const auto& [name, id] : all.blocks)
    if (auto& who = voters[id.hash]; id.number == number && who.insert(name).second && who.size() >= needed)
      return id;
  return std::nullopt;
}

flow<std::optional<block_id>> find_hash(self_pointer self, int64_t number, size_t needed, search_ptr all,
                                        deadline until) {
  all->blocks.clear();
  std::set<std::string> have;
  for (const auto& tip : all->tips)
    for (const auto* block : {&tip.newest, tip.tagged ? &*tip.tagged : nullptr})
      if (block != nullptr && block->number == number && have.insert(tip.endpoint).second)
        all->blocks.emplace_back(tip.endpoint, *block);
  for (const auto which : order_of(self))
    if (!have.contains(self->state.endpoints[which].name)) {
      ++all->running;
      self->state.flows.start(find_block(self, all, which, {number, until}));
    }
  while (true) {
    auto found = agreed_block(*all, number, needed);
    if (found || all->running == 0)
      co_return found;
    co_await changed_of(&all->changed);
  }
}

flow<> gather(self_pointer self, epoch_ptr of);

flow<> choose(self_pointer self, epoch_ptr of) {
  const auto& name = self->state.terms.name;
  const auto until = within(self, self->state.terms.answer_max / 2);
  const auto all = std::make_shared<search>();
  const auto number = co_await find_number(self, of->takes, all, until);
  if (const auto* why = std::get_if<unknown_reason>(&number)) {
    of->failure = *why;
  } else {
    const auto found = co_await find_hash(self, std::get<int64_t>(number), of->needed, all, until);
    if (found)
      of->at = *found;
    else
      of->failure = not_known(
        fmt::format("the endpoints of {} do not agree on block {}", name, std::get<int64_t>(number)));
    if (found && of->takes && of->needed == 1) {
      of->before = co_await find_hash(self, of->at.number - 1, 1, all, until);
      if (!of->before)
        of->failure = not_known(fmt::format("the only endpoint of {} has no second block", name));
    }
  }
  of->is_chosen = true;
  co_await gather(self, of);
}

// ---- the values

struct voter {
  size_t endpoint = 0;
  block_id at;
};
/// Questions that are asked together.
struct poll {
  epoch_ptr of;
  std::vector<chain_read> questions;
  std::vector<std::vector<vote>> votes; ///< By question.
  std::vector<char> is_open;
  size_t running = 0;
  suspension changed;
};
using poll_ptr = std::shared_ptr<poll>;

flow<> ask_voter(self_pointer self, poll_ptr all, voter who, std::vector<size_t> which, deadline until) {
  auto questions = std::make_shared<std::vector<chain_read>>();
  for (const auto i : which)
    questions->push_back(all->questions[i]);
  ask_values question{who.at, std::move(questions), until};
  auto got = co_await ask_endpoint<said_values>(self, who.endpoint, std::move(question), until);
  if (got && got->answers.size() == which.size())
    for (size_t k = 0; k < which.size(); ++k)
      all->votes[which[k]].push_back(
        {self->state.endpoints[who.endpoint].name, who.at.number, std::move(got->answers[k])});
  --all->running;
  all->changed.resume();
}

void note_dissent(self_pointer self, const std::string& name, const poll& all) {
  for (auto& each : self->state.endpoints)
    if (each.name == name && !std::exchange(each.is_suspect, true)) {
      metrics::count("arrakis_chain_disagreed_total", "Times that an endpoint was found to say what others do not.", 1,
                     {{"chain", self->state.terms.id}});
      log::warn("chain.endpoint_disagreed",
                {{"chain", self->state.terms.id}, {"endpoint", name}, {"block", all.of->at.number}});
    }
}

/// Resolves what is decided. Returns the most votes that a question still needs; 0: none is open.
size_t count_all(self_pointer self, poll& all) {
  const auto& of = *all.of;
  const auto needed = votes_needed(of);
  size_t missing = 0;
  for (size_t i = 0; i < all.questions.size(); ++i) {
    if (!all.is_open[i])
      continue;
    auto counted = count_votes(all.votes[i], needed);
    if (const auto* open = std::get_if<open_vote>(&counted)) {
      missing = std::max(missing, open->missing);
      continue;
    }
    all.is_open[i] = false;
    if (const auto* why = std::get_if<unknown_reason>(&counted)) {
      resolve(self, all.of, all.questions[i], *why);
      continue;
    }
    auto& found = std::get<agreed>(counted);
    for (const auto& name : dissenters(all.votes[i], found))
      note_dissent(self, name, all);
    resolve(self, all.of, all.questions[i],
            known_value{found.value, {self->state.terms.id, of.at.number, of.at.hash, found.endpoints, wall_ms()}});
  }
  return missing;
}

std::vector<voter> voters_of(self_pointer self, const epoch& of) {
  std::vector<voter> out;
  for (const auto i : order_of(self)) {
    out.push_back({i, of.at});
    if (of.before)
      out.push_back({i, *of.before});
  }
  return out;
}

void start_voter(self_pointer self, const poll_ptr& all, const voter& who, deadline until) {
  std::vector<size_t> which;
  for (size_t i = 0; i < all->questions.size(); ++i)
    if (all->is_open[i])
      which.push_back(i);
  ++all->running;
  self->state.flows.start(ask_voter(self, all, who, std::move(which), until));
}

flow<> read_all(self_pointer self, poll_ptr all) {
  const auto until = within(self, self->state.terms.answer_max / 2);
  const auto voters = voters_of(self, *all->of);
  size_t next = 0;
  bool is_slow = false;
  while (const auto missing = count_all(self, *all)) {
    const size_t more = all->running == 0 ? missing : is_slow ? 1 : 0;
    for (size_t k = 0; k < more && next < voters.size(); ++k)
      start_voter(self, all, voters[next++], until);
    is_slow = false;
    if (all->running == 0) // Nobody is left to ask.
      break;
    // One more endpoint is asked when the last one has not answered as fast as it nearly always does.
    const auto patience = self->state.endpoints[voters[next - 1].endpoint].health.p95();
    if (next < voters.size()) {
      const auto first = co_await when_any(changed_of(&all->changed), nap(self, patience));
      is_slow = first.index() == 1;
    } else {
      co_await changed_of(&all->changed);
    }
  }
  for (size_t i = 0; i < all->questions.size(); ++i)
    if (all->is_open[i])
      resolve(self, all->of, all->questions[i],
              explain_open(all->votes[i], votes_needed(*all->of), self->state.terms.name));
}

/// Asks what has come since: at once where the block was just chosen.
flow<> gather(self_pointer self, epoch_ptr of) {
  auto fresh = std::exchange(of->fresh, {});
  for (size_t from = 0; from < fresh.size(); from += questions_max) {
    auto all = std::make_shared<poll>();
    all->of = of;
    const auto first = fresh.begin() + static_cast<std::ptrdiff_t>(from);
    all->questions.assign(first, first + static_cast<std::ptrdiff_t>(std::min(questions_max, fresh.size() - from)));
    all->votes.resize(all->questions.size());
    all->is_open.assign(all->questions.size(), true);
    if (!of->failure) {
      self->state.flows.start(read_all(self, std::move(all)));
      continue;
    }
    for (const auto& question : all->questions)
      resolve(self, of, question, *of->failure);
  }
  co_return;
}

flow<> gather_soon(self_pointer self, epoch_ptr of) {
  co_await nap(self, self->state.terms.gather);
  of->gathers = false;
  co_await gather(self, of);
}

// ---- the actor

epoch_ptr epoch_for(self_pointer self, bool takes) {
  auto& st = self->state;
  auto& current = st.current[takes];
  const auto now = self->clock().now();
  const auto reuse = std::min(st.terms.block_max, st.terms.block_time / 2);
  const bool fits = current && !current->failure && current->questions.size() < epoch_questions_max
                 && (!current->is_chosen || now - current->began < reuse);
  if (fits)
    return current;
  current = std::make_shared<epoch>();
  current->takes = takes;
  current->needed = needed_of(st, takes);
  current->began = now;
  auto of = current;
  st.flows.start(choose(self, of));
  return of;
}

void admit(self_pointer self, const std::string& chain, request one, bool takes) {
  auto& st = self->state;
  const auto id = st.next++;
  one.of = epoch_for(self, takes);
  auto& of = *one.of;
  // A question of another chain is never read: nobody knows its block.
  const auto is_ours = [&](const auto& question) { return question.chain == chain && chain == st.terms.id; };
  auto& added = st.requests.emplace(id, std::move(one)).first->second;
  std::set<chain_read> each;
  for (const auto& question : added.questions)
    if (is_ours(question) && each.insert(question).second) {
      const auto [at, is_new] = of.questions.try_emplace(question);
      if (is_new)
        of.fresh.push_back(question);
      if (at->second.result)
        continue;
      at->second.requests.push_back(id);
      ++added.missing;
    }
  const auto of_ptr = added.of;
  if (added.missing == 0)
    finish(st, st.requests.find(id));
  if (of.failure && !of.fresh.empty()) // The block was refused before this turn ended.
    st.flows.start(gather(self, of_ptr));
  else if (of.is_chosen && !of.fresh.empty() && !std::exchange(of_ptr->gathers, true))
    st.flows.start(gather_soon(self, of_ptr));
  if (!std::exchange(st.sweeps, true))
    st.flows.start(end_late_requests(self));
}

template <class At>
auto reading_handler(self_pointer self) {
  return [self](const read_values<At>& question) -> caf::result<values_read<At>> {
    auto& st = self->state;
    if (st.requests.size() >= st.terms.requests_max)
      return fail(ec::busy, fmt::format("too many questions wait for {}", st.terms.name));
    auto to = self->make_response_promise<values_read<At>>();
    request one;
    one.questions = question.questions;
    one.until = {question.until.at - way_back};
    one.key = key_of(to);
    one.deliver = [to](std::vector<outcome> results) mutable {
      values_read<At> out;
      for (auto& each : results)
        if (auto* known = std::get_if<known_value>(&each))
          out.answers.push_back({std::move(known->value), std::move(known->at)});
        else
          out.answers.push_back(std::get<unknown_reason>(std::move(each)));
      to.deliver(std::move(out));
    };
    admit(self, question.chain, std::move(one), std::is_same_v<At, revoke_block>);
    return caf::delegated<values_read<At>>{};
  };
}

handle::behavior_type behavior(self_pointer self, chain_terms terms, std::vector<named_endpoint> endpoints) {
  keep_exception_text(self);
  self->state.terms = std::move(terms);
  for (auto& each : endpoints) {
    self->link_to(each.worker);
    self->state.endpoints.push_back({std::move(each.name), std::move(each.worker), endpoint_health{}, false});
  }
  return {reading_handler<grant_block>(self), reading_handler<revoke_block>(self), [self](const cancel& x) {
            std::erase_if(self->state.requests, [&](const auto& each) { return each.second.key == x.request; });
          }};
}

} // namespace

handle start_chain(caf::actor_system& sys, chain_terms terms, std::vector<named_endpoint> endpoints) {
  const auto id = terms.id;
  return registry::spawn(sys, {"chain_reader", id}, behavior, std::move(terms), std::move(endpoints));
}

} // namespace arrakis::chain::reader
