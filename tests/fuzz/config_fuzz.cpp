// A configuration file: it is a list of keys, or a sentence that says where it is none.
#include "runtime/config_toml.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>

namespace arrakis::fuzz {
void config(std::string_view bytes) {
  const auto entries = config_toml::parse(bytes, "fuzz.toml");
  if (!entries) {
    ARRAKIS_ASSERT(text_of(entries.error()).find("fuzz.toml:") != std::string::npos, "a fault has its place");
    return;
  }
  const auto lines = static_cast<size_t>(std::count(bytes.begin(), bytes.end(), '\n')) + 1;
  size_t before = 0;
  for (const auto& entry : *entries) {
    ARRAKIS_ASSERT(entry.line >= before && entry.line <= lines, "entries come in the order of the file");
    before = entry.line;
  }
}
} // namespace arrakis::fuzz
