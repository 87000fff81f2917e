#include "adapters/chain/reader/asking.hpp"

namespace arrakis::chain::reader {

std::vector<size_t> order_of(self_pointer self) {
  auto& st = self->state;
  std::vector<size_t> out;
  for (const bool suspects : {false, true})
    for (size_t i = 0; i < st.endpoints.size(); ++i)
      if (st.endpoints[i].is_suspect == suspects && st.endpoints[i].health.may_ask(self->clock().now()))
        out.push_back(i);
  return out;
}

} // namespace arrakis::chain::reader
