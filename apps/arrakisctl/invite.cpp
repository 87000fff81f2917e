#include "actors/guild/core/invite.hpp"
#include "apps/arrakisctl/commands.hpp"
#include "apps/arrakisctl/fetch.hpp"
#include "runtime/json.hpp"

#include <boost/json/object.hpp>

namespace arrakis::ctl {
namespace {
/// https://discord.com/developers/docs/resources/application, "Get Current Application".
caf::expected<snowflake> application_of(const config& settings) {
  const auto token = settings.secret("discord.token");
  if (token.empty())
    return fail(ec::invalid, "no bot token is set; name the file that holds it in discord.token_file, or set "
                             "ARRAKIS_DISCORD_TOKEN");
  const auto& given = settings.text("discord.api_url");
  const auto url = given.empty() ? std::string{"https://discord.com"} : given;
  net::http_request request{"GET",
                            "/api/v10/applications/@me",
                            {{"User-Agent", "DiscordBot (https://github.com/arrakis, " ARRAKIS_VERSION ")"}},
                            {},
                            {}};
  request.authorization = secret::concat("Bot ", token);
  const auto got = fetch(url, std::move(request), patience);
  if (!got)
    return fail(code_of(got.error()), "Discord does not answer at " + url + ": " + text_of(got.error()));
  if (got->status == 401)
    return fail(ec::refused, "Discord refuses the bot token; copy the bot's current one from the developer portal "
                             "(page Bot, Reset Token)");
  const auto parsed = json::parse(got->body);
  const auto id = parsed && parsed->is_object() ? parse_snowflake(json::text_or(parsed->get_object(), "id"))
                                                : std::nullopt;
  if (got->status != 200 || !id)
    return fail(ec::unknown, "GET /applications/@me: " + url + " answered " + std::to_string(got->status)
                               + " without an application");
  return *id;
}

result invite(const config& settings, const arguments&) {
  const auto application = application_of(settings);
  if (!application)
    return application.error();
  const auto link = invite_link(*application);
  return output{boost::json::object{{"url", link}}, cli::line("{}", link), {}};
}
} // namespace

cli::command invite_command() {
  return {"invite",
          "Prints the link that invites the bot into a server, with the least permissions.",
          {},
          {},
          {},
          {{"arrakisctl invite", "open it in a browser, and choose the server"}},
          with_settings(invite),
          {}};
}
} // namespace arrakis::ctl
