#include "actors/gate/messages.hpp"

#include "runtime/foreign_text.hpp"

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
      return {
        trouble::permission,
        fmt::format("Discord does not let the bot change {}. In Server Settings → Roles give the bot Manage Roles and "
                    "Manage Channels and move its role above the roles that it manages, then press Retry.",
                    about)};
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
    default: break;
  }
  if (a.status == 404)
    return {trouble::not_found, fmt::format("Discord does not know {} any more.", about)};
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
    case ec::throttled: return {trouble::rate_limited, say("Discord asked us to wait longer than this attempt lasts")};
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
