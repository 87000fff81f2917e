#include "runtime/foreign_text.hpp"

#include "runtime/unicode.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace arrakis {
namespace {
/// `text` with what `shown` makes of each flaw.
template <class Shown>
std::string replaced(std::string_view text, Shown shown) {
  std::string out;
  size_t from = 0;
  for (const auto& flaw : unicode::name_flaws(text)) {
    out += text.substr(from, flaw.at - from);
    out += shown(flaw, text.substr(flaw.at, flaw.bytes));
    from = flaw.at + flaw.bytes;
  }
  return out.append(text.substr(from));
}

std::string escape_of(const unicode::flaw& flaw, std::string_view bytes) {
  if (flaw.what == unicode::flaw::not_utf8) {
    std::string out;
    for (const char c : bytes)
      out += fmt::format("\\x{:02x}", static_cast<unsigned char>(c));
    return out;
  }
  const auto value = static_cast<uint32_t>(flaw.character);
  switch (value) {
    case '\n': return "\\n";
    case '\r': return "\\r";
    case '\t': return "\\t";
    default: break;
  }
  if (value < 0x10000)
    return fmt::format("\\u{:04x}", value);
  return fmt::format("\\u{:04x}\\u{:04x}", 0xD7C0 + (value >> 10), 0xDC00 + (value & 0x3FF)); // As in JSON: two halves.
}

std::string visible(std::string_view text) {
  return replaced(text, [](const unicode::flaw& flaw, std::string_view) -> std::string {
    return flaw.character == '\n' || flaw.character == '\r' || flaw.character == '\t' ? " " : "\ufffd";
  });
}
} // namespace

std::string for_terminal(std::string_view text) { return replaced(text, escape_of); }

std::string lines_for_terminal(std::string_view text) {
  return replaced(text, [](const unicode::flaw& flaw, std::string_view bytes) {
    return flaw.character == '\n' || flaw.character == '\t' ? std::string{bytes} : escape_of(flaw, bytes);
  });
}

std::string for_message(std::string_view text) {
  constexpr std::string_view always = "\\`*_~|<>[]@", at_line_begin = "#-+"; // "1." makes a list as well.
  const auto plain = visible(text);
  std::string out;
  const auto digits = plain.find_first_not_of("0123456789");
  for (size_t i = 0; i < plain.size(); ++i) {
    const char c = plain[i];
    const bool begins = i == 0 && at_line_begin.find(c) != std::string_view::npos;
    const bool numbers = c == '.' && i > 0 && i == digits;
    const bool link = c == ':' && std::string_view{plain}.substr(i).starts_with("://");
    if (begins || numbers || link || always.find(c) != std::string_view::npos)
      out += '\\';
    out += c;
  }
  return out;
}

std::string quoted(std::string_view name) { return "“" + for_message(name) + "”"; }
std::string bold(std::string_view name) { return "**" + for_message(name) + "**"; }
std::string code(std::string_view text) {
  auto out = visible(text);
  std::replace(out.begin(), out.end(), '`', '\'');
  return "`" + out + "`";
}
std::string for_label(std::string_view text) { return visible(text); }

} // namespace arrakis
