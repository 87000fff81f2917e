#include "adapters/chain/reader/reader.hpp"

#include "runtime/exception.hpp"
#include "runtime/net/io.hpp"
#include "runtime/registry/spawn.hpp"

#include <caf/send.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <map>

namespace arrakis::chain::reader {
namespace {

struct state {
  static inline const char* name = "chain.readers";
  std::map<std::string, handle> chains;
};
using self_pointer = handle::stateful_pointer<state>;

template <class At>
auto routing(self_pointer self) {
  return [self](const read_values<At>& question) -> caf::result<values_read<At>> {
    const auto found = self->state.chains.find(question.chain);
    if (found != self->state.chains.end())
      return self->delegate(found->second, question);
    values_read<At> out;
    out.answers.assign(question.questions.size(),
                       unknown_reason{unknown_reason::no_answer, "no endpoint of the chain is configured"});
    return out;
  };
}

handle::behavior_type behavior(self_pointer self, net::io* io, options opt) {
  keep_exception_text(self);
  const auto http = start_fetcher(self->system(), *io, opt.answer_bytes_max);
  self->link_to(http); // None lives without the others; the supervisor starts all again.
  for (auto& chain : opt.chains) {
    std::vector<named_endpoint> workers;
    for (auto& each : chain.endpoints) {
      auto name = each.authority();
      workers.push_back({std::move(name), start_endpoint(self->system(), http,
                                                         {std::move(each), chain.chain_id, chain.terms.id,
                                                          chain.multicall, chain.multicall_code_hash})});
    }
    const auto id = chain.terms.id;
    const auto one = start_chain(self->system(), std::move(chain.terms), std::move(workers));
    self->link_to(one);
    self->state.chains.emplace(id, one);
  }
  return {routing<grant_block>(self), routing<revoke_block>(self), [self](const cancel& x) {
            for (const auto& [id, chain] : self->state.chains)
              caf::anon_send(chain, x);
          }};
}

} // namespace

handle start(caf::actor_system& sys, net::io& io, options opt) {
  return registry::spawn(sys, {"chain_readers"}, behavior, &io, std::move(opt));
}

} // namespace arrakis::chain::reader
