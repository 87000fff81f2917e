// Frames of a WebSocket, cut by hand: however the bytes are torn, the same messages come out, and what is written is
// read again.
#include "runtime/net/frames.hpp"

#include "runtime/net/handshake.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <cstring>
#include <string>

namespace arrakis::fuzz {
namespace {
using namespace net::frames;
constexpr size_t message_bytes_max = 4096;

struct seen {
  std::string text; ///< Everything, with its borders.
  std::string messages;
  uint16_t fault = 0;
};
seen read(std::string_view bytes, bool masked, size_t part) {
  reader subject{masked, message_bytes_max};
  seen out;
  std::vector<found> kept;
  while (!bytes.empty()) {
    const auto to = subject.space();
    ARRAKIS_ASSERT(!to.empty() && to.size() < 256 << 10, "there is room, and a claimed size alone makes none");
    const auto size = std::min({to.size(), bytes.size(), part});
    std::memcpy(to.data(), bytes.data(), size);
    subject.took(size);
    bytes.remove_prefix(size);
    kept.push_back(subject.find());
  }
  std::string controls;
  for (const auto& each : kept) {
    for (const auto& m : each.messages) {
      ARRAKIS_ASSERT(m.bytes.size() <= message_bytes_max, "a message keeps its bound");
      out.messages += (m.binary ? "b" : "t") + std::to_string(m.bytes.size()) + ":" + std::string{m.bytes};
    }
    for (const auto& c : each.controls) {
      ARRAKIS_ASSERT(c.payload.size() <= 125, "a control frame keeps its bound");
      controls += std::to_string(static_cast<int>(c.kind)) + ":" + c.payload;
      if (c.kind == opcode::close)
        (void)read_close(c.payload);
    }
    ARRAKIS_ASSERT(out.fault == 0 || (each.messages.empty() && each.fault == 0), "a fault is the end");
    out.fault = out.fault ? out.fault : each.fault;
  }
  out.text = out.messages + controls + std::to_string(out.fault);
  return out;
}
} // namespace

void frames(std::string_view bytes) {
  for (const bool masked : {false, true}) {
    const auto whole = read(bytes, masked, bytes.size());
    for (const size_t part : {1, 7})
      ARRAKIS_ASSERT(read(bytes, masked, part).text == whole.text, "torn is the same as whole");
  }
  // A written message is read again, in one frame and in two.
  const auto payload = bytes.substr(0, message_bytes_max);
  const std::array<unsigned char, 4> mask{0x01, 0x7f, 0x00, 0x55};
  std::string written;
  append(written, opcode::binary, true, payload, mask);
  append(written, opcode::binary, false, payload.substr(0, payload.size() / 2), mask);
  append(written, opcode::more, true, payload.substr(payload.size() / 2), mask);
  const auto one = "b" + std::to_string(payload.size()) + ":" + std::string{payload};
  const auto back = read(written, true, 5);
  ARRAKIS_ASSERT(back.messages == one + one && back.fault == 0, "what is written is read");
  (void)net::handshake::head_end(bytes);
  (void)net::handshake::judge(bytes, "dGhlIHNhbXBsZSBub25jZQ==");
}
} // namespace arrakis::fuzz
