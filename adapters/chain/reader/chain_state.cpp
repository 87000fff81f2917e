#include "adapters/chain/reader/chain_state.hpp"

#include <algorithm>
#include <set>

namespace arrakis::chain::reader {
namespace {

size_t voices(const chain_state& st) {
  std::set<std::string> names;
  for (const auto& each : st.endpoints)
    names.insert(each.name);
  return names.size();
}

} // namespace

size_t needed_of(const chain_state& st, bool takes) {
  constexpr size_t least_to_take = 2;
  const auto asked = takes ? std::max(st.terms.quorum, least_to_take) : st.terms.quorum;
  return std::max<size_t>(1, std::min(asked, voices(st)));
}

unknown_reason not_known(std::string why) { return {unknown_reason::no_answer, std::move(why)}; }

} // namespace arrakis::chain::reader
