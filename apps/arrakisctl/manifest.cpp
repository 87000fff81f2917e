#include "apps/arrakisctl/command.hpp"

#include "actors/community/community.hpp"
#include "adapters/objects/verify.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"
#include "runtime/terminal.hpp"
#include "schemas/manifest.hpp"

#include <boost/json/object.hpp>
#include <charconv>
#include <fmt/format.h>

namespace arrakis::ctl {
namespace {
constexpr auto usage =
  "usage: arrakisctl manifest list ID | show ID [VERSION] | verify ID | restore ID VERSION | reindex ID | keys";

int64_t number(const std::string& text) {
  int64_t value = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), value);
  return bad == std::errc{} && end == text.data() + text.size() && value > 0 ? value : -1;
}

caf::expected<objects::versions> stored_versions(ports& to, const community_id& id) {
  return ask_now<objects::versions>(to.sys, to.objects, objects::list{id, soon()});
}

caf::expected<objects::snapshot> verified_snapshot(ports& to, const community_id& id, int64_t version) {
  auto keys = ask_now<signer::keys>(to.sys, to.signer, signer::public_keys{soon()});
  if (!keys)
    return keys.error();
  auto stored = ask_now<objects::snapshot>(to.sys, to.objects, objects::get{id, version, soon()});
  if (!stored)
    return stored.error();
  if (auto bad = objects::verify(*stored, keys->hex_by_version))
    return bad;
  return stored;
}

caf::expected<caf::unit_t> list(ports& to, const community_id& id) {
  auto rows = ask_now<manifests::listed>(to.sys, to.manifests, manifests::list{id, soon()});
  if (!rows)
    return rows.error();
  auto stored = stored_versions(to, id);
  if (!stored)
    return stored.error();
  for (const auto& r : rows->rows) {
    const bool there = std::find(stored->list.begin(), stored->list.end(), r.version) != stored->list.end();
    terminal::print("v{:06}  {}  sha256 {}  {}{}\n", r.version, r.created_at, r.sha256,
                    there ? "stored" : "NOT YET in the object store", r.active ? "  active" : "");
  }
  return caf::unit;
}

/// Both copies of every version: the database's and the object store's.
caf::expected<caf::unit_t> verify(ports& to, const community_id& id) {
  auto rows = ask_now<manifests::listed>(to.sys, to.manifests, manifests::list{id, soon()});
  if (!rows)
    return rows.error();
  bool good = true;
  std::string previous;
  for (auto r = rows->rows.rbegin(); r != rows->rows.rend(); ++r) {
    auto copy = verified_snapshot(to, id, r->version);
    std::string verdict = copy ? "verifies" : text_of(copy.error());
    if (copy && (copy->sha256 != r->sha256 || copy->previous_sha256 != previous))
      verdict = "the object store and the database disagree";
    good = good && verdict == "verifies";
    terminal::print("v{:06}  {}\n", r->version, verdict);
    previous = r->sha256;
  }
  return good ? caf::expected<caf::unit_t>{caf::unit} : failed<caf::unit_t>(ec::corrupt, "not every version verifies");
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
caf::expected<caf::unit_t> restore(ports& to, const community_id& id, int64_t version) {
  auto old = verified_snapshot(to, id, version);
  if (!old)
    return old.error();
  auto content = read_manifest(old->canonical);
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
  order.key = fmt::format("restore-{}-{}-{}", id.value, version, wall_ms());
  order.trace = random_hex(16);
  order.until = soon();
  auto done = ask_now<community::deployed>(to.sys, actor, std::move(order));
  caf::anon_send_exit(actor, caf::exit_reason::user_shutdown);
  if (!done)
    return done.error();
  if (!done->waits.empty())
    return fail(ec::refused, "nothing is deployed, waiting for the signer: " + done->waits);
  terminal::print("version {} of {} is deployed as version {} (job {})\n", version, id.value, done->version, done->job);
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
  const auto version = args.size() > 2 ? number(args[2]) : 0;
  if (version < 0)
    return fail(ec::invalid, "VERSION: a whole number from 1");
  if (args[0] == "list")
    return list(to, *id);
  if (args[0] == "verify")
    return verify(to, *id);
  if (args[0] == "reindex")
    return ask_now<objects::versions>(to.sys, to.objects, objects::rebuild_index{*id, soon()}).engaged()
           ? caf::expected<caf::unit_t>{caf::unit}
           : failed<caf::unit_t>(ec::unavailable, "the index could not be written");
  if (args[0] == "show") {
    auto stored = verified_snapshot(to, *id, version);
    if (!stored)
      return stored.error();
    terminal::print_document(stored->canonical + "\n");
    return caf::unit;
  }
  if (args[0] == "restore" && version > 0)
    return restore(to, *id, version);
  return fail(ec::invalid, usage);
}
} // namespace arrakis::ctl
