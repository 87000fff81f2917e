#include "adapters/discord/interactions/signed_endpoint.hpp"

#include "runtime/clock.hpp"
#include "runtime/log.hpp"
#include "runtime/log_rate_limit.hpp"
#include "runtime/metrics.hpp"
#include "runtime/net/router/route.hpp"
#include "schemas/trace.hpp"

#include <algorithm>
#include <array>
#include <boost/json.hpp>
#include <charconv>
#include <optional>
#include <stdexcept>

namespace arrakis::discord::interactions {
namespace {
/// The 64 bytes of a signature (RFC 8032, 5.1.6) from their hex digits.
std::optional<std::string> signature_of(std::string_view hex) {
  std::array<unsigned char, 64> raw{};
  if (hex.size() != 2 * raw.size())
    return std::nullopt;
  for (size_t i = 0; i < raw.size(); ++i) {
    const auto* at = hex.data() + 2 * i;
    const auto [end, failed] = std::from_chars(at, at + 2, raw[i], 16);
    if (failed != std::errc{} || end != at + 2)
      return std::nullopt;
  }
  return std::string{raw.begin(), raw.end()};
}

/// Unix seconds, as Discord writes them: digits only, so that no second spelling of a time has a signature of its own.
std::optional<int64_t> seconds_of(std::string_view text) {
  int64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  const bool digits = !text.empty() && text.size() <= 12 && text.front() >= '0' && text.front() <= '9';
  return digits && failed == std::errc{} && end == text.data() + text.size() ? std::optional{value} : std::nullopt;
}

net::http_response refusal(int status, const caf::error& why) {
  const auto* code = status == 401 ? "ERR_UNAUTHORIZED" : status == 413 ? "ERR_TOO_LARGE" : "ERR_INVALID_INPUT";
  return net::router::problem(status, code, text_of(why));
}

constexpr auto too_old = "the signature is too old, or this machine's clock is wrong";

int status_of(ec code) {
  switch (code) {
    case ec::refused: return 401;
    case ec::busy: return 413;
    default: return 400;
  }
}
} // namespace

signed_endpoint::signed_endpoint(std::string_view public_key, limits chosen) : limits_(chosen) {
  auto key = ed25519::public_key::parse(public_key);
  if (!key)
    throw std::runtime_error{"discord.public_key: " + text_of(key.error())
                             + "; take it from the application's page General Information"};
  key_ = std::move(*key);
}

bool signed_endpoint::is_recent(int64_t signed_at) const {
  const auto now_ms = limits_.discord_now_ms ? limits_.discord_now_ms() : wall_ms();
  return std::chrono::abs(std::chrono::seconds{now_ms / 1000 - signed_at}) <= limits_.age_max;
}

caf::error signed_endpoint::check(std::string_view body, std::string_view signature, std::string_view timestamp) const {
  if (body.size() > limits_.body.bytes_max)
    return fail(ec::busy, "the body is larger than " + std::to_string(limits_.body.bytes_max) + " bytes");
  const auto raw = signature_of(signature);
  const auto signed_at = seconds_of(timestamp);
  if (!raw || !signed_at || !key_.verifies(std::string{timestamp}.append(body), *raw))
    return fail(ec::refused, "the signature does not verify");
  if (!is_recent(*signed_at))
    return fail(ec::refused, too_old);
  return {};
}

caf::expected<interaction> signed_endpoint::parse(std::string_view body) const {
  const auto parsed = json::parse(body, limits_.body);
  if (!parsed)
    return parsed.error();
  const auto* object = parsed->if_object();
  if (!object)
    return fail(ec::invalid, "body: not a JSON object");
  if (json::integer_or(*object, "type") == static_cast<int64_t>(interaction_kind::ping))
    return interaction{}; // A PING is answered with a PONG, whatever else it holds.
  auto what = read_interaction(*object);
  if (what) {
    what->received_ms = wall_ms();
    what->trace = random_hex(16);
  }
  return what;
}

caf::expected<interaction> signed_endpoint::open(std::string_view body, std::string_view signature,
                                                 std::string_view timestamp) const {
  if (auto bad = check(body, signature, timestamp))
    return bad;
  return parse(body);
}

namespace {
/// The trace id of "00-{32 hex}-{16 hex}-{2 hex}"; empty for anything else, and for the id of zeros.
/// https://www.w3.org/TR/trace-context/#traceparent-header-field-values
std::string trace_of(std::string_view traceparent) {
  if (traceparent.size() != 55 || !traceparent.starts_with("00-") || traceparent[35] != '-' || traceparent[52] != '-')
    return {};
  const auto id = traceparent.substr(3, 32);
  return is_trace_id(id) ? std::string{id} : std::string{};
}
} // namespace

namespace {
net::http_response refuse(const caf::error& why) {
  const auto code = code_of(why);
  metrics::count("arrakis_discord_interactions_refused_total", "Interactions over HTTP that were refused.", 1,
                 {{"why", std::string{to_string(code)}}});
  // Discord itself sends wrong signatures as a test. A signed request can be replayed as long as it is recent.
  static log::rate_limit line{std::chrono::seconds{10}};
  if (const auto count = code == ec::refused ? std::nullopt : line.due())
    log::warn("interaction.unreadable", {{"error", text_of(why)}, {"count", *count}});
  return refusal(status_of(code), why);
}
} // namespace

std::optional<net::http_response> signed_endpoint::judge_head(const net::http_request& head) const {
  const auto signed_at = seconds_of(net::header(head.headers, "X-Signature-Timestamp"));
  if (!signed_at || !signature_of(net::header(head.headers, "X-Signature-Ed25519")))
    return refuse(fail(ec::refused, "the signature does not verify"));
  if (!is_recent(*signed_at)) {
    // Any client can cause this line; but when all of Discord's requests end here, the clock is wrong, and only this
    // line tells it.
    static log::rate_limit line{std::chrono::minutes{1}};
    if (const auto count = line.due())
      log::warn("interaction.time_refused",
                {{"count", *count},
                 {"signed_s_ago", wall_ms() / 1000 - *signed_at},
                 {"do", "where this is said of each interaction, set this machine's clock (NTP)"}});
    return refuse(fail(ec::refused, too_old));
  }
  return std::nullopt;
}

std::optional<net::http_response> signed_endpoint::verify(const net::http_request& request) const {
  if (const auto bad = check(request.body, net::header(request.headers, "X-Signature-Ed25519"),
                             net::header(request.headers, "X-Signature-Timestamp")))
    return refuse(bad);
  return std::nullopt;
}

std::variant<net::http_response, interaction> signed_endpoint::read(const net::http_request& request) const {
  auto what = parse(request.body);
  if (!what)
    return refuse(what.error());
  if (what->kind == interaction_kind::ping)
    return net::json_response(200, to_json_text({interaction_answer::pong, {}}));
  if (auto trace = trace_of(net::header(request.headers, "traceparent")); !trace.empty())
    what->trace = std::move(trace);
  return std::move(*what);
}
} // namespace arrakis::discord::interactions
