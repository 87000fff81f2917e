// error: no matching constructor for initialization of .revocation
// A no near the tip takes nothing: the revoke block must say so too.
#include "actors/rules/judgement.hpp"

using namespace arrakis;
using namespace arrakis::rules;

revocation taken(const ruling<grant_block, truth::no>& near_tip, const ruling<revoke_block, truth::no>& deep) {
#ifdef FORBIDDEN
  (void)deep;
  return revocation{near_tip, near_tip};
#else
  return revocation{near_tip, deep};
#endif
}
