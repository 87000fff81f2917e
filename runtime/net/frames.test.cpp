#include "runtime/net/frames.hpp"

#include "runtime/net/handshake.hpp"

#include <algorithm>
#include <cstring>
#include <doctest/doctest.h>

using namespace arrakis::net;
using namespace arrakis::net::frames;

namespace {
constexpr std::array<unsigned char, 4> mask{0x11, 0x22, 0x33, 0x44};

/// Everything that a reader finds in `bytes`, given in parts of `part`.
struct seen {
  std::vector<std::pair<std::string, bool>> messages;
  std::vector<control> controls;
  uint16_t fault = 0;
  int faults = 0;
};
seen read(std::string_view bytes, bool masked = false, size_t part = 1 << 20, size_t message_bytes_max = 1 << 20) {
  reader subject{masked, message_bytes_max};
  seen out;
  std::vector<found> all; // Found messages stay valid.
  while (!bytes.empty()) {
    const auto to = subject.space();
    const auto size = std::min({to.size(), bytes.size(), part});
    std::memcpy(to.data(), bytes.data(), size);
    subject.took(size);
    bytes.remove_prefix(size);
    all.push_back(subject.find());
  }
  for (auto& each : all) {
    for (const auto& m : each.messages)
      out.messages.emplace_back(std::string{m.bytes}, m.binary);
    std::move(each.controls.begin(), each.controls.end(), std::back_inserter(out.controls));
    out.fault = out.fault ? out.fault : each.fault;
    out.faults += each.fault ? 1 : 0;
  }
  return out;
}
std::string frame(opcode kind, std::string_view payload, bool last = true, bool masked = false) {
  std::string out;
  append(out, kind, last, payload, masked ? std::optional{mask} : std::nullopt);
  return out;
}
} // namespace

TEST_CASE("frames: messages of every size are found whole, torn at any place, masked or not") {
  for (const bool masked : {false, true}) {
    std::string bytes;
    std::vector<std::string> texts;
    for (const size_t size : {0, 1, 7, 125, 126, 127, 300, 65535, 65536, 200'000})
      texts.emplace_back(size, static_cast<char>('a' + size % 26));
    for (size_t i = 0; i < texts.size(); ++i)
      bytes += frame(i % 2 ? opcode::binary : opcode::text, texts[i], true, masked);
    for (const size_t part : {1, 3, 1000, 1 << 20}) {
      const auto got = read(bytes, masked, part);
      REQUIRE(got.messages.size() == texts.size());
      for (size_t i = 0; i < texts.size(); ++i)
        CHECK((got.messages[i].first == texts[i] && got.messages[i].second == (i % 2 == 1)));
      CHECK(got.fault == 0);
    }
  }
}

TEST_CASE("frames: many small messages of one read share a block, and more may be read behind the last") {
  std::string bytes;
  for (int i = 0; i < 500; ++i)
    bytes += frame(opcode::text, "{\"op\":11}");
  reader subject{false, 1 << 20};
  size_t found_all = 0;
  for (std::string_view rest{bytes}; !rest.empty();) {
    const auto to = subject.space();
    const auto size = std::min(to.size(), rest.size());
    std::memcpy(to.data(), rest.data(), size);
    subject.took(size);
    rest.remove_prefix(size);
    const auto found = subject.find();
    CHECK(found.blocks.size() == 1);
    CHECK(found.bytes == found.messages.size() * (9 + sizeof(websocket_message)));
    found_all += found.messages.size();
    char sum = 0;
    for (size_t i = 0; i < websocket_message::slack; ++i) // asan says whether this is ours.
      sum = static_cast<char>(sum ^ *(found.messages.back().bytes.data() + found.messages.back().bytes.size() + i));
    CHECK((sum == 0 || sum != 0));
  }
  CHECK(found_all == 500);
}

TEST_CASE("frames: a message in parts is one message, with control frames between") {
  const auto bytes = frame(opcode::text, "al", false) + frame(opcode::ping, "?") + frame(opcode::more, "l ", false)
                   + frame(opcode::more, "one") + frame(opcode::binary, "x");
  for (const size_t part : {1, 1000}) {
    const auto got = read(bytes, false, part);
    CHECK(got.messages == std::vector<std::pair<std::string, bool>>{{"all one", false}, {"x", true}});
    REQUIRE(got.controls.size() == 1);
    CHECK(got.controls[0].payload == "?");
    CHECK(got.fault == 0);
  }
}

TEST_CASE("frames: what breaks the protocol is told with its code, after what came before it") {
  const std::string before = frame(opcode::text, "before");
  const auto check = [&](const std::string& bytes, uint16_t code, bool masked = false) {
    const auto got = read((masked ? frame(opcode::text, "before", true, true) : before) + bytes + before, masked);
    CHECK(got.messages.size() == 1);
    CHECK(got.fault == code);
    CHECK(read((masked ? frame(opcode::text, "before", true, true) : before) + bytes + before, masked, 1).faults == 1);
  };
  check(frame(opcode::text, "masked by a server", true, true), protocol_error);
  check(frame(opcode::text, "bare from a client"), protocol_error, true);
  check(frame(opcode::more, "of nothing"), protocol_error);
  check(frame(opcode::text, "a", false) + frame(opcode::text, "b"), protocol_error);
  check(frame(opcode::ping, "in parts", false), protocol_error);
  check(frame(opcode::ping, std::string(126, 'x')), protocol_error);
  check(std::string{"\xc1\x01x", 3}, protocol_error);             // A reserved bit: permessage-deflate, never agreed.
  check(std::string{"\x83\x01x", 3}, protocol_error);             // An opcode that nobody knows.
  check(std::string{"\x81\x7e\x00\x05hello", 9}, protocol_error); // Five bytes need no long length.
  check(std::string{"\x82\x7f\xff\xff\xff\xff\xff\xff\xff\xff", 10}, too_big);
  check(frame(opcode::binary, std::string((1 << 20) + 1, 'x')), too_big);
  check(frame(opcode::text, "a", false) + frame(opcode::more, std::string(1 << 20, 'x')), too_big);
  check(frame(opcode::text, "\xff\xfe"), invalid_text);
  check(frame(opcode::text, "\xe2\x82", false) + frame(opcode::more, "x"), invalid_text);
}

TEST_CASE("frames: a character may be torn between two frames of a message") {
  const auto got = read(frame(opcode::text, "\xe2\x82", false) + frame(opcode::more, "\xac"));
  REQUIRE(got.messages.size() == 1);
  CHECK(got.messages[0].first == "\xe2\x82\xac");
}

TEST_CASE("frames: a claimed size alone gets no memory") {
  reader subject{false, size_t{1} << 30};
  const std::string head{"\x82\x7f\x00\x00\x00\x00\x3f\xff\xff\xff", 10};
  std::memcpy(subject.space().data(), head.data(), head.size());
  subject.took(head.size());
  CHECK(subject.find().fault == 0);
  CHECK(subject.space().size() < 64 << 10);
}

TEST_CASE("frames: messages without a byte are not free") {
  reader subject{false, 1 << 20};
  const auto empty = frame(opcode::text, "");
  std::string bytes;
  for (int i = 0; i < 1000; ++i)
    bytes += empty;
  REQUIRE(subject.space().size() >= bytes.size());
  std::memcpy(subject.space().data(), bytes.data(), bytes.size());
  subject.took(bytes.size());
  const auto found = subject.find();
  CHECK(found.messages.size() == 1000);
  CHECK(found.bytes >= 1000 * sizeof(websocket_message));
}

TEST_CASE("frames: nothing is read behind a close frame") {
  const auto got = read(frame(opcode::close, write_close({4009, "gone"})) + frame(opcode::text, "late"));
  CHECK(got.messages.empty());
  REQUIRE(got.controls.size() == 1);
  const auto told = read_close(got.controls[0].payload);
  REQUIRE(told);
  CHECK((told->code == 4009 && told->reason == "gone"));
}

TEST_CASE("frames: close payloads") {
  CHECK(read_close("")->code == no_code_sent);
  CHECK(write_close({no_code_sent, "x"}).empty());
  CHECK(write_close({1000, std::string(200, 'x')}).size() == 125);
  for (const int code : {0, 999, 1004, 1005, 1006, 1015, 2999, 5000})
    CHECK_FALSE(
      read_close(write_close({static_cast<uint16_t>(code), ""}) + (code == 1005 ? std::string{"\x03\xed", 2} : "")));
  CHECK_FALSE(read_close("\x03"));
  CHECK_FALSE(read_close(std::string{"\x03\xe8\xff", 3}));
}

TEST_CASE("handshake: the answer must upgrade and prove that it read the key") {
  const std::string key = "dGhlIHNhbXBsZSBub25jZQ==", proof = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="; // RFC 6455 1.3
  CHECK(handshake::accept_of(key) == proof);
  CHECK(handshake::make_key().size() == key.size());
  CHECK(handshake::make_key() != handshake::make_key());
  const auto judged = [&](std::string head) { return handshake::judge(head, key); };
  CHECK(judged(handshake::response_text(key)).why_not.empty());
  CHECK(judged("HTTP/1.1 101 x\r\nupgrade:WebSocket\r\nconnection: keep-alive, Upgrade\r\nSec-WebSocket-Accept: "
               + proof + "\r\n\r\n")
          .why_not.empty());
  CHECK(judged("HTTP/1.1 403 Forbidden\r\n\r\n").declined);
  for (const auto* bad : {"", "HTTP/1.1 ", "HTTP/1.0 101 x\r\n\r\n", "HTTP/1.1 101 x\r\n\r\n", "nonsense"}) {
    CHECK_FALSE(judged(bad).why_not.empty());
    CHECK_FALSE(judged(bad).declined);
  }
  CHECK_FALSE(handshake::judge(handshake::response_text("another key"), key).why_not.empty());
  auto extended = handshake::response_text(key);
  extended.insert(extended.size() - 2, "Sec-WebSocket-Extensions: permessage-deflate\r\n");
  CHECK_FALSE(judged(extended).why_not.empty());
}
