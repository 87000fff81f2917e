#include "adapters/chain/reader/polling.hpp"

#include "adapters/chain/reader/asking.hpp"
#include "adapters/chain/reader/quorum.hpp"
#include "adapters/chain/reader/requests.hpp"
#include "runtime/clock.hpp"

#include <algorithm>

namespace arrakis::chain::reader {
namespace {

constexpr size_t questions_max = 2'000; // In one message to an endpoint.

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
  auto got = co_await ask_endpoint<endpoint_values>(self, who.endpoint, std::move(question), until);
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

} // namespace

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

} // namespace arrakis::chain::reader
