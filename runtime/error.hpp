#pragma once
// The one error enum of the process. A value exists only where some caller acts differently on it; context goes into
// the error's text: fail(ec::invalid, "field 'name': 3 to 100 characters"). What a program reads is no text: it is a
// detail beside it: fail(ec::unavailable, "Redis: reconnecting", server_away{"redis", "reconnecting"}).
#include "runtime/message.hpp"

#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <caf/make_message.hpp>
#include <caf/message.hpp>
#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace arrakis {

/// Error codes of Arrakis. Append new ones at the end: stored dead letters contain the numbers.
enum class ec : uint8_t {
  none = 0,
  invalid,     ///< The input breaks a rule; the text names the field, the fault and the remedy.
  not_found,   ///< There is no such thing.
  conflict,    ///< Another writer was first (unique key, compare-and-set, expected version). Read again, then decide.
  refused,     ///< Understood and not allowed (permission, signature, policy).
  unavailable, ///< The peer is away and NOTHING was sent: safe to try again.
  unknown,     ///< Sent without an answer: the effect may or may not exist. Never treat it as "no".
  timeout,     ///< The deadline passed before the work was begun.
  busy,        ///< A named limit is reached; try later.
  throttled,   ///< A rate limit of a peer; carries `retry_after`.
  frozen,      ///< The tenant is frozen, or the effect carries an old fence.
  stale,       ///< A lease or lock was lost to another owner; stop all effects.
  corrupt,     ///< Stored or received bytes do not verify.
  unsupported, ///< A version or feature that this build does not know.
  quarantined, ///< The actor crashed too often and is kept apart.
  internal,    ///< A bug: an invariant did not hold.
};
/// Name of a code: "not_found".
std::string_view to_string(ec code);

/// Detail of an ec::throttled: the same request may succeed after this time, counted from the error's creation.
struct retry_after {
  std::chrono::milliseconds wait{0};
};
/// Detail of an ec::unavailable: the server that is away, and the state of our connection to it.
struct server_away {
  std::string_view server; ///< "postgres", "redis": a literal.
  std::string why;
};

namespace detail {
/// Makes an error of this code; the first value of `context` is the sentence.
caf::error error_of(ec code, caf::message context);
} // namespace detail

/// An error of this process with a sentence for a person. An ec::throttled needs its wait: see throttle().
caf::error fail(ec code, std::string text);
/// Makes an error with values for a program, at most one of each type; detail_of() returns them.
template <class... Details>
  requires(sizeof...(Details) > 0)
caf::error fail(ec code, std::string text, Details... details) {
  return detail::error_of(code, caf::make_message(std::move(text), std::move(details)...));
}
/// Makes an ec::throttled with its wait (retry_after).
inline caf::error throttle(std::string text, std::chrono::milliseconds wait) {
  return fail(ec::throttled, std::move(text), retry_after{wait});
}
caf::error make_error(ec code); ///< An error without a text; required by CAF.

/// Detail of this type in `error`; none: the error has no such detail.
template <class Detail>
std::optional<Detail> detail_of(const caf::error& error) {
  if (!error)
    return std::nullopt;
  const auto& context = error.context();
  for (size_t i = 1; i < context.size(); ++i)
    if (context.match_element<Detail>(i))
      return context.get_as<Detail>(i);
  return std::nullopt;
}
/// Wait before a repetition, if the error has one (retry_after).
std::optional<std::chrono::milliseconds> retry_after_of(const caf::error& error);

/// The code of `error`: `ec` values as they are, CAF's timeouts as ec::unknown (the receiver may have acted), dead
/// receivers as ec::unavailable, anything else as ec::internal.
ec code_of(const caf::error& error);
/// The sentence in `error`, or the name of its code.
std::string text_of(const caf::error& error);

/// A failed expected: `return unexpected(ec::invalid, "...")`.
template <class T>
caf::expected<T> failed(ec code, std::string text) {
  return caf::expected<T>{fail(code, std::move(text))};
}

} // namespace arrakis
