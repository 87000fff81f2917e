#pragma once
// Unicode's own properties of text (ICU, of the Unicode version that it was built with). All texts are UTF-8. ICU's
// headers stay in unicode.cpp.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::unicode {

/// A character that no name may contain, or that is not allowed at its position.
struct flaw {
  /// Kinds of flaw.
  enum kind {
    not_utf8,
    control,   ///< General category Cc, Zl or Zp.
    direction, ///< Bidi_Control: turns the direction of text.
    invisible, ///< Default_Ignorable_Code_Point, other format characters, and the few letters and signs that are blank.
    unassigned, ///< No character of this Unicode version, or of private use.
    joiner,     ///< U+200C or U+200D that is not between letters of a script that joins.
    marks,      ///< One more mark than `marks_max` on one base.
  } what;
  size_t at = 0;    ///< Byte.
  size_t bytes = 1; ///< Size of the character.
  char32_t character = 0;
};
/// Maximum of combining marks on one character: Vietnamese needs 2, Hebrew 4, Tibetan 7; more cover other lines.
inline constexpr size_t marks_max = 8;

/// First flaw of a name; nothing: no flaw. All scripts and signs are allowed. A joiner may stand between letters of
/// scripts that join (Arabic and similar by Joining_Type, Indic ones by their virama), and behind a virama. Characters
/// of an RGI emoji sequence (joiners, variation selectors, tags) are no flaws. https://www.unicode.org/reports/tr51/
/// (RGI), tr31 section 2.3 (joiners), tr44 (properties).
std::optional<flaw> name_flaw(std::string_view);
/// All flaws of a name, in order.
std::vector<flaw> name_flaws(std::string_view);
/// Sentence part about a flaw, "U+202E turns the direction of text", which the caller continues with the remedy.
std::string describe(const flaw&);
/// True if the text draws something by itself: a letter, digit, sign or emoji, not only marks.
bool has_visible(std::string_view);

/// Splits a text into grapheme clusters, the characters that a reader sees (UAX 29).
std::vector<std::string_view> clusters(std::string_view);
/// True if a whole cluster is one RGI emoji.
bool is_emoji(std::string_view cluster);
/// Number of code points, which Discord's length limits count; each invalid byte counts as one.
size_t length(std::string_view);

/// Lower case by Unicode's full mappings, independent of language; invalid bytes stay.
std::string lower(std::string_view);
/// Text without White_Space at both ends.
std::string_view trimmed(std::string_view);
/// Text with each run of White_Space replaced by `joint`, and none at the ends.
std::string joined_blanks(std::string_view, std::string_view joint = " ");

} // namespace arrakis::unicode
