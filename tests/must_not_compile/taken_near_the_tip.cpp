// error: no matching constructor for initialization of .verdicts::taken
// A no near the tip takes no role: the block that takes must say so too.
#include "actors/verdicts/core/roles.hpp"

using namespace arrakis;

verdicts::decision decided(const verdicts::settled<grant_block, truth::no>& near_tip,
                           const verdicts::settled<revoke_block, truth::no>& deep) {
#ifdef FORBIDDEN
  (void)deep;
  return verdicts::taken{near_tip, near_tip};
#else
  return verdicts::taken{near_tip, deep};
#endif
}
