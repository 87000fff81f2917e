#include "apps/arrakisctl/commands.hpp"

#include "runtime/json.hpp"

#include <algorithm>
#include <boost/json.hpp>

namespace arrakis::ctl {
namespace {
namespace bj = boost::json;
constexpr size_t count_standard = 50;

constexpr auto platform = "platform"; ///< In the place of a community: the platform's own trail.

caf::expected<audit::listed> newest(ports& to, const std::string& of, size_t count_max) {
  if (of == platform) {
    const auto trail = to.platform_audit();
    if (!trail)
      return trail.error();
    return ask_now<audit::listed>(to.system(), *trail, audit::list_platform{count_max, soon()});
  }
  auto id = find_community(to, of);
  if (!id)
    return id.error();
  return ask_now<audit::listed>(to.system(), to.audit(), audit::list{*id, {}, count_max, soon()});
}

result log(ports& to, const arguments& given) {
  auto found = newest(to, given.text("ID"),
                      given.has("--count") ? static_cast<size_t>(given.number("--count")) : count_standard);
  if (!found)
    return found.error();
  bj::array all;
  std::vector<std::vector<std::string>> rows;
  for (auto e = found->entries.rbegin(); e != found->entries.rend(); ++e) { // The oldest first, as a log is read.
    auto payload = json::parse(e->payload_json);
    all.push_back(bj::object{{"sequence", e->sequence},
                             {"at", e->at},
                             {"event", e->event},
                             {"actor", e->actor},
                             {"target", e->target},
                             {"payload", payload ? std::move(*payload) : bj::value(e->payload_json)},
                             {"hash", e->hash}});
    rows.push_back({std::to_string(e->sequence), e->at, e->event, e->actor, e->target, e->payload_json});
  }
  return output{bj::object{{"entries", std::move(all)}},
                cli::table({"ENTRY", "AT", "EVENT", "ACTOR", "TARGET", "PAYLOAD"}, rows, "The audit trail is empty."),
                {}};
}

/// Ids of the communities to verify; `platform` among them for the platform's own trail.
caf::expected<std::vector<std::string>> trails_of(ports& to, const arguments& given) {
  if (given.text("ID") == platform)
    return std::vector<std::string>{platform};
  if (given.has("ID")) {
    auto id = find_community(to, given.text("ID"));
    if (!id)
      return id.error();
    return std::vector{id->value};
  }
  auto all = ask_now<communities::listed>(to.system(), to.communities(), communities::list{soon()});
  if (!all)
    return all.error();
  std::vector<std::string> ids;
  for (const auto& r : all->rows)
    ids.push_back(r.id.value);
  if (to.platform_audit()) // An operator without postgres.admin_dsn verifies the communities.
    ids.push_back(platform);
  return ids;
}

caf::expected<audit::verified> verify_one(ports& to, const std::string& id) {
  if (id != platform)
    return ask_now<audit::verified>(to.system(), to.audit(), audit::verify{{id}, soon()});
  const auto trail = to.platform_audit();
  if (!trail)
    return trail.error();
  return ask_now<audit::verified>(to.system(), *trail, audit::verify_platform{soon()});
}

result verify(ports& to, const arguments& given) {
  const auto ids = trails_of(to, given);
  if (!ids)
    return ids.error();
  output out;
  bj::array chains;
  std::vector<std::vector<std::string>> rows;
  for (const auto& id : *ids) {
    auto seen = verify_one(to, id);
    if (!seen)
      return seen.error();
    if (!seen->whole)
      out.failure = fail(ec::corrupt, "An audit trail does not verify.");
    chains.push_back(bj::object{{"id", id},
                                {"entries", seen->entries},
                                {"whole", seen->whole},
                                {"first_bad", seen->first_bad},
                                {"why", seen->why}});
    rows.push_back({id, std::to_string(seen->entries),
                    seen->whole ? "whole" : fmt::format("BROKEN at entry {}: {}", seen->first_bad, seen->why)});
  }
  out.json = bj::object{{"trails", std::move(chains)}};
  out.text = cli::table({"ID", "ENTRIES", "VERDICT"}, rows, "There is no community yet, and no audit trail.");
  return out;
}
} // namespace

cli::command audit_commands() {
  auto id = id_word();
  id.help += " Or platform: what an operator did to no single community.";
  id.is_valid = [accepts = id.is_valid](const std::string& text) {
    return text == platform ? std::string{} : accepts(text);
  };
  auto optional = id;
  optional.required = false;
  optional.help += " Without it: all.";
  cli::command c;
  c.name = "audit";
  c.help = "Reads and verifies the audit trail.";
  c.examples = {{"arrakisctl audit log 1400000000000000001", "who did what, and when"}};
  c.commands = {{"log",
                 "Shows the newest entries of a community's audit trail, the oldest of them first.",
                 {},
                 {id},
                 {{"--count", "N", "Show N entries; without it, 50. At most 1000.", {}, cli::whole_number}},
                 c.examples,
                 with_ports(log),
                 {}},
                {"verify",
                 "Proves that no entry was changed, added or taken away.",
                 {},
                 {optional},
                 {},
                 {{"arrakisctl audit verify", "all communities"}},
                 with_ports(verify),
                 {}}};
  return c;
}
} // namespace arrakis::ctl
