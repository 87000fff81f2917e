#include "adapters/chain/chain.hpp"

#include "adapters/chain/fetch.hpp"
#include "adapters/chain/inspect.hpp"
#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/net/io.hpp"
#include "runtime/registry/spawn.hpp"
#include "schemas/evm_address.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <optional>

namespace arrakis::chain {
namespace {

// The asker's own wait ends at the deadline; our sentence must be there before.
constexpr std::chrono::milliseconds way_back{50};

struct state {
  arrakis::flows flows;
  static inline const char* name = "chain";
  fetcher http;
  options opt;
};
using self_pointer = handle::stateful_pointer<state>;
using reply = caf::typed_response_promise<contract>;

/// This endpoint's share of what is left: the endpoints after it must get theirs.
deadline share(self_pointer self, deadline until, size_t endpoints_left) {
  const auto left = until.left(self->clock().now()) / static_cast<int64_t>(std::max<size_t>(1, endpoints_left));
  return until.sooner(within(self, std::min(left, self->state.opt.endpoint_max)));
}

flow<caf::expected<int64_t>> newest_block(self_pointer self, url endpoint, deadline until) {
  fetch request{std::move(endpoint), {rpc::newest_block()}, until};
  auto answer = co_await ask(self, self->state.http, until, std::move(request));
  if (!answer)
    co_return std::move(answer.error());
  const auto* block = answer->answers[0].result.if_object();
  rpc::answer number = answer->answers[0];
  number.result = block != nullptr && block->contains("number") ? block->at("number") : boost::json::value{};
  co_return rpc::quantity(number, "block number");
}

flow<caf::expected<contract>> inspect_at(self_pointer self, url endpoint, inspect_contract question, int64_t chain_id,
                                         int64_t block, deadline until) {
  fetch request{std::move(endpoint), inspection_calls(question.address, block), until};
  auto answer = co_await ask(self, self->state.http, until, std::move(request));
  if (!answer)
    co_return std::move(answer.error());
  co_return read_inspection(answer->answers, question.address, question.type, chain_id, block);
}

void note_failure(const chain_options& chain, const url& endpoint, const caf::error& why, std::string& all) {
  all += (all.empty() ? "" : ", ") + endpoint.authority(); // The reason is for the log alone.
  metrics::count("arrakis_chain_endpoint_failed_total", "Questions that an endpoint of a chain did not answer.", 1,
                 {{"chain", chain.id}});
  log::warn("chain.endpoint_failed",
            {{"chain", chain.id}, {"endpoint", endpoint.authority()}, {"error", text_of(why)}});
}

/// Answer of another endpoint for the same contract at the same block.
struct opinion {
  size_t endpoint = 0;
  contract found;
};

/// Asks endpoints from `first` on until one gives a second opinion. Empty: none does; that is no error.
flow<caf::expected<std::optional<opinion>>> second_opinion(self_pointer self, chain_options chain, size_t first,
                                                           inspect_contract question, int64_t block) {
  const auto until = question.until.sooner(within(self, self->state.opt.confirm_max));
  std::string ignored;
  for (auto i = first; i < chain.endpoints.size(); ++i) {
    const auto by = share(self, until, chain.endpoints.size() - i);
    auto other = co_await inspect_at(self, chain.endpoints[i], question, chain.chain_id, block, by);
    if (other)
      co_return std::optional{opinion{i, std::move(*other)}};
    note_failure(chain, chain.endpoints[i], other.error(), ignored);
  }
  co_return std::optional<opinion>{};
}

/// ec::unknown when the two disagree.
caf::error doubt(const chain_options& chain, size_t endpoint, const contract& found,
                 const std::optional<opinion>& other) {
  if (!other || agree(found, other->found))
    return {};
  return fail(ec::unknown, fmt::format("endpoints of {} disagree about {} at block {}: {} and {}", chain.id,
                                       found.address, found.block, chain.endpoints[endpoint].authority(),
                                       chain.endpoints[other->endpoint].authority()));
}

flow<> inspect(self_pointer self, chain_options chain, inspect_contract question, reply to) {
  std::string failures;
  for (size_t i = 0; i < chain.endpoints.size(); ++i) {
    const auto& endpoint = chain.endpoints[i];
    const auto by = share(self, question.until, chain.endpoints.size() - i);
    auto block = co_await newest_block(self, endpoint, by);
    if (!block) {
      note_failure(chain, endpoint, block.error(), failures);
      continue;
    }
    // The second opinion needs the block alone, so it is asked at once; it is cancelled when there is nothing to
    // compare.
    const auto then = share(self, question.until, chain.endpoints.size() - i);
    auto both = co_await all_or_error(inspect_at(self, endpoint, question, chain.chain_id, *block, then),
                                      second_opinion(self, chain, i + 1, question, *block));
    if (!both) {
      note_failure(chain, endpoint, both.error(), failures);
      continue;
    }
    auto& [found, other] = *both;
    if (auto why = doubt(chain, i, found, other))
      to.deliver(std::move(why));
    else
      to.deliver(std::move(found));
    co_return;
  }
  to.deliver(fail(ec::unknown, fmt::format("no endpoint of {} answered: {}", chain.id, failures)));
}

caf::result<contract> begin(self_pointer self, inspect_contract question) {
  const auto& chains = self->state.opt.chains;
  const auto chain = std::find_if(chains.begin(), chains.end(), [&](const auto& c) { return c.id == question.chain; });
  if (chain == chains.end())
    return fail(ec::not_found, "chain: '" + question.chain.substr(0, 64) + "' is not in config/chains");
  if (question.type != "erc20" && question.type != "erc721" && question.type != "erc1155")
    return fail(ec::invalid, "type: must be erc20, erc721 or erc1155");
  const auto address = parse_evm_address(question.address);
  if (!address)
    return address.error();
  question.address = address->text();
  if (chain->endpoints.empty())
    return fail(ec::refused, fmt::format("no endpoint of {} is configured (chains.rpc.{})", chain->id, chain->id));
  question.until.at -= way_back;
  auto to = self->make_response_promise<contract>();
  self->state.flows.start(to, inspect(self, *chain, std::move(question), to));
  return caf::delegated<contract>{};
}

handle::behavior_type behavior(self_pointer self, net::io* io, options opt) {
  keep_exception_text(self);
  self->state.http = start_fetcher(self->system(), *io, opt.answer_bytes_max);
  self->link_to(self->state.http); // Neither lives without the other; the supervisor starts both again.
  self->state.opt = std::move(opt);
  return {[self](const inspect_contract& question) { return begin(self, question); },
          [self](const cancel& x) { self->state.flows.stop(x); }};
}

} // namespace

handle start(caf::actor_system& sys, net::io& io, options opt) {
  return registry::spawn(sys, {"chain"}, behavior, &io, std::move(opt));
}

} // namespace arrakis::chain
