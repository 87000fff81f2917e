#include "apps/sandbox/keys/keys.hpp"

#include <doctest/doctest.h>

using namespace arrakis::sandbox;

TEST_CASE("keys: a signature verifies over exactly the signed bytes, with exactly its key") {
  const auto pair = keys::make();
  CHECK(pair.public_hex.size() == 64);
  const auto signature = keys::sign(pair.private_hex, "1790000000{}");
  CHECK(signature.size() == 128);
  CHECK(keys::verify(pair.public_hex, "1790000000{}", signature));
  CHECK(!keys::verify(pair.public_hex, "1790000000{} ", signature));
  CHECK(!keys::verify(keys::make().public_hex, "1790000000{}", signature));
}

TEST_CASE("keys: the first vector of RFC 8032 comes out as printed there") {
  const auto signature = keys::sign("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60", "");
  CHECK(signature
        == "e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd"
           "25bf5f0595bbe24655141438e7a100b");
}

TEST_CASE("keys: X-Signature-Ed25519 signs the X-Signature-Timestamp and the body") {
  const auto pair = keys::make();
  const auto headers = keys::headers(pair.private_hex, "1790000000", "{}");
  REQUIRE(headers.size() == 2);
  CHECK(headers[0].first == "X-Signature-Ed25519");
  CHECK(keys::verify(pair.public_hex, "1790000000{}", headers[0].second));
  CHECK(headers[1].first == "X-Signature-Timestamp");
  CHECK(headers[1].second == "1790000000");
}
