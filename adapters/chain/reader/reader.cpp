#include "adapters/chain/reader/reader.hpp"

#include "runtime/exception.hpp"
#include "runtime/net/io.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>

namespace arrakis::chain::reader {
namespace {

template <class At>
auto without_endpoints(const std::string& why) {
  return [why](const read_values<At>& question) {
    values_read<At> out;
    out.answers.assign(question.questions.size(), unknown_reason{unknown_reason::no_answer, why});
    return out;
  };
}

/// The actor of a chain that the operator gave no endpoint.
handle::behavior_type unconnected(handle::pointer self, const chain_terms& terms) {
  keep_exception_text(self);
  const auto why = fmt::format("this bot has no connection to {}; ask its operator to set chains.rpc.{}", terms.name,
                               terms.id);
  return {without_endpoints<grant_block>(why), without_endpoints<revoke_block>(why), [](const cancel&) {}};
}

} // namespace

handle start(caf::actor_system& sys, net::io& io, options chain) {
  if (chain.endpoints.empty()) {
    const auto id = chain.terms.id;
    return registry::spawn(sys, {"chain_reader", id}, unconnected, std::move(chain.terms));
  }
  auto terms = chain.terms;
  return start_chain(sys, std::move(terms), [&sys, &io, chain = std::move(chain)] {
    const auto http = start_fetcher(sys, io, chain.answer_bytes_max);
    std::vector<named_endpoint> workers;
    for (const auto& each : chain.endpoints)
      workers.push_back({each.authority(), start_endpoint(sys, http,
                                                          {each, chain.chain_id, chain.terms.id, chain.multicall,
                                                           chain.multicall_code_hash})});
    return workers;
  });
}

} // namespace arrakis::chain::reader
