#include "actors/guild/core/invite.hpp"

#include <fmt/format.h>

namespace arrakis {
std::string invite_link(snowflake application) {
  return fmt::format(
    "https://discord.com/oauth2/authorize?client_id={}&scope=bot%20applications.commands&permissions={}",
    application.value, invited_permissions);
}
} // namespace arrakis
