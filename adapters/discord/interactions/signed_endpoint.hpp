#pragma once
// Interactions over HTTP: Discord posts them, signed, to an HTTPS endpoint.
// https://discord.com/developers/docs/interactions/overview#setting-up-an-endpoint
#include "runtime/ed25519.hpp"
#include "runtime/json.hpp"
#include "runtime/net/http.hpp"
#include "schemas/interaction.hpp"

#include <chrono>
#include <functional>
#include <string_view>
#include <variant>

namespace arrakis::discord::interactions {
/// Limits of a request.
struct limits {
  json::limits body{.bytes_max = 256 << 10, .depth_max = 32}; ///< A modal with five full texts has about 40 KiB.
  /// Limit of the signature's age, past or future: prevents the replay of a recorded request.
  std::chrono::seconds age_max{300};
  /// Discord's clock in Unix milliseconds (server_clock), for the age; unset: this machine's clock.
  std::function<int64_t()> discord_now_ms;
};

/// Verifies and parses signed requests. Thread-safe; copies share the key.
class signed_endpoint {
public:
  /// `public_key`: 64 hex digits, from the application's page. Throws std::runtime_error for a malformed key.
  explicit signed_endpoint(std::string_view public_key, limits = {});

  /// Ed25519 over timestamp and raw body, checked before a byte of the body is parsed. ec::refused: any fault of
  /// signature or timestamp. ec::busy: larger than the limit. ec::invalid, ec::unsupported: signed, and not an
  /// interaction we can read; the text names the field.
  caf::expected<interaction> open(std::string_view body, std::string_view signature, std::string_view timestamp) const;

  /// Checks a request before its body is read: 401 when signature or timestamp is invalid for any body. Nothing: read
  /// the body, up to body_bytes_max().
  std::optional<net::http_response> judge_head(const net::http_request& head) const;
  /// Verifies a whole request: 401 or 413; nothing: Discord signed it.
  std::optional<net::http_response> verify(const net::http_request&) const;
  /// Reads a verified request: an answer (PING, 400), or the interaction. Answer an interaction with 200 and
  /// to_json_text(interaction_answer) within 3 s.
  std::variant<net::http_response, interaction> read(const net::http_request&) const;
  size_t body_bytes_max() const { return limits_.body.bytes_max; }

private:
  caf::error check(std::string_view body, std::string_view signature, std::string_view timestamp) const;
  caf::expected<interaction> parse(std::string_view body) const;
  bool is_recent(int64_t signed_at) const;
  limits limits_;
  ed25519::public_key key_;
};
} // namespace arrakis::discord::interactions
