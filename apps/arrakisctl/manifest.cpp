#include "apps/arrakisctl/command.hpp"

#include "actors/community/community.hpp"
#include "adapters/objects/layout.hpp"
#include "adapters/objects/verify.hpp"
#include "apps/arrakisctl/difference.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"
#include "runtime/terminal.hpp"
#include "schemas/manifest.hpp"

#include <algorithm>
#include <array>
#include <boost/json/object.hpp>
#include <charconv>
#include <cstdio>
#include <fmt/format.h>
#include <unistd.h>

namespace arrakis::ctl {
namespace {
constexpr auto usage = "usage: arrakisctl manifest list ID | show ID [VERSION] | verify ID | restore ID VERSION |"
                       " restore ID --from-objects VERSION [HASH] [--yes] | reindex ID | keys";

int64_t number(const std::string& text) {
  int64_t value = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), value);
  return bad == std::errc{} && end == text.data() + text.size() && value > 0 ? value : -1;
}

caf::expected<public_key_list> public_keys(ports& to) {
  auto keys = ask_now<signer::keys>(to.sys, to.signer, signer::public_keys{soon()});
  return keys ? caf::expected<public_key_list>{std::move(keys->hex_by_version)} : keys.error();
}

/// The database's copy of a version, which is the truth, once hash and signature confirm it.
caf::expected<manifests::record> confirmed(ports& to, const community_id& id, int64_t version,
                                           const public_key_list& keys) {
  auto record = ask_now<manifests::record>(to.sys, to.manifests, manifests::load{id, version, soon()});
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

/// What the object store has in the place of a version.
struct place {
  enum kind { same, absent, foreign, damaged } what = same;
  std::string words;
};
caf::expected<place> look(ports& to, const manifests::record& r, const public_key_list& keys) {
  auto there = ask_now<objects::snapshot>(to.sys, to.objects, objects::get{r.community, r.version, soon(), {}});
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
  auto rows = ask_now<manifests::listed>(to.sys, to.manifests, manifests::list{id, soon()});
  if (!rows)
    return rows.error();
  for (auto& r : rows->rows) {
    auto whole = ask_now<manifests::record>(to.sys, to.manifests, manifests::load{id, r.version, soon()});
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
  auto stored = ask_now<objects::versions>(to.sys, to.objects, objects::list{id, soon()});
  if (!stored)
    return stored.error();
  std::vector<leftover> out;
  const auto add = [&](int64_t version, const std::string& aside) {
    out.push_back(
      {version, aside, ask_now<objects::snapshot>(to.sys, to.objects, objects::get{id, version, soon(), aside})});
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

caf::expected<caf::unit_t> list(ports& to, const community_id& id) {
  auto keys = public_keys(to);
  auto records = keys ? all_records(to, id) : keys.error();
  auto rest = records ? leftovers(to, id, *records, *keys) : records.error();
  if (!rest)
    return rest.error();
  for (const auto& r : *records) {
    const auto seen = look(to, r, *keys);
    if (!seen)
      return seen.error();
    terminal::print("v{:06}  {}  sha256 {}  {}{}{}\n", r.version, r.created_at, r.sha256, seen->words,
                    check_signed(r, *keys) ? "  NOT GENUINE in the database" : "", r.active ? "  active" : "");
  }
  for (const auto& one : *rest) {
    const auto where = one.aside.empty() ? std::string{"only in the object store"} : "set aside as " + one.aside;
    if (one.object)
      terminal::print("v{:06}  {}  sha256 {}  {}, {}\n", one.version, one.object->created_at, one.object->sha256, where,
                      signature_words(*one.object, *keys));
    else
      terminal::print("v{:06}  {}, {}\n", one.version, where, text_of(one.object.error()));
  }
  return caf::unit;
}

/// Both copies of every version: the database's and the object store's.
caf::expected<caf::unit_t> verify(ports& to, const community_id& id) {
  auto keys = public_keys(to);
  auto records = keys ? all_records(to, id) : keys.error();
  if (!records)
    return records.error();
  bool good = true;
  std::string previous;
  for (auto r = records->rbegin(); r != records->rend(); ++r) {
    std::string verdict = "verifies";
    if (auto bad = check_signed(*r, *keys))
      verdict = "the database's copy: " + text_of(bad);
    else if (r->previous_sha256 != previous)
      verdict = "the database's copy does not follow the version before it";
    else if (auto seen = look(to, *r, *keys); !seen || seen->what != place::same)
      verdict = seen ? "the database's copy verifies; " + seen->words : text_of(seen.error());
    good = good && verdict == "verifies";
    terminal::print("v{:06}  {}\n", r->version, verdict);
    previous = r->sha256;
  }
  return good ? caf::expected<caf::unit_t>{caf::unit} : failed<caf::unit_t>(ec::corrupt, "not every version verifies");
}

caf::expected<caf::unit_t> show(ports& to, const community_id& id, int64_t version) {
  auto keys = public_keys(to);
  auto rows = keys ? ask_now<manifests::listed>(to.sys, to.manifests, manifests::list{id, soon()}) : keys.error();
  if (!rows)
    return rows.error();
  if (version == 0 && rows->rows.empty())
    return fail(ec::not_found, "nothing was deployed yet");
  auto record = confirmed(to, id, version == 0 ? rows->rows.front().version : version, *keys);
  if (!record)
    return record.error();
  const auto seen = look(to, *record, *keys);
  if (seen && (seen->what == place::foreign || seen->what == place::damaged))
    terminal::print_error("arrakisctl: this is the database's; version {} is {}\n", record->version, seen->words);
  terminal::print_document(record->canonical + "\n");
  return caf::unit;
}

/// What anyone needs to verify a signature by other means: the raw Ed25519 keys in hex, by key version, as JSON.
caf::expected<caf::unit_t> keys(ports& to) {
  auto all = ask_now<signer::keys>(to.sys, to.signer, signer::public_keys{soon()});
  if (!all)
    return all.error();
  boost::json::object out;
  for (const auto& [version, hex] : all->hex_by_version)
    out[std::to_string(version)] = hex;
  terminal::print_document(json::print(out) + "\n");
  return caf::unit;
}

/// A restored manifest is a new version with the old content: history is never rewritten.
caf::expected<caf::unit_t> deploy(ports& to, const community_id& id, const std::string& canonical,
                                  const std::string& what) {
  auto content = read_manifest(canonical);
  if (!content)
    return content.error();
  auto record = ask_now<communities::record>(to.sys, to.communities, communities::load{id, soon()});
  if (!record)
    return record.error();
  auto actor = community::start(to.sys, record->guild, {to.communities, to.manifests, to.deployments, to.signer, {}});
  community::deploy order;
  order.guild = record->guild;
  order.wanted = std::make_shared<const arrakis::manifest>(std::move(*content));
  order.base_version = record->active_version;
  order.key = fmt::format("restore-{}-{}", id.value, random_hex(16));
  order.trace = random_hex(16);
  order.until = soon();
  auto done = ask_now<community::deployed>(to.sys, actor, std::move(order));
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  if (!done)
    return done.error();
  if (!done->waits.empty())
    return fail(ec::refused, "nothing is deployed, waiting for the signer: " + done->waits);
  terminal::print("{} of {} is deployed as version {} (job {})\n", what, id.value, done->version, done->job);
  return caf::unit;
}

caf::expected<caf::unit_t> restore(ports& to, const community_id& id, int64_t version) {
  auto keys = public_keys(to);
  auto old = keys ? confirmed(to, id, version, *keys) : keys.error();
  if (!old && code_of(old.error()) == ec::not_found)
    return fail(ec::not_found, text_of(old.error())
                                 + " in the database; one that only the object store has is brought back with"
                                   " `manifest restore ID --from-objects VERSION`");
  if (!old)
    return old.error();
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

bool confirms() {
  terminal::print("Deploy it as a new version? Type yes: ");
  std::array<char, 16> line{};
  return std::fgets(line.data(), line.size(), stdin) != nullptr && std::string_view{line.data()} == "yes\n";
}

/// A version that a restore of the database lost: its signature is judged here, its content by the operator.
caf::expected<caf::unit_t> restore_lost(ports& to, const community_id& id, const std::vector<std::string>& words) {
  std::vector<std::string> names = words;
  const bool confirmed_already = std::erase(names, "--yes") > 0;
  const auto version = names.empty() ? -1 : number(names[0]);
  if (version < 0 || names.size() > 2)
    return fail(ec::invalid, usage);
  auto keys = public_keys(to);
  auto lost = keys ? lost_version(to, id, version, names.size() > 1 ? names[1] : "", *keys) : keys.error();
  if (!lost)
    return lost.error();
  if (auto bad = objects::verify(*lost, *keys))
    return fail(ec::refused, "it is not deployed: " + text_of(bad));
  boost::json::value now = boost::json::object{};
  auto rows = ask_now<manifests::listed>(to.sys, to.manifests, manifests::list{id, soon()});
  if (!rows)
    return rows.error();
  if (!rows->rows.empty()) {
    auto newest = confirmed(to, id, rows->rows.front().version, *keys);
    if (!newest)
      return newest.error();
    now = *json::parse(newest->canonical);
  }
  terminal::print("Lost version {} of {}, signed {}, sha256 {}. Against the newest version of the database:\n", version,
                  id.value, lost->created_at, lost->sha256);
  for (const auto& line : difference(now, *json::parse(lost->canonical)))
    terminal::print("  {}\n", line);
  terminal::print(
    "What the lost version made in the guild is unknown to the database. It is used again where it is equal and"
    " the guild's audit log (45 days) shows that the bot made it; all else with + is made, also beside one of"
    " the same name.\n");
  if (!confirmed_already && !(isatty(STDIN_FILENO) && confirms()))
    return fail(ec::refused, "not confirmed, nothing is deployed; repeat it with --yes");
  return deploy(to, id, lost->canonical, fmt::format("lost version {}", version));
}

/// Gives the object store what it should have: the database's versions in their places, and the index of them.
caf::expected<caf::unit_t> reindex(ports& to, const community_id& id) {
  auto keys = public_keys(to);
  auto records = keys ? all_records(to, id) : keys.error();
  if (!records)
    return records.error();
  for (const auto& r : *records) {
    if (auto bad = check_signed(r, *keys))
      return fail(ec::corrupt, "the database's copy is not genuine: " + text_of(bad));
    auto seen = look(to, r, *keys);
    if (!seen)
      return seen.error();
    if (seen->what == place::same)
      continue;
    auto done = ask_now<objects::stored>(to.sys, to.objects, objects::supersede{snapshot_of(r), soon()});
    if (!done)
      return done.error();
    terminal::print("v{:06}  was {}; stored now{}\n", r.version, seen->words,
                    done->aside.empty() ? "" : ", the other is kept as " + done->aside);
  }
  auto listed = ask_now<objects::versions>(to.sys, to.objects, objects::rebuild_index{id, soon()});
  if (!listed)
    return listed.error();
  return caf::unit;
}
} // namespace

caf::expected<caf::unit_t> manifest(ports& to, const std::vector<std::string>& args) {
  if (args.size() == 1 && args[0] == "keys")
    return keys(to);
  if (args.size() < 2)
    return fail(ec::invalid, usage);
  auto id = find_community(to, args[1]);
  if (!id)
    return id.error();
  if (args[0] == "restore" && args.size() > 2 && args[2] == "--from-objects")
    return restore_lost(to, *id, {args.begin() + 3, args.end()});
  const auto version = args.size() > 2 ? number(args[2]) : 0;
  if (version < 0)
    return fail(ec::invalid, "VERSION: a whole number from 1");
  if (args[0] == "list")
    return list(to, *id);
  if (args[0] == "verify")
    return verify(to, *id);
  if (args[0] == "reindex")
    return reindex(to, *id);
  if (args[0] == "show")
    return show(to, *id, version);
  if (args[0] == "restore" && version > 0)
    return restore(to, *id, version);
  return fail(ec::invalid, usage);
}
} // namespace arrakis::ctl
