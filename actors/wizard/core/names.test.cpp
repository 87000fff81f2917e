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
        == "Community name: 3 to 100 characters. Leave out: more than 8 marks on one character.");
  CHECK(text_of(check_name("abc\u3164").error())
        == "Community name: 3 to 100 characters. Leave out: invisible character U+3164.");
}

TEST_CASE("wizard: the refusal of a name lists all that was found, each once, and nothing else") {
  CHECK(
    text_of(check_name("\u200bDune\u200b @everyone <@12> <@&3>\u0007 Traders").error())
    == "Community name: 3 to 100 characters. Leave out: invisible character U+200B · `@everyone` · mention · mention "
       "of a role · control character U+0007.");
  CHECK(text_of(check_name("ab").error()) == "Community name: 3 to 100 characters; this has 2.");
  CHECK(text_of(check_name("\u200b").error())
        == "Community name: 3 to 100 characters; this has 1. Leave out: invisible character U+200B.");
  std::string many = "abc";
  for (const auto* odd : {"\u0001", "\u0002", "\u0003", "\u0004", "\u0005", "\u0006", "\u0007"})
    many += odd;
  CHECK(text_of(check_name(many).error()).find("U+0005 · and 2 more.") != std::string::npos);
}

TEST_CASE("wizard: a name has 3 to 100 characters, punctuation included, and mentions nobody") {
  CHECK_FALSE(check_name("ab"));
  CHECK(check_name(std::string(100, 'x')));
  CHECK_FALSE(check_name(std::string(101, 'x')));
  CHECK_FALSE(check_name(std::string(100'000, 'x')));
  for (const auto* name : {"@everyone", "x @here", "<@1> x", "<@!1> x", "<@&1> x", "<#1> x"})
    CHECK_MESSAGE(!check_name(name), name);
  for (const auto* name : {"a`b`c", "a*b*c", "a:b:c", "#abc", "me@home.example", "<@one>", "Dune: Traders & Co."})
    CHECK_MESSAGE(check_name(name), name); // Messages show them escaped (runtime/foreign_text.hpp).
}

TEST_CASE("wizard: a guild's name and a contract's symbol are cut to the part that may be a name") {
  CHECK(name_from_guild("🔥 Dune: Traders!") == "🔥 Dune: Traders!");
  CHECK(name_from_guild("Du\u200bne\u3164 Traders") == "Dune Traders");
  CHECK(name_from_guild("@everyone <@1> club") == "everyone @1> club");
  CHECK(name_from_guild("??").empty());
  CHECK(clean_symbol("<@1>`EVIL`") == "1EVIL");
  CHECK(clean_symbol("US₮\u202e") == "US₮");
  CHECK(clean_symbol("\u3164") == "TOKEN");
  CHECK(clean_symbol("**") == "TOKEN");
  CHECK(clean_symbol("ABCDEFGHIJKLMNOPQ") == "ABCDEFGHIJKLMNOP");
  CHECK(clean_symbol("\xff") == "TOKEN");
}
