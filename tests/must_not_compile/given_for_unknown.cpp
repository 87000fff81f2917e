// error: no matching constructor for initialization of .verdicts::given
// A member gets a role for a yes near the tip, and an undecided answer is none.
#include "actors/verdicts/core/roles.hpp"

using namespace arrakis;

verdicts::decision decided(const verdicts::settled<grant_block, truth::yes>& yes,
                           const verdicts::settled<grant_block, truth::unknown>& undecided) {
#ifdef FORBIDDEN
  (void)yes;
  return verdicts::given{undecided};
#else
  (void)undecided;
  return verdicts::given{yes};
#endif
}
