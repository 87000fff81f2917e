// A manifest: what is read is written and reads equal, to the byte that is signed.
#include "schemas/manifest.hpp"

#include "runtime/json.hpp"
#include "schemas/canonical_json.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <boost/json/value.hpp>

namespace arrakis::fuzz {
void manifest(std::string_view bytes) {
  const auto read = read_manifest(bytes);
  if (!read) {
    // A person reads it in Discord, and rows and logs keep it.
    const auto text = arrakis::json::print(boost::json::value(text_of(read.error())));
    ARRAKIS_ASSERT(arrakis::json::parse(text), "a refusal is UTF-8");
    return;
  }
  const auto canonical = canonical_json(to_json(*read)).value();
  const auto again = read_manifest(canonical);
  ARRAKIS_ASSERT(again && *again == *read, "what was written reads equal");
  ARRAKIS_ASSERT(canonical_json(to_json(*again)).value() == canonical, "equal manifests have equal bytes");
}
} // namespace arrakis::fuzz
