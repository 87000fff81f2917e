#pragma once
// The one error enum of the process. A value exists only where some caller acts differently on it; context goes into
// the error's text: fail(ec::invalid, "field 'name': 3 to 100 characters").
#include <caf/error.hpp>
#include <caf/expected.hpp>
#include <string>
#include <string_view>

namespace arrakis {

/// Values are append-only: they appear in stored dead letters.
enum class ec : uint8_t {
  none = 0,
  invalid,     ///< The input breaks a rule; the text names the field, the fault and the remedy.
  not_found,   ///< There is no such thing.
  conflict,    ///< Somebody else was first (unique key, compare-and-set, expected version). Read again, decide anew.
  refused,     ///< Understood and not allowed (permission, signature, policy).
  unavailable, ///< The peer is away and NOTHING was sent: safe to try again.
  unknown,     ///< It was sent and no answer came: the effect may or may not exist. Never read as "no".
  timeout,     ///< The deadline passed before the work was begun.
  busy,        ///< A named limit is reached; try later.
  throttled,   ///< A rate limit of a peer; the text carries the milliseconds to wait.
  frozen,      ///< The tenant is frozen, or the effect carries an old fence.
  stale,       ///< A lease or lock was lost to another owner; stop all effects.
  corrupt,     ///< Stored or received bytes do not verify.
  unsupported, ///< A version or feature that this build does not know.
  quarantined, ///< The actor crashed too often and is kept apart.
  internal,    ///< A bug: an invariant did not hold.
};

std::string_view to_string(ec code);

/// An error of this process with a sentence for a person.
caf::error fail(ec code, std::string text);
caf::error make_error(ec code);

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
