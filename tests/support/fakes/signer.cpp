#include "tests/support/fakes/signer.hpp"

#include "adapters/signer/signature.hpp"
#include "schemas/canonical_json.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>
#include <map>
#include <memory>
#include <openssl/evp.h>

namespace arrakis::test {
using namespace arrakis::signer;

namespace {
using key_pointer = std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)>;

EVP_PKEY* cached(int version) {
  static std::map<int, key_pointer> all;
  auto found = all.find(version);
  if (found == all.end()) {
    const auto seed = sha256_hex("key " + std::to_string(version)).substr(0, 32); // Any 32 bytes are a secret key.
    found = all
              .emplace(version, key_pointer{EVP_PKEY_new_raw_private_key(
                                              EVP_PKEY_ED25519, nullptr,
                                              reinterpret_cast<const unsigned char*>(seed.data()), seed.size()),
                                            EVP_PKEY_free})
              .first;
  }
  return found->second.get();
}

std::string public_hex(int version) {
  std::string raw(32, '\0'), hex;
  size_t size = raw.size();
  EVP_PKEY_get_raw_public_key(cached(version), reinterpret_cast<unsigned char*>(raw.data()), &size);
  for (const unsigned char c : raw)
    hex += fmt::format("{:02x}", c);
  return hex;
}

using actor = handle::extend<caf::reacts_to<later>>;
actor::behavior_type serve(actor::pointer self, fake_signer* s, const way* by) {
  return {
    [=](const signer::sign& m) {
      return through<signature>(self, by, "signer.sign", m, [s](const signer::sign& x) -> caf::expected<signature> {
        if (!s->refusal.empty())
          return fail(ec::refused, s->refusal);
        return signature{s->sign(x.bytes), s->newest};
      });
    },
    [=](const verify& m) {
      return through<verdict>(self, by, "signer.verify", m, [s](const verify& x) -> caf::expected<verdict> {
        const auto bad = check_signature(x.bytes, x.signature, s->keys().hex_by_version);
        const auto form = parse_signature(x.signature);
        return verdict{!bad, form ? form->key_version : 0, bad ? text_of(bad) : ""};
      });
    },
    [=](const rotate& m) {
      return through<key_version>(self, by, "signer.rotate", m, [s](const rotate&) -> caf::expected<key_version> {
        return key_version{++s->newest};
      });
    },
    [=](const public_keys& m) {
      return through<signer::keys>(self, by, "signer.public_keys", m,
                                   [s](const public_keys&) -> caf::expected<signer::keys> {
                                     if (!s->refusal.empty() && !s->anchored)
                                       return fail(ec::refused, s->refusal);
                                     return s->keys();
                                   });
    },
    [=](const inspect& m) {
      return through<condition>(self, by, "signer.inspect", m, [s](const inspect&) -> caf::expected<condition> {
        return condition{s->refusal.empty(), s->refusal};
      });
    },
    [=](const anchor& m) {
      return through<signer::keys>(self, by, "signer.anchor", m,
                                   [](const anchor&) -> caf::expected<signer::keys> { return signer::keys{}; });
    },
    [](const later& x) { x.run(); },
  };
}
} // namespace

std::string fake_signer::sign(const std::string& bytes) const {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> ctx{EVP_MD_CTX_new(), EVP_MD_CTX_free};
  std::string out(64, '\0');
  size_t size = out.size();
  EVP_DigestSignInit(ctx.get(), nullptr, nullptr, nullptr, cached(newest));
  EVP_DigestSign(ctx.get(), reinterpret_cast<unsigned char*>(out.data()), &size,
                 reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  return print_signature(newest, out);
}

signer::keys fake_signer::keys() const {
  signer::keys all;
  for (int version = 1; version <= newest; ++version)
    all.hex_by_version.emplace_back(version, public_hex(version));
  return all;
}

signer::handle fake_signer::port(caf::actor_system& sys, const way* by) { return sys.spawn(serve, this, by); }
} // namespace arrakis::test
