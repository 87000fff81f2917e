// error: no matching constructor for initialization of .grant
// A role is given for a yes, and no undecided ruling becomes one.
#include "actors/rules/judgement.hpp"

using namespace arrakis;
using namespace arrakis::rules;

grant given(const ruling<grant_block, truth::yes>& yes, const ruling<grant_block, truth::unknown>& undecided) {
#ifdef FORBIDDEN
  (void)yes;
  return grant{undecided};
#else
  (void)undecided;
  return grant{yes};
#endif
}
