#include "adapters/discord/gateway/inflate.hpp"
#include "adapters/discord/gateway/zlib_fixture.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::discord::gateway;

TEST_CASE("inflate: one context unpacks every event of a connection") {
  test::packer server;
  inflater subject;
  for (int i = 0; i < 50; ++i) {
    const auto text = R"({"op":11,"n":)" + std::to_string(i) + "}";
    const auto out = subject.feed(server.pack(text));
    REQUIRE((out && *out));
    CHECK(**out == text);
  }
}

TEST_CASE("inflate: an event torn into frames at any place is whole in the end") {
  const std::string text(300, 'a');
  const auto packed = test::packer{}.pack(text + "bcd");
  for (size_t cut = 1; cut < packed.size(); ++cut) {
    inflater subject;
    const auto first = subject.feed(packed.substr(0, cut));
    REQUIRE(first);
    CHECK_FALSE(*first);
    const auto second = subject.feed(packed.substr(cut));
    REQUIRE((second && *second));
    CHECK(**second == text + "bcd");
  }
}

TEST_CASE("inflate: a frame of fewer than four bytes, or an empty one, ends nothing") {
  inflater subject;
  for (const auto* frame : {"", "x", "xx"}) {
    const auto out = subject.feed(frame);
    REQUIRE(out);
    CHECK_FALSE(*out);
  }
}

TEST_CASE("inflate: a broken stream is corrupt, and stays so") {
  test::packer server;
  inflater subject;
  REQUIRE(subject.feed(server.pack("one")));
  auto bad = server.pack(std::string(1000, 'x') + "two");
  bad[bad.size() / 2] = static_cast<char>(bad[bad.size() / 2] ^ 0x55);
  bad[0] = static_cast<char>(0xff);
  const auto out = subject.feed(bad);
  const auto after = subject.feed(server.pack("three"));
  CHECK((!out || !*out || **out != std::string(1000, 'x') + "two"));
  CHECK_FALSE(after);
  inflater garbage;
  const auto refused = garbage.feed(std::string_view{"no zlib at all\x00\x00\xff\xff", 18});
  REQUIRE_FALSE(refused);
  CHECK(code_of(refused.error()) == ec::corrupt);
}

TEST_CASE("inflate: a bomb and an endless event are refused at their limits") {
  inflater bombed{{.packed_bytes_max = 1 << 20, .message_bytes_max = 100'000}};
  CHECK_FALSE(bombed.feed(test::packer{}.pack(std::string(100'001, 'x'))));
  inflater fits{{.packed_bytes_max = 1 << 20, .message_bytes_max = 100'000}};
  CHECK(fits.feed(test::packer{}.pack(std::string(100'000, 'x'))));
  inflater endless{{.packed_bytes_max = 1000, .message_bytes_max = 100'000}};
  CHECK(endless.feed(std::string(1000, 'x')));
  CHECK_FALSE(endless.feed("x"));
}
