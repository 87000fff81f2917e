#pragma once
// Cancellation of requests. A requester that needs no answer any more (a member of when_any that came too
// late, the rest of a group at its deadline, a flow whose own request was cancelled, an actor that ends) destroys its
// flow. The wait that is destroyed sends `cancel`, with the number of its request, to the actor that it had asked; that
// one destroys the flow that works on the request, and so on. No answer follows.
//
// An actor says in its protocol that it can stop: caf::reacts_to<cancel>. One that does not is never sent a cancel: it
// works to the end, and its answer is dropped (PostgreSQL, Redis, the object store, and every write to Discord).
//
// A cancel is never "it did not happen": what has left the process may have its effect. Read again before a repetition.
#include "runtime/message.hpp"

#include <caf/actor_addr.hpp>
#include <caf/actor_cast.hpp>
#include <caf/detail/type_list.hpp>
#include <caf/mailbox_element.hpp>
#include <caf/message_id.hpp>
#include <caf/replies_to.hpp>
#include <caf/response_promise.hpp>
#include <cstdint>
#include <type_traits>

namespace arrakis {

/// Names one request of one asker. Weak: it keeps no actor alive.
struct request_key {
  caf::actor_addr asker;
  uint64_t number = 0;
  friend bool operator==(const request_key& a, const request_key& b) {
    return a.number == b.number && a.asker == b.asker;
  }
  /// False for a message that is no request and has no answer.
  explicit operator bool() const { return number != 0; }
};

/// The asker of `request` wants no answer any more. It may come for a request that was answered meanwhile, or that a
/// crashed predecessor had: then it is ignored.
struct cancel {
  request_key request;
};

/// The key of the request that `reply` answers.
inline request_key key_of(caf::response_promise& reply) {
  if (reply.async() || !reply.source())
    return {};
  return {caf::actor_cast<caf::actor_addr>(reply.source()), reply.id().request_id().integer_value()};
}

namespace detail {
template <class Signatures>
struct accepts_cancel;
template <class... Ts>
struct accepts_cancel<caf::detail::type_list<Ts...>>
  : std::bool_constant<(std::is_same_v<Ts, caf::reacts_to<cancel>> || ...)> {};
template <class Handle, class = void>
struct can_cancel : std::false_type {};
template <class Handle>
struct can_cancel<Handle, std::void_t<typename Handle::signatures>> : accepts_cancel<typename Handle::signatures> {};
template <>
struct can_cancel<caf::actor> : std::false_type {};

/// Without a sender: the asker may be at its end.
template <class Handle>
void send_cancel(const Handle& to, request_key request) {
  if (const auto asked = caf::actor_cast<caf::strong_actor_ptr>(to))
    asked->enqueue(nullptr, caf::make_message_id(), caf::make_message(cancel{std::move(request)}), nullptr);
}
} // namespace detail
} // namespace arrakis
