#include "runtime/foreign_text.hpp"

#include "runtime/json.hpp"
#include "runtime/terminal.hpp"

#include <boost/json/value.hpp>
#include <doctest/doctest.h>

using namespace arrakis;

TEST_CASE("foreign text: a terminal obeys nothing of it, and reads all of it") {
  CHECK(for_terminal("Gold\x1b]0;owned\x07\r\n") == "Gold\\u001b]0;owned\\u0007\\r\\n");
  CHECK(for_terminal("a\u009b31mb\u0085") == "a\\u009b31mb\\u0085"); // The controls of C1 are one character each.
  CHECK(for_terminal("a\u202eb\u2028c\u200bd\u3164") == "a\\u202eb\\u2028c\\u200bd\\u3164");
  CHECK(for_terminal("a\x9b"
                     "b\xff")
        == "a\\x9bb\\xff");
  CHECK(for_terminal("\U000E0061") == "\\udb40\\udc61");
  for (const auto* kept : {"Gold", "東京 ₮ é", "👨\u200d👩\u200d👧", "می\u200cخواهم", "a\\nb"})
    CHECK(for_terminal(kept) == kept);
  CHECK(lines_for_terminal("a\tb\nc\x1b[2J\r") == "a\tb\nc\\u001b[2J\\r");
  // Escapes in a JSON document are read as the same text.
  const auto document = std::string{"{\"a\":\"x\u009b\u202e\"}"};
  CHECK(*json::parse(for_terminal(document)) == *json::parse(document));
}

TEST_CASE("foreign text: each text among the arguments of a print is made fit, numbers and our own format are not") {
  CHECK(terminal::shown(std::string{"a\x1b"}) == "a\\u001b");
  CHECK(terminal::shown("a\n") == "a\\n");
  CHECK(terminal::shown(std::string_view{"\r"}) == "\\r");
  CHECK(terminal::shown(42) == 42);
}

TEST_CASE("foreign text: in a message nothing of it is markup, a mention or a link") {
  CHECK(for_message("Gold 1") == "Gold 1");
  CHECK(for_message("*a* _b_ ~c~ |d| `e`") == "\\*a\\* \\_b\\_ \\~c\\~ \\|d\\| \\`e\\`");
  CHECK(for_message("<@1> @everyone") == "\\<\\@1\\> \\@everyone");
  CHECK(for_message("[x](https://y)") == "\\[x\\](https\\://y)");
  CHECK(for_message("a\\") == "a\\\\");
  CHECK(for_message("# a") == "\\# a");
  CHECK(for_message("- a-b") == "\\- a-b");
  CHECK(for_message("12. a. b") == "12\\. a. b");
  CHECK(for_message("a\nb\u202e\u3164") == "a b\ufffd\ufffd");
  CHECK(quoted("a*") == "“a\\*”");
  CHECK(bold("a*") == "**a\\***");
  CHECK(code("a`b\n") == "`a'b `");
  CHECK(for_label("a*\u3164") == "a*\ufffd");
}
