#include "apps/arrakisctl/commands.hpp"

#include "runtime/clock.hpp"
#include "runtime/unicode.hpp"

#include <boost/json.hpp>

namespace arrakis::ctl {
namespace {
namespace bj = boost::json;

result list(ports& to, const arguments&) {
  auto found = ask_now<member_roles::waiting>(to.system(), to.member_roles(), member_roles::list_waiting{soon()});
  if (!found)
    return found.error();
  bj::array all;
  std::vector<std::vector<std::string>> rows;
  for (const auto& r : found->roles) {
    all.push_back(bj::object{{"community", r.community.value},
                             {"role", r.role.text()},
                             {"members", r.members},
                             {"since", iso8601(r.since_ms)}});
    rows.push_back({r.community.value, r.role.text(), std::to_string(r.members), iso8601(r.since_ms)});
  }
  return output{bj::object{{"waiting", std::move(all)}},
                cli::table({"COMMUNITY", "ROLE", "MEMBERS", "SINCE"}, rows, "No member waits to lose a role."),
                {}};
}

result settle(ports& to, const arguments& given, bool takes) {
  auto id = find_community(to, given.text("ID"));
  if (!id)
    return id.error();
  const auto role = parse_snowflake(given.text("ROLE")).value_or(snowflake{});
  const auto reason = given.has("REASON") ? given.joined("REASON") : "by an operator";
  if (unicode::length(reason) > member_roles::reason_characters_max)
    return fail(ec::invalid, fmt::format("REASON: it has {} characters; at most {} are kept in the audit trail",
                                         unicode::length(reason), member_roles::reason_characters_max));
  auto done = ask_now<member_roles::answered>(to.system(), to.member_roles(),
                                              member_roles::answer{*id, role, takes, "operator", reason, soon()});
  if (!done)
    return done.error();
  return output{
    bj::object{{"community", id->value}, {"role", role.text()}, {"members", done->members}},
    takes ? cli::line("The role is taken from {} members now, unless a newer verdict gives it back.", done->members)
          : cli::line("{} members keep the role until a later verdict takes it.", done->members),
    {}};
}

result take(ports& to, const arguments& given) {
  if (auto agreed = cli::confirm(given, "All members who wait lose this role, however many they are. Look at some of"
                                        " them first: a chain that answers wrongly looks like many who sold.");
      !agreed)
    return agreed.error();
  return settle(to, given, true);
}
result keep(ports& to, const arguments& given) { return settle(to, given, false); }
} // namespace

cli::command roles_commands() {
  const cli::word role{"ROLE",
                       "The role's snowflake, as `arrakisctl roles waiting` shows it.",
                       true,
                       false,
                       {},
                       [](const std::string& text) {
                         return parse_snowflake(text) ? std::string{} : std::string{"is no snowflake"}; }};
  const cli::word reason{"REASON", "Why, for the audit trail.", false, true, {}, {}};
  cli::command c;
  c.name = "roles";
  c.help = "Shows roles that too many members would lose at once, and answers whether they lose them.";
  c.details = "Members who would lose a role above the limit of the section member_roles of the configuration keep it"
              " until you answer.";
  c.examples = {{"arrakisctl roles waiting", "how many members wait, by role"}};
  c.commands = {
    {"waiting", "Lists the roles that members wait to lose.", {}, {}, {}, c.examples, with_ports(list), {}},
    {"take",
     "Takes the role from all who wait.",
     {},
     {id_word(), role, reason},
     {cli::yes_option()},
     {{"arrakisctl roles take 1400000000000000001 1400000000000000007 the sale was real", "with the reason"}},
     with_ports(take),
     {}},
    {"keep",
     "Lets all who wait keep the role until a later verdict.",
     {},
     {id_word(), role, reason},
     {},
     {{"arrakisctl roles keep 1400000000000000001 1400000000000000007 the node lied", "with the reason"}},
     with_ports(keep),
     {}}};
  return c;
}
} // namespace arrakis::ctl
