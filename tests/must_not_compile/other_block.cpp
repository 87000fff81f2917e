// error: no viable conversion .*grant_block>. to .*revoke_block>
// What was read near the tip is nothing that a role may be taken for.
#include "schemas/reading.hpp"

using namespace arrakis;

reading<int64_t, revoke_block> settled(const reading<int64_t, grant_block>& near,
                                       const reading<int64_t, revoke_block>& deep) {
#ifdef FORBIDDEN
  (void)deep;
  return near;
#else
  (void)near;
  return deep;
#endif
}
