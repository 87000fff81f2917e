// error: calling a private constructor of class .arrakis::verdicts::source_answer
// The answer about a role comes from a rule or a tier that was judged, and from nothing else.
#include "actors/verdicts/core/roles.hpp"

using namespace arrakis;

verdicts::source_answer<revoke_block> answered(const rules::verdict<revoke_block>& rule) {
#ifdef FORBIDDEN
  (void)rule;
  return verdicts::source_answer<revoke_block>{truth::no};
#else
  return verdicts::source_answer<revoke_block>::of(rule);
#endif
}
