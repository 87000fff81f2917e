#pragma once
// An endpoint that says what a test wants, for actors on a virtual clock.
#include "adapters/chain/reader/chain_reader.hpp"
#include "runtime/flow.hpp"

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <functional>
#include <memory>

namespace arrakis::chain::reader::fakes {

/// The behaviour of a fake endpoint, and what it was asked.
struct script {
  int64_t tip = 100;
  int64_t time_s = 0;
  std::optional<int64_t> tagged;
  char fork = 'a'; ///< Part of the hashes of its blocks.
  bool is_away = false;
  std::chrono::milliseconds slow{0}; ///< Of values.
  std::function<value_or_reason(const chain_read&, const block_id&)> says;
  int tips = 0, blocks = 0;                   ///< Messages that it got.
  std::vector<std::vector<chain_read>> asked; ///< Questions of each message.
  std::vector<int64_t> asked_at;              ///< Block of each message.

  block_id block(int64_t number) const { return {number, fmt::format("0x{}{:063x}", fork, number)}; }
};

/// The state of a fake endpoint.
struct fake_state {
  static inline const char* name = "chain.fake_endpoint";
  flows running;
};
using fake_pointer = endpoint::stateful_pointer<fake_state>;

/// Answers a request for values after `script::slow`.
inline flow<> answer_slowly(fake_pointer self, std::shared_ptr<script> with, ask_values question,
                            caf::typed_response_promise<endpoint_values> to) {
  co_await nap(self, with->slow);
  if (question.at != with->block(question.at.number)) {
    to.deliver(fail(ec::conflict, "it has no such block"));
    co_return;
  }
  endpoint_values out;
  for (const auto& each : *question.questions)
    out.answers.push_back(with->says(each, question.at));
  to.deliver(std::move(out));
}

/// The fake endpoint of a script.
inline endpoint::behavior_type fake_behavior(fake_pointer self, std::shared_ptr<script> with) {
  return {[with](const ask_tip&) -> caf::result<chain_tip> {
            ++with->tips;
            if (with->is_away)
              return fail(ec::unavailable, "away");
            chain_tip out{"", with->block(with->tip), with->time_s, {}};
            if (with->tagged)
              out.tagged = with->block(*with->tagged);
            return out;
          },
          [with](const ask_block& question) -> caf::result<block_id> {
            ++with->blocks;
            if (with->is_away)
              return fail(ec::unavailable, "away");
            if (question.number > with->tip || question.number < 0)
              return fail(ec::conflict, "no such block");
            return with->block(question.number);
          },
          [self, with](const ask_values& question) -> caf::result<endpoint_values> {
            with->asked.push_back(*question.questions);
            with->asked_at.push_back(question.at.number);
            if (with->is_away)
              return fail(ec::unavailable, "away");
            auto to = self->make_response_promise<endpoint_values>();
            self->state.running.start(to, answer_slowly(self, with, question, to));
            return caf::delegated<endpoint_values>{};
          },
          [self](const cancel& x) { self->state.running.stop(x); }};
}

/// A chain whose roles are given `grant_depth` blocks below the tip, and taken ten below it.
inline chain_terms base_terms(int64_t grant_depth, size_t quorum) {
  chain_terms out;
  out.id = "base";
  out.name = "Base";
  out.grant = {block_policy::below_tip, grant_depth};
  out.revoke = {block_policy::below_tip, 10};
  out.block_time = std::chrono::seconds{2};
  out.quorum = quorum;
  return out;
}

} // namespace arrakis::chain::reader::fakes
