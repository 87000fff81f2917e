// JSON from outside: what is read can be printed and read again, and its canonical bytes are final.
#include "runtime/json.hpp"

#include "schemas/canonical_json.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <boost/json/value.hpp>

namespace arrakis::fuzz {
void json(std::string_view bytes) {
  const auto tree = arrakis::json::parse(bytes);
  if (!tree)
    return;
  const auto printed = arrakis::json::parse(arrakis::json::print(*tree));
  ARRAKIS_ASSERT(printed, "what was printed can be read");
  const auto canonical = canonical_json(*tree);
  if (!canonical)
    return; // An integer that other readers would bend.
  ARRAKIS_ASSERT(canonical_json(*printed).value() == *canonical, "printing changes no value");
  const auto again = arrakis::json::parse(*canonical);
  const auto final = again ? canonical_json(*again) : again.error();
  // RFC 8785 prints 1e20 as digits alone, and as an integer it is refused; all else must come back.
  ARRAKIS_ASSERT(!final || *final == *canonical, "canonical bytes are final");
}
} // namespace arrakis::fuzz
