#include "runtime/unicode.hpp"

#include "runtime/assert.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <memory>
#include <set>
#include <unicode/ubrk.h>
#include <unicode/ucasemap.h>
#include <unicode/uchar.h>
#include <unicode/uscript.h>
#include <unicode/uset.h>
#include <unicode/ustring.h>
#include <unicode/utext.h>
#include <unicode/utf8.h>

namespace arrakis::unicode {
namespace {
constexpr UChar32 zwnj = 0x200C, zwj = 0x200D;

template <class T, void (*Close)(T*)>
struct closer {
  void operator()(T* handle) const { Close(handle); }
};
struct text_closer {
  void operator()(UText* text) const { utext_close(text); }
};
using break_iterator = std::unique_ptr<UBreakIterator, closer<UBreakIterator, ubrk_close>>;
using set_of_characters = std::unique_ptr<USet, closer<USet, uset_close>>;
using case_map = std::unique_ptr<UCaseMap, closer<UCaseMap, ucasemap_close>>;

/// ICU's rules and properties are part of its data; without them no judgement is possible.
void demand(UErrorCode status, const char* what) { ARRAKIS_ASSERT(U_SUCCESS(status), what); }

struct point {
  UChar32 value = 0; ///< Negative: no UTF-8.
  size_t at = 0, bytes = 0;
  bool in_emoji = false;
};

std::vector<point> points_of(std::string_view text) {
  std::vector<point> list;
  list.reserve(text.size());
  const auto size = static_cast<int32_t>(text.size());
  for (int32_t at = 0; at < size;) {
    const auto from = at;
    UChar32 value = 0;
    U8_NEXT(text.data(), at, size, value);
    list.push_back({value, static_cast<size_t>(from), static_cast<size_t>(at - from)});
  }
  return list;
}

bool has(UChar32 c, UProperty property) { return u_hasBinaryProperty(c, property) != 0; }
bool in_category(UChar32 c, uint32_t mask) { return (U_GET_GC_MASK(c) & mask) != 0; }
bool is_mark(UChar32 c) { return in_category(c, U_GC_M_MASK); }
bool is_letter_or_digit(UChar32 c) { return in_category(c, U_GC_L_MASK | U_GC_ND_MASK); }
bool is_virama(UChar32 c) {
  const auto kind = u_getIntPropertyValue(c, UCHAR_INDIC_SYLLABIC_CATEGORY);
  return kind == U_INSC_VIRAMA || kind == U_INSC_INVISIBLE_STACKER;
}

/// Characters that draw nothing although no Unicode property marks them so.
bool is_blank_sign(UChar32 c) {
  constexpr std::array<UChar32, 5> signs{
    0x2800,  // BRAILLE PATTERN BLANK
    0xFFFC,  // OBJECT REPLACEMENT CHARACTER, without its object
    0x13441, // EGYPTIAN HIEROGLYPH FULL BLANK
    0x13442, // EGYPTIAN HIEROGLYPH HALF BLANK
    0x1D159, // MUSICAL SYMBOL NULL NOTEHEAD
  };
  return std::find(signs.begin(), signs.end(), c) != signs.end();
}

/// Scripts whose letters change with their neighbours.
const std::set<UScriptCode>& scripts_that_join() {
  static const auto scripts = [] {
    auto status = U_ZERO_ERROR;
    constexpr char16_t pattern[] = u"[[:jt=D:][:jt=L:][:jt=R:][:InSC=Virama:][:InSC=Invisible_Stacker:]]";
    const set_of_characters joining{uset_openPattern(pattern, -1, &status)};
    demand(status, "ICU knows Joining_Type and Indic_Syllabic_Category");
    std::set<UScriptCode> list;
    for (int32_t i = 0; i < uset_getItemCount(joining.get()); ++i) {
      UChar32 first = 0, last = 0;
      uset_getItem(joining.get(), i, &first, &last, nullptr, 0, &status);
      for (auto c = first; c <= last; ++c)
        list.insert(uscript_getScript(c, &status));
    }
    list.erase(USCRIPT_COMMON);
    list.erase(USCRIPT_INHERITED);
    return list;
  }();
  return scripts;
}

/// True when both characters belong to one script that joins. The tatweel and some digits belong to several.
bool join(UChar32 left, UChar32 right) {
  auto status = U_ZERO_ERROR;
  auto script = uscript_getScript(left, &status);
  if (script == USCRIPT_COMMON || script == USCRIPT_INHERITED)
    script = uscript_getScript(right, &status);
  return U_SUCCESS(status) && scripts_that_join().contains(script) && uscript_hasScript(left, script)
      && uscript_hasScript(right, script);
}

/// True when the joiner at `i` is valid there.
bool joins(const std::vector<point>& text, size_t i) {
  auto left = i;
  while (left > 0 && is_mark(text[left - 1].value))
    --left;
  if (left == 0 || !is_letter_or_digit(text[left - 1].value))
    return false;
  auto right = i + 1;
  while (right < text.size() && is_mark(text[right].value))
    ++right;
  if (right < text.size() && is_letter_or_digit(text[right].value))
    return join(text[left - 1].value, text[right].value);
  return text[i].value == zwj && is_virama(text[i - 1].value); // The half form at the end of a word.
}

/// Characters that a later Unicode version may give to emoji or ideographs, which ICU already treats as such.
bool is_reserved(UChar32 c) {
  return !has(c, UCHAR_NONCHARACTER_CODE_POINT)
      && (has(c, UCHAR_EXTENDED_PICTOGRAPHIC) || u_getIntPropertyValue(c, UCHAR_LINE_BREAK) == U_LB_IDEOGRAPHIC);
}

/// The flaw of one character, joiners and marks apart.
std::optional<flaw::kind> own_flaw(UChar32 c) {
  if (c < 0)
    return flaw::not_utf8;
  if (in_category(c, U_GC_CC_MASK | U_GC_ZL_MASK | U_GC_ZP_MASK))
    return flaw::control;
  if (has(c, UCHAR_BIDI_CONTROL))
    return flaw::direction;
  const bool format = in_category(c, U_GC_CF_MASK) && !has(c, UCHAR_PREPENDED_CONCATENATION_MARK);
  if (format || has(c, UCHAR_DEFAULT_IGNORABLE_CODE_POINT) || is_blank_sign(c))
    return flaw::invisible;
  if (in_category(c, U_GC_CO_MASK | U_GC_CS_MASK) || (in_category(c, U_GC_CN_MASK) && !is_reserved(c)))
    return flaw::unassigned;
  return std::nullopt;
}

std::vector<point> with_emoji(std::string_view text) {
  auto list = points_of(text);
  size_t i = 0;
  for (const auto cluster : clusters(text)) {
    const auto end = static_cast<size_t>(cluster.data() - text.data()) + cluster.size();
    const bool emoji = is_emoji(cluster);
    for (; i < list.size() && list[i].at < end; ++i)
      list[i].in_emoji = emoji;
  }
  return list;
}
} // namespace

std::vector<flaw> name_flaws(std::string_view text) {
  const auto list = with_emoji(text);
  std::vector<flaw> found;
  size_t marks = 0;
  for (size_t i = 0; i < list.size(); ++i) {
    const auto& p = list[i];
    const auto add = [&](flaw::kind what) {
      found.push_back({what, p.at, p.bytes, static_cast<char32_t>(std::max(p.value, UChar32{0}))});
    };
    if (p.in_emoji) {
      marks = 0;
    } else if (p.value == zwnj || p.value == zwj) { // Marks go on to count: a joiner between them is no base.
      if (!joins(list, i))
        add(flaw::joiner);
    } else if (const auto what = own_flaw(p.value)) {
      add(*what);
    } else {
      marks = is_mark(p.value) ? marks + 1 : 0;
      if (marks > marks_max)
        add(flaw::marks);
    }
  }
  return found;
}

std::optional<flaw> name_flaw(std::string_view text) {
  const auto found = name_flaws(text);
  return found.empty() ? std::nullopt : std::optional{found.front()};
}

std::string describe(const flaw& f) {
  const auto named = fmt::format("U+{:04X}", static_cast<uint32_t>(f.character));
  switch (f.what) {
    case flaw::not_utf8: return "it holds bytes that are no text (UTF-8)";
    case flaw::control: return named + " is a control character";
    case flaw::direction: return named + " turns the direction of text";
    case flaw::invisible: return named + " shows nothing";
    case flaw::unassigned: return named + " is no character of Unicode " U_UNICODE_VERSION;
    case flaw::joiner: return named + " is an invisible joiner, and joins nothing there";
    case flaw::marks: return fmt::format("it has more than {} marks on one character", marks_max);
  }
  return named;
}

bool has_visible(std::string_view text) {
  const auto list = with_emoji(text);
  return std::any_of(list.begin(), list.end(), [](const point& p) {
    return p.in_emoji || (!own_flaw(p.value) && !in_category(p.value, U_GC_M_MASK | U_GC_Z_MASK));
  });
}

std::vector<std::string_view> clusters(std::string_view text) {
  auto status = U_ZERO_ERROR;
  thread_local const break_iterator breaks{ubrk_open(UBRK_CHARACTER, "", nullptr, 0, &status)};
  demand(status, "ICU knows grapheme clusters");
  const std::unique_ptr<UText, text_closer> source{
    utext_openUTF8(nullptr, text.data(), static_cast<int64_t>(text.size()), &status)};
  ubrk_setUText(breaks.get(), source.get(), &status);
  demand(status, "a text in memory can be walked");
  std::vector<std::string_view> list;
  size_t from = 0;
  for (auto end = ubrk_next(breaks.get()); end != UBRK_DONE; end = ubrk_next(breaks.get())) {
    list.push_back(text.substr(from, static_cast<size_t>(end) - from));
    from = static_cast<size_t>(end);
  }
  return list;
}

bool is_emoji(std::string_view cluster) {
  if (cluster.size() <= 1)
    return false;
  std::array<UChar, 64> units{}; // The longest RGI sequence has 15 units.
  int32_t length = 0;
  auto status = U_ZERO_ERROR;
  u_strFromUTF8(units.data(), static_cast<int32_t>(units.size()), &length, cluster.data(),
                static_cast<int32_t>(cluster.size()), &status);
  return U_SUCCESS(status) && u_stringHasBinaryProperty(units.data(), length, UCHAR_RGI_EMOJI) != 0;
}

size_t length(std::string_view text) { return points_of(text).size(); }

std::string lower(std::string_view text) {
  auto status = U_ZERO_ERROR;
  thread_local const case_map rules{ucasemap_open("", 0, &status)};
  demand(status, "ICU knows the case mappings");
  std::string out(text.size() * 3, '\0'); // The longest full mapping: one character becomes three.
  const auto size = ucasemap_utf8ToLower(rules.get(), out.data(), static_cast<int32_t>(out.size()), text.data(),
                                         static_cast<int32_t>(text.size()), &status);
  demand(status, "three times the room is enough for lower case");
  out.resize(static_cast<size_t>(size));
  return out;
}

std::string_view trimmed(std::string_view text) {
  size_t first = text.size(), end = 0;
  for (const auto& p : points_of(text))
    if (p.value < 0 || !has(p.value, UCHAR_WHITE_SPACE)) {
      first = std::min(first, p.at);
      end = p.at + p.bytes;
    }
  return end == 0 ? std::string_view{} : text.substr(first, end - first);
}

std::string joined_blanks(std::string_view text, std::string_view joint) {
  std::string out;
  bool blank = false;
  for (const auto& p : points_of(text)) {
    if (p.value >= 0 && has(p.value, UCHAR_WHITE_SPACE)) {
      blank = true;
      continue;
    }
    if (blank && !out.empty())
      out += joint;
    blank = false;
    out += text.substr(p.at, p.bytes);
  }
  return out;
}

} // namespace arrakis::unicode
