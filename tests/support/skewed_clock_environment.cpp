#include "tests/support/skewed_clock.hpp"

#include <cstdlib>
#include <filesystem>

namespace arrakis::test {

std::vector<std::string> skewed_clock(std::chrono::milliseconds ahead, const std::string& preloaded) {
  const char* build = std::getenv("ARRAKIS_BUILD_DIR");
  const auto library = (build && *build ? std::filesystem::path{build} : std::filesystem::absolute("build/dev"))
                     / "tests/support/libskewed_clock.so";
  if (ahead.count() == 0)
    return preloaded.empty() ? std::vector<std::string>{} : std::vector{"LD_PRELOAD=" + preloaded};
  return {"LD_PRELOAD=" + library.string() + (preloaded.empty() ? "" : ":" + preloaded),
          "SKEWED_CLOCK_AHEAD_MS=" + std::to_string(ahead.count())};
}

} // namespace arrakis::test
