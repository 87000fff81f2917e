#include "runtime/net/http_date.hpp"

#include <doctest/doctest.h>

using namespace arrakis::net;

TEST_CASE("http_date: RFC 9110's own example, and there and back") {
  CHECK(parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT") == 784'111'777);
  for (const int64_t at : {0ll, 784'111'777ll, 951'782'400ll, 1'790'000'000ll, 4'102'444'799ll})
    CHECK(parse_http_date(http_date(at)) == at);
  CHECK(http_date(784'111'777) == "Sun, 06 Nov 1994 08:49:37 GMT");
  CHECK(parse_http_date("Sat, 31 Dec 2016 23:59:60 GMT") == 1'483'228'800);
}

TEST_CASE("http_date: whatever is not an IMF-fixdate is no date") {
  for (const auto* text :
       {"", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun Nov  6 08:49:37 1994", "Sun, 06 Nov 1994 08:49:37 UTC",
        "Sun, 31 Feb 1994 08:49:37 GMT", "Sun, 06 nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:00:00 GMT",
        "Son, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT ", "Sun, -6 Nov 1994 08:49:37 GMT",
        "1994-11-06T08:49:37Z", "Sun, 06 Nov 1994 08:61:37 GMT", "Sun, 00 Nov 1994 08:49:37 GMT"})
    CHECK_MESSAGE(!parse_http_date(text), text);
}
