// A zlib stream from the gateway: no bytes make more than the limit, and what was packed comes out whole.
#include "adapters/discord/gateway/inflate.hpp"

#include "adapters/discord/gateway/zlib_fixture.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>

namespace arrakis::fuzz {
void inflate(std::string_view bytes) {
  using namespace arrakis::discord::gateway;
  constexpr inflate_limits limits{.packed_bytes_max = 4096, .message_bytes_max = 256 << 10};
  // The first byte is the size of the frames that the rest comes in.
  const size_t frame_bytes = bytes.empty() || bytes[0] == 0 ? 256 : static_cast<unsigned char>(bytes[0]);
  inflater subject{limits};
  bool lost = false;
  for (auto rest = bytes.substr(bytes.empty() ? 0 : 1); !rest.empty();) {
    const auto out = subject.feed(rest.substr(0, frame_bytes));
    rest.remove_prefix(std::min(frame_bytes, rest.size()));
    ARRAKIS_ASSERT(!lost || !out, "a lost context stays lost");
    lost = !out;
    if (out && *out)
      ARRAKIS_ASSERT((*out)->size() <= limits.message_bytes_max, "an event keeps its bound");
  }
  if (bytes.empty())
    return; // Nothing to flush is nothing sent.
  test::packer server;
  inflater fresh;
  for (int i = 0; i < 2; ++i) {
    const auto out = fresh.feed(server.pack(std::string{bytes}));
    ARRAKIS_ASSERT(out && *out && **out == bytes, "what was packed comes out");
  }
}
} // namespace arrakis::fuzz
