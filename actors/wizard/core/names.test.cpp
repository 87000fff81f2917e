#include "actors/wizard/core/names.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using namespace arrakis::wizard::core;

TEST_CASE("wizard: names of people everywhere are taken") {
  CHECK(*check_name("  Dune   Traders ") == "Dune Traders");
  CHECK(*check_name("東京　クラブ\u00a0") == "東京 クラブ");
  for (const auto* name :
       {"Общество_42-x", "\U00020BB7野家", "ශ්\u200dරී ලංකා", "हिन्दी क्\u200dष", "می\u200cخواهم",
        "\U0001E900\U0001E901\U0001E902", "1ª Legião", "L·L club", "Team 👨\u200d👩\u200d👧", "Club 1\ufe0f\u20e3"})
    CHECK_MESSAGE(check_name(name), name);
}

TEST_CASE("wizard: names that hide, turn or stack text are refused with what to leave out") {
  for (const auto* name :
       {"\u3164\u3164\u3164", "abc\uffa0", "abc\u115f", "abc\u1160", "abc\u034f", "abc\u17b4", "abc\u17b5", "abc\u180e",
        "abc\u061c", "abc\u202edef", "abc\u200d", "ab\u200bc", "\u0301\u0301\u0301"})
    CHECK_MESSAGE(!check_name(name), name);
  std::string zalgo = "abc";
  for (int i = 0; i < 60; ++i)
    zalgo += "\u0301";
  CHECK(text_of(check_name(zalgo).error())
        == "Community name: it has more than 8 marks on one character. Leave it out.");
  CHECK(text_of(check_name("abc\u3164").error()) == "Community name: U+3164 shows nothing. Leave it out.");
}

TEST_CASE("wizard: a name has 3 to 100 characters, and of ASCII only what Discord reads as text") {
  CHECK_FALSE(check_name("ab"));
  CHECK(check_name(std::string(100, 'x')));
  CHECK_FALSE(check_name(std::string(101, 'x')));
  CHECK_FALSE(check_name(std::string(100'000, 'x')));
  for (const auto* name : {"a`b`c", "@everyone", "a*b*c", "<@1> x", "a:b:c", "#abc"})
    CHECK_MESSAGE(!check_name(name), name);
}

TEST_CASE("wizard: what of a guild's name and of a contract's symbol is a name is kept") {
  CHECK(name_from_guild("🔥 Dune: Traders!") == "🔥 Dune Traders");
  CHECK(name_from_guild("Du\u200bne\u3164 Traders") == "Dune Traders");
  CHECK(name_from_guild("??").empty());
  CHECK(clean_symbol("<@1>`EVIL`") == "1EVIL");
  CHECK(clean_symbol("US₮\u202e") == "US₮");
  CHECK(clean_symbol("\u3164") == "TOKEN");
  CHECK(clean_symbol("**") == "TOKEN");
  CHECK(clean_symbol("ABCDEFGHIJKLMNOPQ") == "ABCDEFGHIJKLMNOP");
  CHECK(clean_symbol("\xff") == "TOKEN");
}
