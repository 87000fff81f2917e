#include "runtime/base64.hpp"

#include <doctest/doctest.h>

using arrakis::base64;

TEST_CASE("base64: the test vectors of RFC 4648, section 10, and bytes that are no text") {
  CHECK(base64("") == "");
  CHECK(base64("f") == "Zg==");
  CHECK(base64("fo") == "Zm8=");
  CHECK(base64("foo") == "Zm9v");
  CHECK(base64("foobar") == "Zm9vYmFy");
  CHECK(base64({"\0\xff\xfe", 3}) == "AP/+");
  CHECK(base64(std::string(300, 'x')).size() == 400);
}
