// error: no matching constructor for initialization of .revocation
// A role is taken for a no, and no undecided ruling becomes one.
#include "actors/rules/judgement.hpp"

using namespace arrakis;
using namespace arrakis::rules;

revocation taken(const ruling<grant_block, truth::no>& near_tip, const ruling<revoke_block, truth::no>& no,
                 const ruling<revoke_block, truth::unknown>& undecided) {
#ifdef FORBIDDEN
  (void)no;
  return revocation{near_tip, undecided};
#else
  (void)undecided;
  return revocation{near_tip, no};
#endif
}
