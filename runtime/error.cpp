#include "runtime/error.hpp"

#include "runtime/assert.hpp"

#include <caf/atom.hpp>
#include <caf/sec.hpp>

namespace arrakis {
namespace {
constexpr auto category = caf::atom("arrakis");
}

std::string_view to_string(ec code) {
  switch (code) {
    case ec::none: return "none";
    case ec::invalid: return "invalid";
    case ec::not_found: return "not_found";
    case ec::conflict: return "conflict";
    case ec::refused: return "refused";
    case ec::unavailable: return "unavailable";
    case ec::unknown: return "unknown";
    case ec::timeout: return "timeout";
    case ec::busy: return "busy";
    case ec::throttled: return "throttled";
    case ec::frozen: return "frozen";
    case ec::stale: return "stale";
    case ec::corrupt: return "corrupt";
    case ec::unsupported: return "unsupported";
    case ec::quarantined: return "quarantined";
    case ec::internal: return "internal";
  }
  return "internal";
}

namespace detail {
caf::error error_of(ec code, caf::message context) {
  return caf::error{static_cast<uint8_t>(code), category, std::move(context)};
}
} // namespace detail

caf::error fail(ec code, std::string text) {
  ARRAKIS_ASSERT(code != ec::throttled, "an ec::throttled is made by throttle(), with its wait");
  return detail::error_of(code, caf::make_message(std::move(text)));
}

std::optional<std::chrono::milliseconds> retry_after_of(const caf::error& error) {
  const auto said = detail_of<retry_after>(error);
  return said ? std::optional{said->wait} : std::nullopt;
}

caf::error make_error(ec code) { return fail(code, std::string{to_string(code)}); }

ec code_of(const caf::error& error) {
  if (!error)
    return ec::none;
  if (error.category() == category)
    return static_cast<ec>(error.code());
  if (error == caf::sec::request_timeout)
    return ec::unknown;
  if (error == caf::sec::request_receiver_down)
    return ec::unavailable;
  return ec::internal;
}

std::string text_of(const caf::error& error) {
  if (!error)
    return std::string{to_string(ec::none)};
  const auto& context = error.context();
  if (error.category() == category && context.size() > 0 && context.match_element<std::string>(0))
    return context.get_as<std::string>(0);
  if (error == caf::sec::request_timeout)
    return "no answer in time";
  if (error == caf::sec::request_receiver_down)
    return "the receiver ended";
  return std::string{to_string(code_of(error))};
}
} // namespace arrakis
