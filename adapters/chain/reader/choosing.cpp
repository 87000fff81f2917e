#include "adapters/chain/reader/choosing.hpp"

#include "adapters/chain/reader/asking.hpp"
#include "adapters/chain/reader/polling.hpp"
#include "runtime/clock.hpp"

#include <fmt/format.h>
#include <set>

namespace arrakis::chain::reader {
namespace {

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

block_terms terms_of(const chain_state& st, bool takes) {
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

} // namespace

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

} // namespace arrakis::chain::reader
