#pragma once
// Unicode's own properties of text (ICU, of the Unicode version that it was built with). All texts are UTF-8. ICU's
// headers stay in unicode.cpp.
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::unicode {

/// A character that no name may have, or that stands where it may not.
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
/// Vietnamese needs 2 marks on a letter, pointed Hebrew 4, Tibetan stacks 7; more of them draw over other lines.
inline constexpr size_t marks_max = 8;

/// The first flaw of a name; nothing when there is none. Every script and sign is welcome. A joiner may stand between
/// letters of scripts that join (Arabic and its like by Joining_Type, the Indic ones by their virama), and behind a
/// virama. Whatever belongs to an RGI emoji sequence (joiners, variation selectors, tags) is no flaw.
/// https://www.unicode.org/reports/tr51/ (RGI), tr31 section 2.3 (joiners), tr44 (properties).
std::optional<flaw> name_flaw(std::string_view);
/// All of them, in order.
std::vector<flaw> name_flaws(std::string_view);
/// "U+202E turns the direction of text": goes on with what to do.
std::string describe(const flaw&);
/// True when a character draws something by itself: a letter, digit, sign or emoji, not marks alone.
bool has_visible(std::string_view);

/// As a reader sees them: grapheme clusters (UAX 29).
std::vector<std::string_view> clusters(std::string_view);
/// True when a whole cluster is one RGI emoji.
bool is_emoji(std::string_view cluster);
/// Code points, which is what Discord's length limits count; of bytes that are no UTF-8 each counts.
size_t length(std::string_view);

/// Lower case by the full mappings and the rules of no language; bytes that are no UTF-8 stay.
std::string lower(std::string_view);
/// Without White_Space at the ends.
std::string_view trimmed(std::string_view);
/// Each run of White_Space becomes `joint`; there is none at the ends.
std::string joined_blanks(std::string_view, std::string_view joint = " ");

} // namespace arrakis::unicode
