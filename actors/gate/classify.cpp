#include "actors/gate/messages.hpp"

#include "runtime/foreign_text.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace arrakis::gate {

std::string_view code_text(trouble what) {
  switch (what) {
    case trouble::none: return "";
    case trouble::frozen: return "COMMUNITY_FROZEN";
    case trouble::stale: return "LEASE_LOST";
    case trouble::permission: return "PERMISSION_ERROR";
    case trouble::not_found: return "RESOURCE_NOT_FOUND";
    case trouble::gone: return "GUILD_NOT_FOUND";
    case trouble::invalid_payload: return "INVALID_PAYLOAD";
    case trouble::rate_limited: return "RATE_LIMIT_TIMEOUT";
    case trouble::unknown: return "UNKNOWN_ERROR";
    case trouble::unavailable: return "UNKNOWN_ERROR";
  }
  return "UNKNOWN_ERROR";
}

bool retryable(trouble what) {
  switch (what) {
    case trouble::rate_limited:
    case trouble::unknown:
    case trouble::unavailable: return true;
    case trouble::none:
    case trouble::frozen: // Not by trying: it waits for the thaw.
    case trouble::stale:
    case trouble::permission:
    case trouble::not_found:
    case trouble::gone:
    case trouble::invalid_payload: return false;
  }
  return false;
}

namespace {
constexpr size_t fields_named_max = 5;

/// 50035: which field Discord refuses, and why.
problem refused_form(const discord::answer& a, std::string_view about) {
  const auto has = [&a](std::string_view code) {
    return std::any_of(a.errors.begin(), a.errors.end(), [code](const auto& e) { return e.code == code; });
  };
  if (has("CHANNEL_PARENT_MAX_CHANNELS"))
    return {trouble::permission,
            fmt::format("The category of {} has as many channels as Discord allows in one (50). Move one out of it, or "
                        "delete one that nobody needs, then press Retry.",
                        about)};
  if (has("CHANNEL_PARENT_INVALID") || has("CHANNEL_PARENT_INVALID_TYPE"))
    return {trouble::not_found, fmt::format("The category of {} is not there any more.", about)};
  std::string fields;
  for (size_t i = 0; i < std::min(a.errors.size(), fields_named_max); ++i)
    fields += fmt::format("\n- {}: {}", code(a.errors[i].path), for_message(a.errors[i].message));
  if (a.errors.size() > fields_named_max)
    fields += fmt::format("\n- and {} more", a.errors.size() - fields_named_max);
  return {trouble::invalid_payload,
          fmt::format("Discord refuses {}: {} ({}).{}", about, for_message(a.message), a.code, fields)};
}

/// Names the missing resource: the one that was called for, or one that the request refers to.
std::string missing(const discord::answer& a, std::string_view about) {
  switch (a.code) {
    case 10007: // Unknown Member
      return fmt::format("Discord cannot change {}: the member has left the server.", about);
    case 10009: // Unknown Overwrite
    case 10011: // Unknown Role
    case 10013: // Unknown User
      return fmt::format("Discord does not know {} any more, or a role that it names ({}).", about,
                         for_message(a.message));
    default: return fmt::format("Discord does not know {} any more, or its category.", about);
  }
}

problem told(const discord::throttle_wait& wait, std::string_view about) {
  if (wait.blocked)
    return {trouble::rate_limited,
            fmt::format("Discord's protection (Cloudflare) refuses our requests for the moment, before Discord itself "
                        "sees them: {} is tried again in {}.",
                        about, discord::in_minutes(wait.left)),
            wait.left};
  return {trouble::rate_limited,
          fmt::format("Discord limits how often this may be done: {} can go on in {}.", about,
                      discord::in_minutes(wait.left)),
          wait.left};
}
} // namespace

problem classify(const discord::answer& a, std::string_view about) {
  if (a.status < 400)
    return {};
  // https://discord.com/developers/docs/topics/opcodes-and-status-codes#json
  switch (a.code) {
    case 10004: // Unknown Guild
      return {trouble::gone, "The bot is not in this server any more. Invite it again, then press Retry."};
    case 50001: // Missing Access
      return {trouble::gone,
              fmt::format("Discord refuses access to {}: the bot was removed from the server, or it lost "
                          "View Channels. Invite it again or give it back, then press Retry.",
                          about)};
    case 50013: // Missing Permissions
    case 50028: // Invalid role
      // Which permission is missing needs the guild's state: synthesize_community finds it.
      return {
        trouble::permission,
        fmt::format("The bot may not change {}: Discord refused (code {}). Fix its permissions in Server Settings "
                    "→ Roles, then press Retry.",
                    about, a.code),
        std::chrono::milliseconds{0}, a.code};
    case 60003: // Two factor is required for this operation
      return {trouble::permission,
              "This server asks for two-factor authentication of its bots' owner: the owner of the "
              "application must enable it in Discord, then press Retry."};
    case 30005: // Maximum number of guild roles reached (250)
      return {trouble::permission,
              "The server has as many roles as Discord allows (250). Delete one that nobody needs, "
              "then press Retry."};
    case 30013: // Maximum number of guild channels reached (500)
      return {trouble::permission,
              "The server has as many channels as Discord allows (500). Delete one that nobody needs, "
              "then press Retry."};
    case 50035: return refused_form(a, about); // Invalid Form Body
    default: break;
  }
  if (a.status == 404)
    return {trouble::not_found, missing(a, about)};
  if (a.status == 403)
    return {trouble::permission,
            fmt::format("Discord refuses to change {}: {}. Give the bot the permission, then press "
                        "Retry.",
                        about, for_message(a.message))};
  return {trouble::invalid_payload, fmt::format("Discord refuses {}: {} ({}).", about, for_message(a.message), a.code)};
}

problem classify(const caf::error& e, std::string_view about) {
  const auto say = [&](std::string_view text) { return fmt::format("{}: {} ({}).", about, text, text_of(e)); };
  switch (code_of(e)) {
    case ec::none: return {};
    case ec::frozen: return {trouble::frozen, "The community is frozen; the work goes on after the thaw."};
    case ec::stale: return {trouble::stale, "Another worker took this deployment over."};
    case ec::throttled: return told(discord::throttle_wait_of(e).value_or(discord::throttle_wait{}), about);
    case ec::timeout:
    case ec::busy: return {trouble::rate_limited, say("no turn within Discord's limits in time")};
    case ec::unavailable: return {trouble::unavailable, say("not reachable now")};
    case ec::refused: return {trouble::unavailable, say("Discord's client is closed")};
    case ec::invalid:
    case ec::unsupported: return {trouble::invalid_payload, say("not valid")};
    case ec::unknown:
    case ec::not_found:
    case ec::conflict:
    case ec::corrupt:
    case ec::quarantined:
    case ec::internal: return {trouble::unknown, say("no certain answer")};
  }
  return {trouble::unknown, say("no certain answer")};
}

} // namespace arrakis::gate
