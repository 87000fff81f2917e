// error: no viable conversion from .*grant_block>. to .*revoke_block>
// What was read near the tip is no answer at the revoke block.
#include "actors/rules/judgement.hpp"

using namespace arrakis;
using namespace arrakis::rules;

void collect(answers<revoke_block>& deep, const chain_read& question, const reading<contract_answer, grant_block>& near,
             const reading<contract_answer, revoke_block>& there) {
#ifdef FORBIDDEN
  (void)there;
  deep.add(question, near);
#else
  (void)near;
  deep.add(question, there);
#endif
}
