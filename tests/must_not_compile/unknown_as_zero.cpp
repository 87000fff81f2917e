// error: no viable conversion .*reading<int64_t, revoke_block>
// A reading is no number: an unknown balance would read as zero.
#include "schemas/reading.hpp"

using namespace arrakis;

int64_t balance(const reading<int64_t, revoke_block>& found) {
#ifdef FORBIDDEN
  return found;
#else
  return found.match([](const auto& known) { return known.value; }, [](const unknown_reason&) { return int64_t{1}; });
#endif
}
