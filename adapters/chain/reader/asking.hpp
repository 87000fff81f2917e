#pragma once
// One message to one endpoint, and what it says about the endpoint's health.
#include "adapters/chain/reader/chain_state.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"

#include <vector>

namespace arrakis::chain::reader {

/// Endpoints that may be asked now, in the order of the configuration; suspects last.
std::vector<size_t> order_of(self_pointer);

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

/// Waits for the next change.
inline flow<> changed_of(suspension* at) { co_await at->wait(); }

} // namespace arrakis::chain::reader
