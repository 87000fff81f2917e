#include "tests/contracts/objects.hpp"
#include "adapters/objects/layout.hpp"
#include "adapters/objects/verify.hpp"

#include <doctest/doctest.h>
#include <fmt/format.h>
#include <memory>
#include <openssl/evp.h>

using namespace arrakis;
using namespace arrakis::objects;
using contracts::sample_snapshot;

namespace {
const community_id tenant{"6ba7b810-9dad-11d1-80b4-00c04fd430c8"};
} // namespace

TEST_CASE("objects: keys have the layout of the S3 bucket, and only such names are versions") {
  CHECK(version_key(tenant, 1) == "manifests/6ba7b810-9dad-11d1-80b4-00c04fd430c8/versions/v000001.json");
  CHECK(index_key(tenant) == "manifests/6ba7b810-9dad-11d1-80b4-00c04fd430c8/index.json");
  CHECK(version_of("v000001.json") == 1);
  CHECK(version_of("v999999.json") == 999'999);
  for (const char* other : {"", "v000000.json", "v00001.json", "v0000001.json", "v-00001.json", "v+00001.json",
                            "v00000a.json", "V000001.json", "v000001.JSON", "v000001.json~", "index.json"})
    CHECK_MESSAGE(version_of(other) == 0, std::string{other});
}

TEST_CASE("objects: a snapshot reads back as it was printed, under its own name only") {
  const auto what = sample_snapshot(tenant, 7, "x");
  const auto bytes = print(what);
  REQUIRE(bytes);
  const auto back = read(*bytes, tenant, 7);
  REQUIRE(back);
  CHECK(back->canonical == what.canonical);
  CHECK(back->signature == what.signature);
  CHECK(code_of(read(*bytes, tenant, 8).error()) == ec::corrupt);
  CHECK(code_of(read(*bytes, {"6ba7b811-9dad-11d1-80b4-00c04fd430c8"}, 7).error()) == ec::corrupt);
}

TEST_CASE("objects.verify: a genuine snapshot verifies with the public key alone, a changed one does not") {
  auto s = sample_snapshot(tenant, 2, "x");
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key{EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"),
                                                           EVP_PKEY_free};
  const auto sign = [&](const snapshot& what) {
    const auto bytes = signing_bytes(
      {what.community, what.version, what.sha256, what.previous_sha256, what.created_at});
    std::string raw(64, '\0');
    size_t length = raw.size();
    const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context{EVP_MD_CTX_new(), EVP_MD_CTX_free};
    REQUIRE(EVP_DigestSignInit(context.get(), nullptr, nullptr, nullptr, key.get()) == 1);
    REQUIRE(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(raw.data()), &length,
                           reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size())
            == 1);
    return print_signature(1, raw);
  };
  unsigned char raw[32];
  size_t length = sizeof raw;
  REQUIRE(EVP_PKEY_get_raw_public_key(key.get(), raw, &length) == 1);
  std::string hex;
  for (const auto byte : raw)
    hex += fmt::format("{:02x}", byte);
  const public_key_list keys{{1, hex}};
  s.signature = sign(s);
  const auto error = verify(s, keys);
  CHECK_MESSAGE(!error, text_of(error));

  const auto refuses = [&](auto change) {
    auto bad = s;
    change(bad);
    return code_of(verify(bad, keys)) == ec::corrupt;
  };
  CHECK(refuses([](snapshot& x) { x.version = 3; }));
  CHECK(refuses([](snapshot& x) { x.community = {"6ba7b811-9dad-11d1-80b4-00c04fd430c8"}; }));
  CHECK(refuses([](snapshot& x) { x.previous_sha256 = ""; }));
  CHECK(refuses([](snapshot& x) { x.created_at = "2026-11-24T05:38:16.124Z"; }));
  CHECK(refuses([](snapshot& x) { x.canonical.insert(1, " "); }));
  CHECK(refuses([](snapshot& x) { x.canonical.replace(x.canonical.find("\"x\""), 3, "\"y\""); }));
  CHECK(refuses([](snapshot& x) { x.signature = "vault:v2" + x.signature.substr(8); }));
  CHECK(refuses([](snapshot& x) { x.signature.clear(); }));
  CHECK(refuses([&](snapshot& x) { // Bytes and digest changed together: only the signature tells.
    x.canonical.replace(x.canonical.find("\"x\""), 3, "\"y\"");
    x.sha256 = sha256_hex(x.canonical);
  }));
}

TEST_CASE("objects: an index whose version could be no object's name is damaged") {
  const index_entry one{1, "c", "t", "u", 10};
  CHECK(read_index(print_index(tenant, {one}), tenant)->size() == 1);
  for (const int64_t version : {0L, -1L, version_max + 1}) {
    auto odd = one;
    odd.version = version;
    CHECK(code_of(read_index(print_index(tenant, {odd}), tenant).error()) == ec::corrupt);
  }
}
