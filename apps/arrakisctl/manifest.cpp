#include "apps/arrakisctl/commands.hpp"

#include "actors/community/community.hpp"
#include "adapters/objects/layout.hpp"
#include "adapters/objects/verify.hpp"
#include "apps/arrakisctl/difference.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"
#include "runtime/terminal.hpp"
#include "schemas/manifest.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fmt/format.h>

namespace arrakis::ctl {
namespace {
namespace bj = boost::json;

caf::expected<public_key_list> public_keys(ports& to) {
  auto keys = ask_now<signer::keys>(to.system(), to.signer(), signer::public_keys{soon()});
  return keys ? caf::expected<public_key_list>{std::move(keys->hex_by_version)} : keys.error();
}

/// The database's copy of a version, which is the truth, once hash and signature confirm it.
caf::expected<manifests::record> confirmed(ports& to, const community_id& id, int64_t version,
                                           const public_key_list& keys) {
  auto record = ask_now<manifests::record>(to.system(), to.manifests(), manifests::load{id, version, soon()});
  if (!record)
    return record.error();
  if (auto bad = check_signed(*record, keys))
    return fail(ec::corrupt, "the database's copy is not genuine: " + text_of(bad));
  return record;
}

objects::snapshot snapshot_of(const manifests::record& r) {
  return {r.community, r.version, r.canonical, r.sha256, r.previous_sha256, r.created_at, r.created_by, r.signature};
}

std::string signature_words(const objects::snapshot& s, const public_key_list& keys) {
  return objects::verify(s, keys) ? "its signature does not verify" : "its signature verifies";
}

constexpr auto nothing_deployed = "Nothing was deployed in this community yet.";

/// State of the object that the object store has for a version.
struct place {
  enum kind { same, absent, foreign, damaged } what = same;
  std::string words;
};
caf::expected<place> look(ports& to, const manifests::record& r, const public_key_list& keys) {
  auto there = ask_now<objects::snapshot>(to.system(), to.objects(), objects::get{r.community, r.version, soon(), {}});
  if (!there && code_of(there.error()) == ec::not_found)
    return place{place::absent, "NOT YET in the object store"};
  if (!there && code_of(there.error()) == ec::corrupt)
    return place{place::damaged, "DAMAGED in the object store (" + text_of(there.error()) + ")"};
  if (!there)
    return there.error();
  const auto mine = objects::print(snapshot_of(r)), other = objects::print(*there);
  if (mine && other && *mine == *other)
    return place{place::same, "stored"};
  return place{place::foreign, fmt::format("FOREIGN in the object store (sha256 {}, {})", there->sha256,
                                           signature_words(*there, keys))};
}

/// All versions of the database, newest first, each with its bytes.
caf::expected<std::vector<manifests::record>> all_records(ports& to, const community_id& id) {
  auto rows = ask_now<manifests::listed>(to.system(), to.manifests(), manifests::list{id, soon()});
  if (!rows)
    return rows.error();
  for (auto& r : rows->rows) {
    auto whole = ask_now<manifests::record>(to.system(), to.manifests(), manifests::load{id, r.version, soon()});
    if (!whole)
      return whole.error();
    r = std::move(*whole);
  }
  return std::move(rows->rows);
}

/// Objects that are no version of the database: lost by a restore of it, or set aside since.
struct leftover {
  int64_t version = 0;
  std::string aside; ///< Empty: in the place of a version.
  caf::expected<objects::snapshot> object;
};
caf::expected<std::vector<leftover>> leftovers(ports& to, const community_id& id,
                                               const std::vector<manifests::record>& records,
                                               const public_key_list& keys) {
  auto stored = ask_now<objects::versions>(to.system(), to.objects(), objects::list{id, soon()});
  if (!stored)
    return stored.error();
  std::vector<leftover> out;
  const auto add = [&](int64_t version, const std::string& aside) {
    out.push_back({version, aside,
                   ask_now<objects::snapshot>(to.system(), to.objects(), objects::get{id, version, soon(), aside})});
  };
  for (const auto version : stored->list) {
    const auto known = std::ranges::find(records, version, &manifests::record::version);
    const auto seen = known == records.end() ? caf::expected<place>{place{place::foreign, {}}} : look(to, *known, keys);
    if (!seen)
      return seen.error();
    if (seen->what == place::foreign)
      add(version, {});
  }
  for (const auto& entry : stored->aside)
    add(entry.version, entry.hash);
  return out;
}

/// One row of `manifest list`.
void add_row(std::vector<std::vector<std::string>>& rows, bj::array& all, int64_t version, const std::string& created,
             const std::string& sha256, const std::string& state, bool active) {
  rows.push_back({fmt::format("v{:06}", version), created, sha256, state + (active ? "  active" : "")});
  all.push_back(
    bj::object{{"version", version}, {"created", created}, {"sha256", sha256}, {"state", state}, {"active", active}});
}

result list(ports& to, const community_id& id, const arguments&) {
  auto keys = public_keys(to);
  auto records = keys ? all_records(to, id) : keys.error();
  auto rest = records ? leftovers(to, id, *records, *keys) : records.error();
  if (!rest)
    return rest.error();
  std::vector<std::vector<std::string>> rows;
  bj::array all;
  for (const auto& r : *records) {
    const auto seen = look(to, r, *keys);
    if (!seen)
      return seen.error();
    add_row(rows, all, r.version, r.created_at, r.sha256,
            seen->words + (check_signed(r, *keys) ? "  NOT GENUINE in the database" : ""), r.active);
  }
  for (const auto& one : *rest) {
    const auto where = one.aside.empty() ? std::string{"only in the object store"} : "set aside as " + one.aside;
    if (one.object)
      add_row(rows, all, one.version, one.object->created_at, one.object->sha256,
              where + ", " + signature_words(*one.object, *keys), false);
    else
      add_row(rows, all, one.version, "", "", where + ", " + text_of(one.object.error()), false);
  }
  return output{bj::object{{"versions", std::move(all)}},
                cli::table({"VERSION", "CREATED", "SHA256", "STATE"}, rows, nothing_deployed),
                {}};
}

/// Both copies of every version: the database's and the object store's.
result verify(ports& to, const community_id& id, const arguments&) {
  auto keys = public_keys(to);
  auto records = keys ? all_records(to, id) : keys.error();
  if (!records)
    return records.error();
  output out;
  std::vector<std::vector<std::string>> rows;
  bj::array all;
  std::string previous;
  for (auto r = records->rbegin(); r != records->rend(); ++r) {
    std::string verdict = "verifies";
    if (auto bad = check_signed(*r, *keys))
      verdict = "the database's copy: " + text_of(bad);
    else if (r->previous_sha256 != previous)
      verdict = "the database's copy does not follow the version before it";
    else if (auto seen = look(to, *r, *keys); !seen || seen->what != place::same)
      verdict = seen ? "the database's copy verifies; " + seen->words : text_of(seen.error());
    if (verdict != "verifies")
      out.failure = fail(ec::corrupt, "Not every version verifies.");
    rows.push_back({fmt::format("v{:06}", r->version), verdict});
    all.push_back(bj::object{{"version", r->version}, {"verifies", verdict == "verifies"}, {"verdict", verdict}});
    previous = r->sha256;
  }
  out.json = bj::object{{"versions", std::move(all)}};
  out.text = cli::table({"VERSION", "VERDICT"}, rows, nothing_deployed);
  return out;
}

result show(ports& to, const community_id& id, const arguments& given) {
  auto keys = public_keys(to);
  auto rows = keys ? ask_now<manifests::listed>(to.system(), to.manifests(), manifests::list{id, soon()})
                   : keys.error();
  if (!rows)
    return rows.error();
  if (rows->rows.empty())
    return fail(ec::not_found, nothing_deployed);
  const auto newest = rows->rows.front().version;
  const auto version = given.has("VERSION") ? given.number("VERSION") : newest;
  if (std::ranges::find(rows->rows, version, &manifests::record::version) == rows->rows.end())
    return fail(ec::not_found, fmt::format("There is no version {} of this community: the newest is {}. `arrakisctl"
                                           " manifest list` shows all.",
                                           version, newest));
  auto record = confirmed(to, id, version, *keys);
  if (!record)
    return record.error();
  const auto seen = look(to, *record, *keys);
  if (seen && (seen->what == place::foreign || seen->what == place::damaged))
    terminal::print_error("arrakisctl: this is the database's; version {} is {}\n", record->version, seen->words);
  auto parsed = json::parse(record->canonical);
  return output{parsed ? std::move(*parsed) : bj::value{}, record->canonical + "\n", {}};
}

/// Prints the public keys for verification with other tools: raw Ed25519 keys in hex, by key version, as JSON.
result keys(ports& to, const arguments&) {
  auto all = ask_now<signer::keys>(to.system(), to.signer(), signer::public_keys{soon()});
  if (!all)
    return all.error();
  bj::object out;
  for (const auto& [version, hex] : all->hex_by_version)
    out[std::to_string(version)] = hex;
  const auto text = json::print(out) + "\n";
  return output{std::move(out), text, {}};
}

/// A restored manifest is a new version with the old content: history is never rewritten.
result deploy(ports& to, const community_id& id, const std::string& canonical, const std::string& what) {
  auto content = read_manifest(canonical);
  if (!content)
    return content.error();
  auto record = ask_now<communities::record>(to.system(), to.communities(), communities::load{id, soon()});
  if (!record)
    return record.error();
  auto actor = community::start(to.system(), record->guild,
                                {to.communities(), to.manifests(), to.deployments(), to.signer(), {}});
  community::deploy order;
  order.guild = record->guild;
  order.wanted = std::make_shared<const arrakis::manifest>(std::move(*content));
  order.base_version = record->active_version;
  order.key = fmt::format("restore-{}-{}", id.value, random_hex(16));
  order.trace = random_hex(16);
  order.until = soon();
  auto done = ask_now<community::deployed>(to.system(), actor, std::move(order));
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  if (!done)
    return done.error();
  if (!done->waits.empty())
    return fail(ec::refused, "nothing is deployed, waiting for the signer: " + done->waits);
  return output{bj::object{{"id", id.value}, {"version", done->version}, {"job", done->job}},
                cli::line("{} of {} is deployed as version {} (job {})", what, id.value, done->version, done->job),
                {}};
}

result restore_known(ports& to, const community_id& id, const arguments& given) {
  const auto version = given.number("VERSION");
  auto keys = public_keys(to);
  auto old = keys ? confirmed(to, id, version, *keys) : keys.error();
  if (!old && code_of(old.error()) == ec::not_found)
    return fail(ec::not_found, fmt::format("There is no version {} in the database; one that only the object store has"
                                           " is brought back with `manifest restore ID VERSION --from-objects`.",
                                           version));
  if (!old)
    return old.error();
  if (auto agreed = cli::confirm(given, fmt::format("The content of version {} becomes a new version, and the guild is"
                                                    " changed to match it. Deploy it?",
                                                    version));
      !agreed)
    return agreed.error();
  return deploy(to, id, old->canonical, fmt::format("version {}", version));
}

/// The one lost object of a version whose hash (of its content or of its bytes) begins with `hash`.
caf::expected<objects::snapshot> lost_version(ports& to, const community_id& id, int64_t version,
                                              const std::string& hash, const public_key_list& keys) {
  auto records = all_records(to, id);
  auto rest = records ? leftovers(to, id, *records, keys) : records.error();
  if (!rest)
    return rest.error();
  std::vector<objects::snapshot> found;
  std::string damage, choices;
  for (auto& one : *rest) {
    if (one.version != version)
      continue;
    if (!one.object)
      damage = text_of(one.object.error());
    else if (one.object->sha256.starts_with(hash) || (!one.aside.empty() && one.aside.starts_with(hash))) {
      choices += (choices.empty() ? " " : ", ") + one.object->sha256 + " of " + one.object->created_at;
      found.push_back(std::move(*one.object));
    }
  }
  if (found.size() > 1)
    return fail(ec::conflict,
                fmt::format("there are {} of version {}: name one by its hash:{}", found.size(), version, choices));
  if (found.empty())
    return fail(ec::not_found, fmt::format("the object store has no version {} that the database lacks{}", version,
                                           damage.empty() ? "" : "; " + damage));
  return std::move(found.front());
}

/// A version that a restore of the database lost: its signature is judged here, its content by the operator.
result restore_lost(ports& to, const community_id& id, const arguments& given) {
  const auto version = given.number("VERSION");
  auto keys = public_keys(to);
  auto lost = keys ? lost_version(to, id, version, given.text("HASH"), *keys) : keys.error();
  if (!lost)
    return lost.error();
  if (auto bad = objects::verify(*lost, *keys))
    return fail(ec::refused, "it is not deployed: " + text_of(bad));
  boost::json::value now = boost::json::object{};
  auto rows = ask_now<manifests::listed>(to.system(), to.manifests(), manifests::list{id, soon()});
  if (!rows)
    return rows.error();
  if (!rows->rows.empty()) {
    auto newest = confirmed(to, id, rows->rows.front().version, *keys);
    if (!newest)
      return newest.error();
    now = *json::parse(newest->canonical);
  }
  std::string about = cli::line(
    "Lost version {} of {}, signed {}, sha256 {}. Against the newest version of the database:", version, id.value,
    lost->created_at, lost->sha256);
  for (const auto& each : difference(now, *json::parse(lost->canonical)))
    about += cli::line("  {}", each);
  about += "What the lost version made in the guild is unknown to the database. It is used again where it is equal and"
           " the guild's audit log (45 days) shows that the bot made it; all else with + is made, also beside one of"
           " the same name.\n";
  terminal::print_lines(terminal::stream::error, about);
  if (auto agreed = cli::confirm(given, "Deploy it as a new version?"); !agreed)
    return agreed.error();
  return deploy(to, id, lost->canonical, fmt::format("lost version {}", version));
}

result restore(ports& to, const community_id& id, const arguments& given) {
  if (given.has("--from-objects"))
    return restore_lost(to, id, given);
  if (given.has("HASH"))
    return fail(ec::invalid, "HASH names an object: it goes with --from-objects.");
  return restore_known(to, id, given);
}

/// Gives the object store what it should have: the database's versions in their places, and the index of them.
result reindex(ports& to, const community_id& id, const arguments&) {
  auto keys = public_keys(to);
  auto records = keys ? all_records(to, id) : keys.error();
  if (!records)
    return records.error();
  output out;
  bj::array mended;
  for (const auto& r : *records) {
    if (auto bad = check_signed(r, *keys))
      return fail(ec::corrupt, "the database's copy is not genuine: " + text_of(bad));
    auto seen = look(to, r, *keys);
    if (!seen)
      return seen.error();
    if (seen->what == place::same)
      continue;
    auto done = ask_now<objects::stored>(to.system(), to.objects(), objects::supersede{snapshot_of(r), soon()});
    if (!done)
      return done.error();
    mended.push_back(bj::object{{"version", r.version}, {"was", seen->words}, {"aside", done->aside}});
    out.text += cli::line("v{:06}  was {}; stored now{}", r.version, seen->words,
                          done->aside.empty() ? "" : ", the other is kept as " + done->aside);
  }
  auto listed = ask_now<objects::versions>(to.system(), to.objects(), objects::rebuild_index{id, soon()});
  if (!listed)
    return listed.error();
  out.text += cli::line("The index is written anew: {} versions are in their places, {} of them mended.",
                        records->size(), mended.size());
  out.json = bj::object{{"versions", records->size()}, {"mended", std::move(mended)}};
  return out;
}

/// With the community that ID names.
template <result (*Action)(ports&, const community_id&, const arguments&)>
result of_community(ports& to, const arguments& given) {
  auto id = find_community(to, given.text("ID"));
  return id ? Action(to, *id, given) : id.error();
}
} // namespace

cli::command manifest_commands() {
  const cli::word version{"VERSION", "The version's number.", true, false, {}, cli::whole_number};
  auto any_version = version;
  any_version.required = false;
  any_version.help = "The version's number; without it, the newest.";
  const cli::word hash{
    "HASH", "With --from-objects, where there are several: how the hash of one begins.", false, false, {}, {}};
  cli::command c;
  c.name = "manifest";
  c.help = "Reads, verifies and restores signed manifests.";
  c.examples = {{"arrakisctl manifest list 1400000000000000001", "all versions"}};
  c.commands = {
    {"list",
     "Lists all versions, in the database and in the object store.",
     {},
     {id_word()},
     {},
     c.examples,
     with_ports(of_community<list>),
     {}},
    {"show",
     "Prints a version's manifest: the bytes that were signed.",
     {},
     {id_word(), any_version},
     {},
     {{"arrakisctl manifest show 1400000000000000001 3 | jq .roles", "the roles of version 3"}},
     with_ports(of_community<show>),
     {}},
    {"verify",
     "Verifies hash, signature and order of every version, and its object.",
     {},
     {id_word()},
     {},
     {{"arrakisctl manifest verify 1400000000000000001", "ends with 1 when one does not verify"}},
     with_ports(of_community<verify>),
     {}},
    {"restore",
     "Deploys the content of an earlier version as a new one; history is never rewritten.",
     "With --from-objects it brings back a version that a restore of PostgreSQL lost: it verifies its signature and"
     " shows the difference first.",
     {id_word(), version, hash},
     {{"--from-objects", "", "Take the version from the object store.", {}, {}}, cli::yes_option()},
     {{"arrakisctl manifest restore 1400000000000000001 2", "back to version 2, after a question"}},
     with_ports(of_community<restore>),
     {}},
    {"reindex",
     "Repairs the object store (missing, foreign or damaged manifests) and its index.",
     {},
     {id_word()},
     {},
     {{"arrakisctl manifest reindex 1400000000000000001", "nothing is deleted"}},
     with_ports(of_community<reindex>),
     {}},
    {"keys",
     "Prints the public keys (Ed25519, hex) by key version, to verify signatures with other tools.",
     {},
     {},
     {},
     {{"arrakisctl manifest keys", "JSON, also without --json"}},
     with_ports(keys),
     {}}};
  return c;
}
} // namespace arrakis::ctl
