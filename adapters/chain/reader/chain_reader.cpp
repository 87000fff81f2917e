#include "adapters/chain/reader/chain_reader.hpp"

#include "adapters/chain/reader/choosing.hpp"
#include "adapters/chain/reader/polling.hpp"
#include "adapters/chain/reader/requests.hpp"
#include "runtime/exception.hpp"
#include "runtime/registry/spawn.hpp"

#include <algorithm>
#include <fmt/format.h>
#include <set>

namespace arrakis::chain::reader {
namespace {

constexpr std::chrono::milliseconds way_back{50}; // The asker's own wait ends at its deadline.
constexpr size_t epoch_questions_max = 200'000;   // Then a new block is chosen, so that the old one's are forgotten.

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

handle::behavior_type behavior(self_pointer self, chain_terms terms, const connect& endpoints) {
  keep_exception_text(self);
  self->state.terms = std::move(terms);
  for (auto& each : endpoints()) {
    self->link_to(each.worker);
    self->state.endpoints.push_back({std::move(each.name), std::move(each.worker), endpoint_health{}, false});
  }
  return {reading_handler<grant_block>(self), reading_handler<revoke_block>(self), [self](const cancel& x) {
            std::erase_if(self->state.requests, [&](const auto& each) { return each.second.key == x.request; });
          }};
}

} // namespace

handle start_chain(caf::actor_system& sys, chain_terms terms, connect endpoints) {
  const auto id = terms.id;
  return registry::spawn(sys, {"chain_reader", id}, behavior, std::move(terms), std::move(endpoints));
}

} // namespace arrakis::chain::reader
