// error: attempt to use a deleted function
// A reading is no truth: an unknown balance would read as "no".
#include "schemas/reading.hpp"

using namespace arrakis;

bool is_holder(const reading<int64_t, grant_block>& balance) {
#ifdef FORBIDDEN
  if (balance)
    return true;
  return false;
#else
  return balance.match([](const auto& found) { return found.value > 0; }, [](const unknown_reason&) { return true; });
#endif
}
