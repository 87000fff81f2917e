#include "apps/arrakisctl/commands.hpp"

#include "runtime/clock.hpp"
#include "runtime/unicode.hpp"

#include <boost/json.hpp>

namespace arrakis::ctl {
namespace {
namespace bj = boost::json;

bj::object json_of(const quarantines::entry& e) {
  bj::object o{{"number", e.id},
               {"kind", e.kind},
               {"key", e.key},
               {"community", e.community.value},
               {"since", iso8601(e.at_ms)},
               {"error", e.error},
               {"message", e.message},
               {"node", e.node}};
  if (e.released_at_ms > 0) {
    o["released_at"] = iso8601(e.released_at_ms);
    o["released_by"] = e.released_by;
    o["reason"] = e.reason;
  }
  return o;
}

std::string text_of_entry(const quarantines::entry& e) {
  auto text = cli::line("number     {}\nkind       {}\nkey        {}\ncommunity  {}\nsince      {}", e.id, e.kind,
                        e.key, e.community.value.empty() ? "none" : e.community.value, iso8601(e.at_ms));
  text += cli::line("error      {}\nmessage    {}\nnode       {}", e.error, e.message, e.node);
  if (e.released_at_ms > 0)
    text += cli::line("released   {} by {}: {}", iso8601(e.released_at_ms), e.released_by, e.reason);
  return text;
}

result list(ports& to, const arguments&) {
  auto open = ask_now<quarantines::listed>(to.system(), to.quarantines(), quarantines::list_open{soon()});
  if (!open)
    return open.error();
  bj::array all;
  std::vector<std::vector<std::string>> rows;
  for (const auto& e : open->entries) {
    all.push_back(json_of(e));
    rows.push_back({std::to_string(e.id), e.kind, e.key, e.community.value, iso8601(e.at_ms), e.error});
  }
  return output{bj::object{{"quarantines", std::move(all)}},
                cli::table({"NUMBER", "KIND", "KEY", "COMMUNITY", "SINCE", "ERROR"}, rows, "Nothing is in quarantine."),
                {}};
}

result show(ports& to, const arguments& given) {
  auto found = ask_now<quarantines::entry>(to.system(), to.quarantines(),
                                           quarantines::find{given.number("NUMBER"), soon()});
  if (!found)
    return found.error();
  return output{json_of(*found), text_of_entry(*found), {}};
}

result release(ports& to, const arguments& given) {
  const auto reason = given.has("REASON") ? given.joined("REASON") : "by an operator";
  if (unicode::length(reason) > quarantines::reason_characters_max)
    return fail(ec::invalid, fmt::format("REASON: it has {} characters; at most {} are kept in the audit trail",
                                         unicode::length(reason), quarantines::reason_characters_max));
  auto done = ask_now<quarantines::entry>(to.system(), to.quarantines(),
                                          quarantines::release{given.number("NUMBER"), "operator", reason, soon()});
  if (!done)
    return done.error();
  auto text = cli::line("{} {} may start again, on every node within a second; its waiting work is due now.",
                        done->kind, done->key);
  if (done->community.value.empty())
    text += cli::line(
      "Its guild has no community, so there is no audit trail: `arrakisctl quarantine show {}` shows who released "
      "it, and why.",
      done->id);
  return output{json_of(*done), std::move(text), {}};
}
} // namespace

cli::command quarantine_commands() {
  const cli::word number{"NUMBER", "As `arrakisctl quarantine list` shows it.", true, false, {}, cli::whole_number};
  const cli::word reason{"REASON", "Why, for the audit trail.", false, true, {}, {}};
  cli::command c;
  c.name = "quarantine";
  c.help = "Shows quarantined actors, which keep crashing, and releases them.";
  c.examples = {{"arrakisctl quarantine list", "what is in quarantine now"}};
  c.commands = {{"list", "Lists the quarantined actors.", {}, {}, {}, c.examples, with_ports(list), {}},
                {"show",
                 "Shows one with its error and the type of its last message; also after its release, for 90 days.",
                 {},
                 {number},
                 {},
                 {{"arrakisctl quarantine show 3", "why it is in quarantine"}},
                 with_ports(show),
                 {}},
                {"release",
                 "Lets one start again, on every node, and makes its waiting work due.",
                 "Requests that it got meanwhile were answered with an error and are not repeated. If it keeps "
                 "crashing, it is quarantined again.",
                 {number, reason},
                 {},
                 {{"arrakisctl quarantine release 3 fixed in 1.4.2", "with the reason"}},
                 with_ports(release),
                 {}}};
  return c;
}
} // namespace arrakis::ctl
