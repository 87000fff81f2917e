#pragma once
// The behavior of a handler whose every reply is the result of one flow.
#include "actors/ingress/messages.hpp"
#include "runtime/flow.hpp"

#include <caf/result.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::commands {

/// Delivers the result of `work`, a reply or an error, to the asker.
inline flow<> deliver(flow<caf::expected<ingress::reply>> work, caf::typed_response_promise<ingress::reply> to_asker) {
  auto out = co_await std::move(work);
  if (out)
    to_asker.deliver(std::move(*out));
  else
    to_asker.deliver(out.error());
}

/// Behavior that answers each request by a flow of `handle`. The state of `self` has `flows` as a member.
template <class Self>
ingress::handler::behavior_type answer_by(Self* self,
                                          flow<caf::expected<ingress::reply>> (*handle)(Self*, ingress::request)) {
  return {[self, handle](const ingress::request& q) -> caf::result<ingress::reply> {
    auto to_asker = self->template make_response_promise<ingress::reply>();
    self->state.flows.start(deliver(handle(self, q), to_asker));
    return caf::delegated<ingress::reply>{};
  }};
}

} // namespace arrakis::commands
