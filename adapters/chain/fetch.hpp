#pragma once
// Inside this port: JSON-RPC calls to one endpoint, in one batch where it takes that.
#include "adapters/chain/rpc.hpp"
#include "runtime/deadline.hpp"
#include "runtime/flow/cancel.hpp"
#include "runtime/message.hpp"
#include "runtime/net/http.hpp"
#include "runtime/url.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_actor.hpp>
#include <string>
#include <vector>

namespace arrakis::net {
class io;
}

namespace arrakis::chain {

/// Sends calls to one endpoint. -> fetched
struct fetch {
  url endpoint;
  std::vector<rpc::call> calls;
  deadline until;
};
/// Answers in the order of the calls.
struct fetched {
  std::vector<rpc::answer> answers;
};
/// Detail of an ec::corrupt: the body was larger than `answer_bytes_max`, or no HTTP. Fewer calls may have a smaller
/// one.
struct answer_too_large {
  size_t bytes_max = 0;
};
/// Internal: what the io thread sends, either of the two.
struct arrived {
  uint64_t ticket = 0;
  net::http_response response;
  caf::error failure;
};

/// All calls in one request. An endpoint that refuses that is asked for fewer at a time, at last for each alone; what
/// it took is remembered for ten minutes. The calls of one message are sent in their order. ec::unavailable,
/// ec::unknown, ec::timeout as net::http_client; ec::unknown for an HTTP status other than 200; ec::corrupt for a body
/// that is no answer. Texts name the host only. One that is cancelled is cut off, sent or not.
using fetcher =
  caf::typed_actor<caf::replies_to<fetch>::with<fetched>, caf::reacts_to<arrived>, caf::reacts_to<cancel>>;
/// Starts the actor. `net::io` must outlive it.
fetcher start_fetcher(caf::actor_system&, net::io&, size_t answer_bytes_max);

} // namespace arrakis::chain
