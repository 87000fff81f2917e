#include "actors/outbox_relay/targets/target.hpp"
#include "adapters/objects/messages.hpp"
#include "adapters/postgres/manifests/messages.hpp"
#include "adapters/signer/messages.hpp"
#include "adapters/signer/signature.hpp"
#include "runtime/json.hpp"

#include <boost/json.hpp>

namespace arrakis::targets::store_manifest {
namespace {
struct ports {
  manifests::handle manifests;
  objects::handle objects;
  signer::handle signer; ///< Has the public keys that a record must verify with before it replaces an object.
};

/// Another object has the place: the database was restored from an older backup, and the store still has what was lost.
/// The database is the truth, as far as its record verifies.
flow<caf::error> supersede(pointer self, ports to, objects::snapshot what) {
  const auto until = within(self, self->state.opt.step);
  auto keys = co_await ask(self, to.signer, until, signer::public_keys{until});
  if (!keys)
    co_return code_of(keys.error()) == ec::refused ? fail(ec::unavailable, text_of(keys.error()))
                                                   : std::move(keys.error());
  if (auto bad = check_signed(what, keys->hex_by_version))
    co_return bad;
  objects::supersede order{std::move(what), until};
  auto stored = co_await ask(self, to.objects, until, std::move(order));
  co_return stored ? caf::error{} : std::move(stored.error());
}

/// Reads the n of {"version": n}.
caf::expected<int64_t> version_in(const outbox::row& row) {
  const auto tree = json::parse(row.payload_json);
  if (!tree)
    return malformed(row, text_of(tree.error()));
  const auto* object = tree->if_object();
  const auto version = object == nullptr ? 0 : json::integer_or(*object, "version");
  if (version < 1)
    return malformed(row, "'version' must be a positive integer");
  return version;
}

flow<caf::error> store(pointer self, ports to, outbox::row row) {
  const auto version = version_in(row);
  if (!version)
    co_return version.error();
  const auto load_until = within(self, self->state.opt.step);
  const manifests::load wanted{row.community, *version, load_until};
  auto record = co_await ask(self, to.manifests, load_until, wanted);
  if (!record)
    co_return std::move(record.error());
  const auto put_until = within(self, self->state.opt.step);
  const objects::snapshot what{record->community,  record->version,         std::move(record->canonical),
                               record->sha256,     record->previous_sha256, record->created_at,
                               record->created_by, record->signature};
  objects::put request{what, put_until};
  auto stored = co_await ask(self, to.objects, put_until, std::move(request));
  if (!stored && code_of(stored.error()) != ec::conflict)
    co_return std::move(stored.error());
  if (!stored)
    if (auto error = co_await supersede(self, to, what))
      co_return error;
  co_return co_await close(self, row.id);
}

bound_target bind(const services& with) {
  const ports to{with.get<manifests::handle>(), with.get<objects::handle>(), with.get<signer::handle>()};
  return {.shares = {{.kind = "store_manifest", .group = "store_manifest"}},
          .carry = [to](pointer self, outbox::row row) { return store(self, to, std::move(row)); }};
}
} // namespace

const target& definition() {
  static const target self{.name = "store_manifest",
                           .help = "Writes a manifest version into the object store, whose answer closes the row.",
                           .bind = bind};
  return self;
}
} // namespace arrakis::targets::store_manifest
