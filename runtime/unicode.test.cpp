#include "runtime/unicode.hpp"

#include <doctest/doctest.h>

using namespace arrakis;
using unicode::flaw;

namespace {
std::string repeated(std::string_view text, size_t times) {
  std::string out;
  for (size_t i = 0; i < times; ++i)
    out += text;
  return out;
}
} // namespace

TEST_CASE("unicode: names of every script, joiners where scripts join, and RGI emoji have no flaw") {
  for (const auto* name : {
         "\U00020BB7野家",       // A letter beyond 16 bits.
         "\U0001E900\U0001E901", // Adlam.
         "ª",
         "·",
         "東京　クラブ",  // An ordinal, a middle dot, an ideographic space.
         "ශ්\u200dරී ලංකා", // Sinhala: virama, joiner, letter.
         "क्\u200dष",
         "क्\u200cष", // Hindi.
         "می\u200cخواهم",
         "۲۰\u200cساله", // Persian, of letters and behind a digit.
         "شیء\u200cها",  // Behind a letter that joins with none.
         "র\u200d্য",     // Bengali: the joiner before the virama.
         "അവന്\u200d",    // Malayalam: the half form at the end.
         "👨\u200d👩\u200d👧",
         "❤\ufe0f",
         "👁\ufe0f\u200d🗨\ufe0f",
         "#\ufe0f\u20e3",
         "🇩🇪",
         "👍🏽",
         "🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F", // The flag of England: tags.
         "\U0001FAE9",
         "\U000323B0",                                        // Of later Unicode versions: an emoji, an ideograph.
         "a\u0301\u0302\u0303\u0304\u0305\u0306\u0307\u0308", // Eight marks.
         "\u0600"
         "12", // A sign of Arabic numbers is visible, though a format character.
       }) {
    CAPTURE(name);
    const auto found = unicode::name_flaw(name);
    CHECK_MESSAGE(!found, (found ? unicode::describe(*found) : ""));
    CHECK(unicode::has_visible(name));
  }
}

TEST_CASE("unicode: what is invisible, turns text or stands in the wrong place is a flaw of its kind") {
  struct row {
    std::string name;
    flaw::kind what;
    size_t at;
  };
  for (const auto& r : std::initializer_list<row>{
         {"a\u3164", flaw::invisible, 1}, // Hangul fillers.
         {"\uffa0", flaw::invisible, 0},
         {"\u115f", flaw::invisible, 0},
         {"\u1160", flaw::invisible, 0},
         {"a\u034f", flaw::invisible, 1}, // Combining grapheme joiner.
         {"a\u17b4", flaw::invisible, 1}, // Khmer inherent vowels.
         {"a\u17b5", flaw::invisible, 1},
         {"a\u180e", flaw::invisible, 1}, // Mongolian vowel separator.
         {"a\u00ad", flaw::invisible, 1}, // Soft hyphen.
         {"a\u2800", flaw::invisible, 1}, // A blank that no property names.
         {"a\u200b", flaw::invisible, 1},
         {"a\ufeff", flaw::invisible, 1},
         {"葛\U000E0100", flaw::invisible, 3},
         {"a\U000E0061", flaw::invisible, 1}, // Tags without a flag.
         {"a\ufe0f", flaw::invisible, 1},     // A variation selector without an emoji.
         {"a\u061cb", flaw::direction, 1},
         {"abc\u202e", flaw::direction, 3},
         {"a\u200f", flaw::direction, 1},
         {"a\u2066", flaw::direction, 1},
         {"a\nb", flaw::control, 1},
         {"a\u0085", flaw::control, 1},
         {"a\u2028", flaw::control, 1},
         {"a\u200cb", flaw::joiner, 1}, // Latin letters do not join.
         {"a\u200db", flaw::joiner, 1},
         {"\u200cم", flaw::joiner, 0},
         {"م\u200c", flaw::joiner, 2},
         {"م\u200c\u200cم", flaw::joiner, 2},
         {"م\u200ca", flaw::joiner, 2}, // Two scripts.
         {"👍🏽\u200d", flaw::joiner, 8},
         {"\ue000", flaw::unassigned, 0},
         {"\uffff", flaw::unassigned, 0},
         {"\u0378", flaw::unassigned, 0},
         {"a\xff", flaw::not_utf8, 1},
         {"a\xed\xa0\x80", flaw::not_utf8, 1},
         {"a" + repeated("\u0301", 9), flaw::marks, 17},
         {"a" + repeated("\u0301", 60), flaw::marks, 17},
       }) {
    CAPTURE(r.name);
    const auto found = unicode::name_flaw(r.name);
    REQUIRE(found);
    CHECK(found->what == r.what);
    CHECK(found->at == r.at);
  }
  CHECK(unicode::describe(*unicode::name_flaw("a\u202e")) == "U+202E turns the direction of text");
}

TEST_CASE("unicode: marks and blanks alone are not seen") {
  for (const auto* name : {"", " ", "\u3000", "\u0301", "\u00a0\u0301"})
    CHECK_FALSE(unicode::has_visible(name));
  CHECK(unicode::has_visible("\u0301a"));
}

TEST_CASE("unicode: lower case, blanks and length go by Unicode, not by ASCII") {
  CHECK(unicode::lower("ÄÖÜ ΣΑΣ \U0001E900 Ab") == "äöü σας \U0001E922 ab");
  CHECK(unicode::lower(repeated("İ", 100)) == repeated("i̇", 100));
  CHECK(unicode::lower("") == "");
  CHECK(unicode::lower("A\xff") == "a\xff");
  CHECK(unicode::joined_blanks(" a\u3000\u00a0b\t\n") == "a b");
  CHECK(unicode::joined_blanks("a \u2003b", "-") == "a-b");
  CHECK(unicode::trimmed("\u3000 a  b\u00a0") == "a  b");
  CHECK(unicode::trimmed(" \u3000").empty());
  CHECK(unicode::length("aé\U00020BB7") == 3);
}

TEST_CASE("unicode: negative control: the ranges of before refuse letters and take what is invisible") {
  const auto by_hand = [](char32_t c) { // 16 bits, and two blocks of punctuation.
    return c < 0x80 || (c >= 0xC0 && !(c >= 0x2000 && c <= 0x2BFF) && !(c >= 0xD800 && c <= 0xF8FF) && c < 0xFFF0);
  };
  CHECK_FALSE(by_hand(U'\U00020BB7'));
  CHECK(by_hand(U'\u3164'));
  CHECK_FALSE(unicode::name_flaw("\U00020BB7"));
  CHECK(unicode::name_flaw("\u3164"));
}
