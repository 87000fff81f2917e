#include "adapters/chain/reader/endpoint.hpp"

#include "runtime/exception.hpp"
#include "runtime/flow.hpp"
#include "runtime/log.hpp"
#include "runtime/registry/spawn.hpp"

#include <algorithm>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <set>

namespace arrakis::chain::reader {
namespace {

constexpr size_t calls_max = 100;    ///< In one JSON-RPC batch.
constexpr size_t too_large_max = 24; ///< Answers of one message that may be too large before it gives up.
constexpr std::chrono::hours probe_age_max{1};

struct state {
  static inline const char* name = "chain.endpoint";
  arrakis::flows flows;
  fetcher http;
  endpoint_options opt;
  std::optional<dialect> known;
  std::chrono::steady_clock::time_point probed_at;
};
using self_pointer = endpoint::stateful_pointer<state>;
using answers = std::vector<rpc::answer>;

flow<caf::expected<answers>> fetch_all(self_pointer self, std::vector<rpc::call> calls, deadline until) {
  fetch request{self->state.opt.address, std::move(calls), until};
  auto got = co_await ask(self, self->state.http, until, std::move(request));
  if (!got)
    co_return std::move(got.error());
  co_return std::move(got->answers);
}

flow<> tip(self_pointer self, ask_tip question, caf::typed_response_promise<chain_tip> to) {
  std::vector<rpc::call> calls{rpc::chain_id(), header_call("latest")};
  if (!question.tag.empty())
    calls.push_back(header_call(question.tag));
  auto got = co_await fetch_all(self, std::move(calls), question.until);
  if (!got) {
    to.deliver(std::move(got.error()));
    co_return;
  }
  const auto& opt = self->state.opt;
  const auto chain = rpc::quantity(got->at(0), "chain id");
  const auto newest = read_header(got->at(1));
  if (!chain)
    to.deliver(chain.error());
  else if (*chain != opt.chain_id)
    to.deliver(fail(ec::refused, fmt::format("it serves the chain {} in the place of {}", *chain, opt.chain_id)));
  else if (!newest)
    to.deliver(fail(ec::corrupt, "its newest block has no number, hash and time"));
  else {
    chain_tip out{opt.address.authority(), newest->id, newest->time_s, {}};
    if (const auto tagged = got->size() > 2 ? read_header(got->at(2)) : std::nullopt)
      out.tagged = tagged->id;
    to.deliver(std::move(out));
  }
}

flow<> block(self_pointer self, ask_block question, caf::typed_response_promise<block_id> to) {
  auto got = co_await fetch_all(self, {header_call(question.number)}, question.until);
  const auto header = got ? read_header(got->at(0)) : std::nullopt;
  if (!got)
    to.deliver(std::move(got.error()));
  else if (!header || header->id.number != question.number)
    to.deliver(fail(ec::conflict, fmt::format("it has no block {}", question.number)));
  else
    to.deliver(header->id);
}

/// The dialect of the endpoint, asked once an hour.
flow<caf::expected<dialect>> speaks(self_pointer self, block_id at, deadline until) {
  const auto now = self->clock().now();
  if (self->state.known && now - self->state.probed_at < probe_age_max)
    co_return *self->state.known;
  auto got = co_await fetch_all(self, probe_calls(at, self->state.opt.multicall), until);
  if (!got)
    co_return std::move(got.error());
  const auto& opt = self->state.opt;
  const auto found = read_probe(*got, opt.chain_id, opt.multicall, opt.multicall_code_hash);
  if (!found)
    co_return found.error();
  if (found->is_certain) {
    self->state.known = found->speaks;
    self->state.probed_at = now;
    log::info("chain.endpoint_probed", {{"chain", opt.chain},
                                        {"endpoint", opt.address.authority()},
                                        {"by_hash", found->speaks.by_hash ? "yes" : "no"},
                                        {"multicall", found->speaks.multicall ? "yes" : "no"}});
  }
  co_return found->speaks;
}

/// The answers to calls at one block, however many. One whose answer alone is too large to be read is a failed one.
flow<caf::expected<answers>> call_all(self_pointer self, std::vector<rpc::call> calls, block_id at, dialect how,
                                      deadline until) {
  answers out;
  size_t most = calls_max, too_large = 0;
  while (out.size() < calls.size()) {
    const auto first = calls.begin() + static_cast<std::ptrdiff_t>(out.size());
    const auto count = std::min(most, calls.size() - out.size());
    std::vector<rpc::call> now{first, first + static_cast<std::ptrdiff_t>(count)};
    auto got = co_await fetch_all(self, pin(std::move(now), at, how), until);
    if (!got && detail_of<answer_too_large>(got.error()) && ++too_large <= too_large_max) {
      if (count > 1)
        most = count / 2;
      else
        out.push_back({{}, true, 0, "an answer that is too large"});
      continue;
    }
    if (!got)
      co_return std::move(got.error());
    auto own = unpin(std::move(*got), at, how);
    if (!own)
      co_return std::move(own.error());
    out.insert(out.end(), std::make_move_iterator(own->begin()), std::make_move_iterator(own->end()));
    most = std::min(calls_max, most * 2);
  }
  co_return std::move(out);
}

bool is_reverted(const value_or_reason& said) {
  const auto* value = std::get_if<contract_answer>(&said);
  return value != nullptr && std::holds_alternative<reverted>(*value);
}

/// A contract without code cannot revert: whoever says so is not believed.
flow<caf::error> check_reverts(self_pointer self, ask_values question, dialect how,
                               std::vector<value_or_reason>* said) {
  std::set<evm_address> contracts;
  for (size_t i = 0; i < said->size(); ++i)
    if (is_reverted((*said)[i]))
      contracts.insert(as_contract_call((*question.questions)[i])->to);
  if (contracts.empty())
    co_return caf::error{};
  std::vector<rpc::call> calls;
  for (const auto& each : contracts)
    calls.push_back(code_call(each, selector_of(question.at, how)));
  auto codes = co_await call_all(self, std::move(calls), question.at, how, question.until);
  if (!codes)
    co_return std::move(codes.error());
  size_t next = 0;
  for (const auto& contract : contracts)
    if (!has_code(codes->at(next++)))
      for (size_t i = 0; i < said->size(); ++i)
        if (is_reverted((*said)[i]) && as_contract_call((*question.questions)[i])->to == contract)
          (*said)[i] = unknown_reason{unknown_reason::malformed, "there is no contract at the address"};
  co_return caf::error{};
}

flow<caf::expected<std::vector<value_or_reason>>> read(self_pointer self, ask_values question) {
  const auto& asked = *question.questions;
  auto how = co_await speaks(self, question.at, question.until);
  if (!how)
    co_return std::move(how.error());
  std::vector<std::optional<value_or_reason>> found(asked.size());
  if (how->multicall && asked.size() > 1) {
    auto got = co_await call_all(self, aggregate_calls(asked, question.at, *how), question.at, *how, question.until);
    if (!got)
      co_return std::move(got.error());
    found = read_aggregates(asked, *got);
  }
  std::vector<size_t> alone;
  std::vector<rpc::call> calls;
  for (size_t i = 0; i < asked.size(); ++i)
    if (!found[i]) {
      alone.push_back(i);
      calls.push_back(as_rpc_call(asked[i], selector_of(question.at, *how)));
    }
  if (!alone.empty()) {
    auto got = co_await call_all(self, std::move(calls), question.at, *how, question.until);
    if (!got)
      co_return std::move(got.error());
    for (size_t k = 0; k < alone.size(); ++k)
      found[alone[k]] = read_answer(asked[alone[k]], got->at(k));
  }
  std::vector<value_or_reason> out;
  for (auto& each : found)
    out.push_back(std::move(*each));
  if (auto why = co_await check_reverts(self, question, *how, &out))
    co_return why;
  co_return std::move(out);
}

flow<> values(self_pointer self, ask_values question, caf::typed_response_promise<endpoint_values> to) {
  auto got = co_await read(self, std::move(question));
  if (got)
    to.deliver(endpoint_values{std::move(*got)});
  else
    to.deliver(std::move(got.error()));
}

template <class Answer, class Question>
auto answering(self_pointer self, flow<> (*work)(self_pointer, Question, caf::typed_response_promise<Answer>)) {
  return [self, work](const Question& question) -> caf::result<Answer> {
    auto to = self->make_response_promise<Answer>();
    self->state.flows.start(to, work(self, question, to));
    return caf::delegated<Answer>{};
  };
}

endpoint::behavior_type behavior(self_pointer self, fetcher http, endpoint_options opt) {
  keep_exception_text(self);
  self->link_to(http); // The supervisor of the chain starts all of them again.
  self->state.http = std::move(http);
  self->state.opt = std::move(opt);
  return {answering<chain_tip>(self, &tip), answering<block_id>(self, &block),
          answering<endpoint_values>(self, &values), [self](const cancel& x) { self->state.flows.stop(x); }};
}

} // namespace

endpoint start_endpoint(caf::actor_system& sys, fetcher http, endpoint_options opt) {
  const auto key = opt.chain + " " + opt.address.authority();
  return registry::spawn(sys, {"chain_endpoint", key}, behavior, std::move(http), std::move(opt));
}

} // namespace arrakis::chain::reader
