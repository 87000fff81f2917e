#pragma once
// Text that somebody else wrote (names in a guild, data of a job, answers of servers) on its way to a person. A log
// line has its own function, which nothing can pass by: log::write (runtime/log.hpp). tests/tidy finds what goes to a
// terminal, and as far as a text rule can what goes into a message, without these.
#include <string>
#include <string_view>

namespace arrakis {

/// For a terminal: on one line, and nothing in it is obeyed. Controls (ESC, CR, those of C1), invisible and
/// direction-turning characters and broken UTF-8 are written as JSON writes them: \n, \u001b, \u202e.
std::string for_terminal(std::string_view);
/// The same of text with lines of its own: line feeds and tabs stay.
std::string lines_for_terminal(std::string_view);

/// For a Discord message: it looks as it was written. What Discord's markdown, mentions and links are made of is
/// escaped; line ends become blanks, and what is not seen becomes U+FFFD.
std::string for_message(std::string_view);
/// “Gold”: how sentences to people name a thing.
std::string quoted(std::string_view name);
/// **Gold**
std::string bold(std::string_view name);
/// `0x12`, where Discord knows no escape: a backtick becomes an apostrophe.
std::string code(std::string_view);
/// For a label (of a button, of an option in a menu), where Discord knows no markdown.
std::string for_label(std::string_view);

} // namespace arrakis
