#pragma once
// Escaping of untrusted text (names in a guild, data of a job, answers of servers) for people. log::write
// (runtime/log.hpp) escapes log lines by itself. tests/tidy finds untrusted text that is printed to a terminal, and, as
// far as a text rule can, put into a message, without these functions.
#include <string>
#include <string_view>

namespace arrakis {

/// Escapes for a terminal, on one line. Controls (ESC, CR, those of C1), invisible and
/// direction-turning characters and broken UTF-8 are written as JSON writes them: \n, \u001b, \u202e.
std::string for_terminal(std::string_view);
/// Escapes for a terminal; line feeds and tabs stay.
std::string lines_for_terminal(std::string_view);

/// Escapes for a Discord message, so that it looks as written. Characters of markdown, mentions and links are
/// escaped; line ends become blanks, and invisible characters U+FFFD.
std::string for_message(std::string_view);
/// Quotes a name for a sentence: “Gold”.
std::string quoted(std::string_view name);
/// Formats a name in bold, **Gold**, escaped for a Discord message.
std::string bold(std::string_view name);
/// Formats as code, `0x12`; Discord has no escape there, so a backtick becomes an apostrophe.
std::string code(std::string_view);
/// Escapes a label (of a button or menu option), where Discord has no markdown.
std::string for_label(std::string_view);

} // namespace arrakis
