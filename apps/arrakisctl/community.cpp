#include "apps/arrakisctl/commands.hpp"

#include "runtime/json.hpp"
#include "runtime/unicode.hpp"

#include <boost/json.hpp>

namespace arrakis::ctl {
namespace {
namespace bj = boost::json;
constexpr auto nobody = "There is no community yet: somebody has to finish /onboard in a server of Discord.";

bj::object json_of(const communities::record& r) {
  return {{"id", r.id.value},   {"guild", r.guild.text()}, {"name", r.name},
          {"status", r.status}, {"fence", r.fence},        {"active_version", r.active_version}};
}

std::string table_of(const std::vector<communities::record>& all) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& r : all)
    rows.push_back(
      {r.id.value, r.guild.text(), r.status, std::to_string(r.fence), std::to_string(r.active_version), r.name});
  return cli::table({"ID", "GUILD", "STATUS", "FENCE", "VERSION", "NAME"}, rows, nobody);
}

/// The newest entry of the audit trail that set the status.
struct status_change {
  std::string at, by, reason;
};
caf::expected<std::optional<status_change>> last_status_change(ports& to, const community_id& id, bool frozen) {
  audit::list wanted;
  wanted.community = id;
  wanted.event = frozen ? "COMMUNITY_FROZEN" : "COMMUNITY_DEACTIVATED";
  wanted.count_max = 1;
  wanted.until = soon();
  auto found = ask_now<audit::listed>(to.system(), to.audit(), std::move(wanted));
  if (!found)
    return found.error();
  if (found->entries.empty())
    return std::optional<status_change>{};
  const auto& newest = found->entries.front();
  const auto payload = json::parse(newest.payload_json);
  const auto reason = payload && payload->is_object() ? std::string{json::text_or(payload->get_object(), "reason")}
                                                      : std::string{};
  return std::optional{status_change{newest.at, newest.actor, reason}};
}

result set_status(ports& to, const arguments& given, const char* status, const char* sentence) {
  auto id = find_community(to, given.text("ID"));
  if (!id)
    return id.error();
  const auto reason = given.has("REASON") ? given.joined("REASON") : "by an operator";
  if (unicode::length(reason) > communities::reason_characters_max)
    return fail(ec::invalid, fmt::format("REASON: it has {} characters; at most {} are kept in the audit trail",
                                         unicode::length(reason), communities::reason_characters_max));
  auto done = ask_now<communities::record>(to.system(), to.communities(),
                                           communities::set_status{*id, status, "operator", reason, soon()});
  if (!done)
    return done.error();
  to.give_hint(hints::fences); // So that no process waits for its next poll of the log.
  return output{
    json_of(*done), cli::line("{} (guild {}) is {}: {}", done->name, done->guild.text(), status, sentence), {}};
}
result freeze(ports& to, const arguments& given) {
  return set_status(to, given, "frozen", "nothing is written to its guild until you thaw it.");
}
result thaw(ports& to, const arguments& given) {
  return set_status(to, given, "active", "what was stopped goes on by itself.");
}

void add_deployment(const deployments::status_of& last, output& out) {
  out.json.as_object()["newest_deployment"] = {{"id", last.deployment},         {"version", last.version},
                                               {"state", last.state},           {"resources_done", last.resources_done},
                                               {"error_code", last.error_code}, {"error", last.error_text}};
  out.text += cli::line("newest deployment {}  version {}  {}  {} resources done{}{}", last.deployment, last.version,
                        last.state, last.resources_done, last.error_code.empty() ? "" : "  " + last.error_code + ": ",
                        last.error_text);
}

void add_resources(const manifests::shadow& shadow, output& out) {
  bj::array all;
  std::vector<std::vector<std::string>> rows;
  for (const auto& e : shadow.entries) {
    all.push_back(bj::object{{"kind", e.kind}, {"resource", e.resource}, {"id", e.id.text()}});
    rows.push_back({e.kind, e.resource, e.id.text()});
  }
  out.json.as_object()["resources"] = std::move(all);
  out.text += "\n" + cli::table({"KIND", "RESOURCE", "SNOWFLAKE"}, rows, "Nothing was made in the guild yet.");
}

result show(ports& to, const arguments& given) {
  auto id = find_community(to, given.text("ID"));
  if (!id)
    return id.error();
  auto record = ask_now<communities::record>(to.system(), to.communities(), communities::load{*id, soon()});
  if (!record)
    return record.error();
  output out{json_of(*record), table_of({*record}) + "\n", {}};
  if (record->status != "active") {
    auto change = last_status_change(to, *id, record->status == "frozen");
    if (!change)
      return change.error();
    if (*change) {
      out.json.as_object()["status_reason"] = (*change)->reason;
      out.json.as_object()["status_since"] = (*change)->at;
      out.text += cli::line("{} since {} by {}: {}", record->status, (*change)->at, (*change)->by, (*change)->reason);
    }
  }
  if (auto last = ask_now<deployments::status_of>(to.system(), to.deployments(), deployments::status{*id, 0, soon()}))
    add_deployment(*last, out);
  if (auto shadow = ask_now<manifests::shadow>(to.system(), to.manifests(), manifests::load_shadow{*id, soon()}))
    add_resources(*shadow, out);
  return out;
}

result list(ports& to, const arguments&) {
  auto all = ask_now<communities::listed>(to.system(), to.communities(), communities::list{soon()});
  if (!all)
    return all.error();
  bj::array rows;
  for (const auto& r : all->rows)
    rows.push_back(json_of(r));
  return output{bj::object{{"communities", std::move(rows)}}, table_of(all->rows), {}};
}
} // namespace

cli::word id_word() {
  return {"ID", "The community: its UUID, or its guild's snowflake.", true, false, {}, [](const std::string& text) {
            return parse_community_id(text) || parse_snowflake(text)
                   ? std::string{}
                   : std::string{"is neither a community's UUID nor a guild's snowflake"};
          }};
}

caf::expected<community_id> find_community(ports& to, const std::string& id_or_guild) {
  if (auto id = parse_community_id(id_or_guild))
    return *id;
  const auto guild = parse_snowflake(id_or_guild).value_or(snowflake{});
  auto found = ask_now<communities::found>(to.system(), to.communities(), communities::find_by_guild{guild, soon()});
  if (!found)
    return found.error();
  if (!found->id)
    return fail(ec::not_found, "Guild " + id_or_guild + " has no community. `arrakisctl community list` shows all.");
  return *found->id;
}

cli::command community_commands() {
  const cli::word reason{"REASON", "The reason, for the audit trail; at most 500 characters.", false, true, {}, {}};
  cli::command c;
  c.name = "community";
  c.help = "Shows communities, and freezes and thaws them.";
  c.examples = {{"arrakisctl community list", "all communities"}};
  c.commands = {
    {"list", "Lists all communities.", {}, {}, {}, c.examples, with_ports(list), {}},
    {"show",
     "Shows one community: its status and the reason, its newest deployment, and its resources in the guild.",
     {},
     {id_word()},
     {},
     {{"arrakisctl community show 1400000000000000001", "by its guild"}},
     with_ports(show),
     {}},
    {"freeze",
     "Stops every write to a guild, within a second, on all nodes.",
     {},
     {id_word(), reason},
     {},
     {{"arrakisctl community freeze 1400000000000000001 the owner asked us to", "with the reason"}},
     with_ports(freeze),
     {}},
    {"thaw",
     "Thaws a frozen community: its work continues where it stopped.",
     {},
     {id_word(), reason},
     {},
     {{"arrakisctl community thaw 1400000000000000001", "its work continues"}},
     with_ports(thaw),
     {}}};
  return c;
}
} // namespace arrakis::ctl
