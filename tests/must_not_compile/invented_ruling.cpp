// error: calling a private constructor of class .arrakis::rules::ruling
// A judgement becomes a ruling by what was read at its block, and by nothing else.
#include "actors/rules/judgement.hpp"

using namespace arrakis;
using namespace arrakis::rules;

verdict<revoke_block> ruled(const compiled_rule& rule, const wallets& member, const answers<revoke_block>& read) {
#ifdef FORBIDDEN
  return ruling<revoke_block, truth::no>{judge(rule, member, {})};
#else
  return judge(rule, member, read);
#endif
}
