#include "apps/arrakisctl/command.hpp"

#include "runtime/terminal.hpp"
#include "runtime/unicode.hpp"
#include <fmt/format.h>

namespace arrakis::ctl {
namespace {

void print(const communities::record& r) {
  terminal::print("{}  guild {}  {:11}  fence {}  version {}  {}\n", r.id.value, r.guild.text(), r.status, r.fence,
                  r.active_version, r.name);
}

caf::expected<caf::unit_t> set_status(ports& to, const std::vector<std::string>& args, const char* status) {
  if (args.size() < 2)
    return fail(ec::invalid, fmt::format("usage: arrakisctl community {} ID|GUILD [REASON]", args[0]));
  auto id = find_community(to, args[1]);
  if (!id)
    return id.error();
  std::string reason = args.size() > 2 ? "" : "by an operator";
  for (size_t i = 2; i < args.size(); ++i)
    reason += (i > 2 ? " " : "") + args[i];
  if (unicode::length(reason) > communities::reason_characters_max)
    return fail(ec::invalid, fmt::format("REASON: it has {} characters; at most {} are kept in the audit trail",
                                         unicode::length(reason), communities::reason_characters_max));
  auto done = ask_now<communities::record>(to.sys, to.communities,
                                           communities::set_status{*id, status, "operator", std::move(reason), soon()});
  if (!done)
    return done.error();
  print(*done);
  return caf::unit;
}

caf::expected<caf::unit_t> show(ports& to, const std::vector<std::string>& args) {
  if (args.size() < 2)
    return fail(ec::invalid, "usage: arrakisctl community show ID|GUILD");
  auto id = find_community(to, args[1]);
  if (!id)
    return id.error();
  auto record = ask_now<communities::record>(to.sys, to.communities, communities::load{*id, soon()});
  if (!record)
    return record.error();
  print(*record);
  auto last = ask_now<deployments::status_of>(to.sys, to.deployments, deployments::status{*id, 0, soon()});
  if (last)
    terminal::print("newest deployment {}  version {}  {}  {} resources done{}{}\n", last->deployment, last->version,
                    last->state, last->resources_done, last->error_code.empty() ? "" : "  " + last->error_code + ": ",
                    last->error_text);
  auto shadow = ask_now<manifests::shadow>(to.sys, to.manifests, manifests::load_shadow{*id, soon()});
  if (shadow)
    for (const auto& e : shadow->entries)
      terminal::print("  {:9} {:24} {}\n", e.kind, e.resource, e.id.text());
  return caf::unit;
}
} // namespace

caf::expected<community_id> find_community(ports& to, const std::string& id_or_guild) {
  if (auto id = parse_community_id(id_or_guild))
    return *id;
  auto guild = parse_snowflake(id_or_guild);
  if (!guild)
    return fail(ec::invalid, "'" + id_or_guild + "' is neither a community's UUID nor a guild's snowflake");
  auto found = ask_now<communities::found>(to.sys, to.communities, communities::find_by_guild{*guild, soon()});
  if (!found)
    return found.error();
  if (!found->id)
    return fail(ec::not_found, "guild " + id_or_guild + " has no community");
  return *found->id;
}

caf::expected<caf::unit_t> community(ports& to, const std::vector<std::string>& args) {
  const std::string what = args.empty() ? "" : args[0];
  if (what == "list") {
    auto all = ask_now<communities::listed>(to.sys, to.communities, communities::list{soon()});
    if (!all)
      return all.error();
    for (const auto& r : all->rows)
      print(r);
    return caf::unit;
  }
  if (what == "show")
    return show(to, args);
  if (what == "freeze")
    return set_status(to, args, "frozen");
  if (what == "thaw")
    return set_status(to, args, "active");
  return fail(ec::invalid, "usage: arrakisctl community list | show ID | freeze ID [REASON] | thaw ID [REASON]");
}

caf::expected<caf::unit_t> audit_log(ports& to, const std::vector<std::string>& args) {
  if (args.empty() || args[0] != "verify")
    return fail(ec::invalid, "usage: arrakisctl audit verify [ID|GUILD]   (all communities without one)");
  std::vector<community_id> ids;
  if (args.size() > 1) {
    auto id = find_community(to, args[1]);
    if (!id)
      return id.error();
    ids.push_back(*id);
  } else {
    auto all = ask_now<communities::listed>(to.sys, to.communities, communities::list{soon()});
    if (!all)
      return all.error();
    for (const auto& r : all->rows)
      ids.push_back(r.id);
  }
  bool whole = true;
  for (const auto& id : ids) {
    auto seen = ask_now<audit::verified>(to.sys, to.audit, audit::verify{id, soon()});
    if (!seen)
      return seen.error();
    whole = whole && seen->whole;
    terminal::print("{}  {} entries  {}\n", id.value, seen->entries,
                    seen->whole ? "whole" : fmt::format("BROKEN at entry {}: {}", seen->first_bad, seen->why));
  }
  if (!whole)
    return fail(ec::corrupt, "an audit chain does not verify");
  return caf::unit;
}
} // namespace arrakis::ctl
