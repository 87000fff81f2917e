#include "tests/contracts/signer.hpp"

#include "adapters/signer/signature.hpp"
#include "tests/contracts/asking.hpp"

#include <doctest/doctest.h>

namespace arrakis::contracts {
namespace {
using namespace arrakis::signer;

signature signed_by(caf::actor_system& sys, const handle& to, const std::string& bytes) {
  auto answer = ask<signature>(sys, to, sign{bytes, soon()});
  REQUIRE_MESSAGE(answer, text_of(answer.error()));
  return *answer;
}
verdict judged(caf::actor_system& sys, const handle& to, const std::string& bytes, const std::string& text) {
  auto answer = ask<verdict>(sys, to, verify{bytes, text, soon()});
  REQUIRE_MESSAGE(answer, text_of(answer.error()));
  return *answer;
}
} // namespace

void signer(caf::actor_system& sys, const handle& fresh) {
  const std::string bytes{"what is signed, with a zero \0 inside", 36};

  // A signature verifies, here and with the public key alone.
  const auto first = signed_by(sys, fresh, bytes);
  CHECK(first.text.starts_with("vault:v1:"));
  CHECK(first.key_version == 1);
  CHECK(judged(sys, fresh, bytes, first.text).valid);
  auto published = ask<keys>(sys, fresh, public_keys{soon()});
  REQUIRE(published);
  CHECK_FALSE(check_signature(bytes, first.text, published->hex_by_version));

  // Other bytes, another signature and malformed text do not verify, and say why.
  CHECK_FALSE(judged(sys, fresh, bytes + "x", first.text).valid);
  CHECK_FALSE(judged(sys, fresh, bytes, signed_by(sys, fresh, "else").text).valid);
  for (const auto* bad : {"", "vault:v1:", "vault:v1:AAAA", "nonsense"}) {
    const auto verdict = judged(sys, fresh, bytes, bad);
    CHECK_FALSE(verdict.valid);
    CHECK_FALSE(verdict.why.empty());
  }
  const auto unknown = judged(sys, fresh, bytes, "vault:v77:" + first.text.substr(9));
  CHECK_FALSE(unknown.valid);
  CHECK(unknown.why.find("77") != std::string::npos);

  // After a rotation the new version signs, and old signatures still verify.
  const auto rotated = ask<key_version>(sys, fresh, rotate{soon()});
  REQUIRE(rotated);
  CHECK(rotated->number == 2);
  const auto second = signed_by(sys, fresh, bytes);
  CHECK(second.text.starts_with("vault:v2:"));
  CHECK(judged(sys, fresh, bytes, second.text).valid);
  CHECK(judged(sys, fresh, bytes, first.text).valid);
  CHECK_FALSE(judged(sys, fresh, bytes, "vault:v1:" + second.text.substr(9)).valid);
  published = ask<keys>(sys, fresh, public_keys{soon()});
  REQUIRE(published);
  CHECK(published->hex_by_version.size() == 2);

  // A request whose deadline has passed is not begun.
  CHECK(code_of(ask<signature>(sys, fresh, sign{bytes, gone()}).error()) == ec::timeout);
}

} // namespace arrakis::contracts
