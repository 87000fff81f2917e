// The smallest target: what it asks answers, and that answer closes the row.
#include "tests/extensions/targets/check_manifest/check_manifest.hpp"
#include "actors/outbox_relay/targets/target.hpp"
#include "adapters/postgres/manifests/messages.hpp"
#include "adapters/signer/messages.hpp"
#include "adapters/signer/signature.hpp"
#include "runtime/json.hpp"

#include <boost/json.hpp>

namespace arrakis::targets::check_manifest {
namespace {

struct ports {
  manifests::handle manifests;
  signer::handle signer;
  inspection_book book;
};

/// A version that is not what was signed keeps its row open, and the relay tells it.
flow<caf::error> carry(pointer self, ports to, outbox::row row) {
  const auto tree = json::parse(row.payload_json);
  const auto* data = tree ? tree->if_object() : nullptr;
  const auto version = data ? json::integer_or(*data, "version") : 0;
  if (version < 1)
    co_return malformed(row, "'version' must be a positive integer");
  const auto load_until = within(self, self->state.opt.step);
  const manifests::load wanted{row.community, version, load_until};
  auto record = co_await ask(self, to.manifests, load_until, wanted);
  if (!record)
    co_return std::move(record.error());
  const auto keys_until = within(self, self->state.opt.step);
  const signer::public_keys question{keys_until};
  auto keys = co_await ask(self, to.signer, keys_until, question);
  if (!keys)
    co_return std::move(keys.error());
  if (auto bad = check_signed(*record, keys->hex_by_version))
    co_return bad;
  to.book.enter(row.community, version);
  co_return co_await close(self, row.id);
}

bound_target bind(const services& with) {
  const ports to{with.get<manifests::handle>(), with.get<signer::handle>(), with.get<inspection_book>()};
  return {.shares = {{.kind = "check_manifest", .per_tenant = 10, .group = "check_manifest"}},
          .carry = [to](pointer self, outbox::row row) { return carry(self, to, std::move(row)); }};
}
} // namespace

const target& definition() {
  static const target self{
    .name = "check_manifest", .help = "Looks once more whether a stored version is what was signed.", .bind = bind};
  return self;
}
} // namespace arrakis::targets::check_manifest
