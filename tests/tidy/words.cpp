#include "tests/tidy/words.hpp"

#include "tests/tidy/exceptions.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>

namespace arrakis::tidy {
namespace {
struct private_word {
  std::string_view word, instead;
};
constexpr private_word private_words[]{
  {"door", "http_api, webhook, listener or endpoint"},
  {"edge", "ingress, or the system that is meant"},
  {"wish", "new_job or job_options"},
  {"toolbox", "admin"},
  {"stepping_back", "reschedule"},
  {"upkeep", "maintenance"},
  {"mailbag", "message_batch"},
  {"town", "demo_community, or the community that is meant"},
  {"weather", "fault_schedule"},
  {"tenure", "lease_guard or lease_term"},
  {"twin", "negative control; in code without_<guard>"},
  {"house", "project, layout"},
};

bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
char lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }
std::string lower(std::string_view text) {
  std::string out{text};
  std::transform(out.begin(), out.end(), out.begin(), [](char c) { return lower(c); });
  return out;
}

/// Calls `use(word, place)` for each word of `text`: a run of letters, split before a capital that begins a new word
/// ("sandboxState", "HTTPServer" and "town_map" are two each).
template <class F>
void for_each_word(std::string_view text, F use) {
  const auto is_letter = [&](size_t i) { return i < text.size() && (is_upper(text[i]) || is_lower(text[i])); };
  for (size_t at = 0; at < text.size();) {
    if (!is_letter(at)) {
      ++at;
      continue;
    }
    auto end = at + 1;
    while (is_letter(end)
           && !(is_upper(text[end]) && (is_lower(text[end - 1]) || (end + 1 < text.size() && is_lower(text[end + 1])))))
      ++end;
    use(text.substr(at, end - at), at);
    at = end;
  }
}

std::string_view line_at(const source& file, size_t number) {
  const auto lines = lines_of(file.text);
  return number > 0 && number <= lines.size() ? lines[number - 1] : std::string_view{file.path};
}

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  return first == std::string_view::npos ? std::string_view{} : text.substr(first);
}

/// The sign that begins a comment of one line in this kind of file; empty for a kind whose comments are not checked.
std::string_view comment_sign(const source& file) {
  if (file.is_cpp() || file.path.ends_with(".js") || file.path.ends_with(".mjs"))
    return "//";
  for (const auto* kind : {".toml", ".py", ".sh", ".yaml", ".yml", ".cmake", "CMakeLists.txt", "Makefile"})
    if (file.path.ends_with(kind))
      return "#";
  return {};
}
} // namespace

void banned_words(const source& file, std::vector<finding>& out) {
  const auto scan = [&](std::string_view text, bool is_path) {
    const auto report = [&](const private_word& w, size_t at) {
      out.push_back({"word", file.path, is_path ? 0 : line_of(text, at),
                     fmt::format("\"{}\" is a private word: use {}", w.word, w.instead)});
    };
    for_each_word(text, [&](std::string_view word, size_t at) {
      const auto found = lower(word);
      for (const auto& w : private_words)
        if (found == w.word || found == std::string{w.word} + "s" || found == std::string{w.word} + "es")
          report(w, at);
    });
    for (const auto& w : private_words)
      if (w.word.find('_') != std::string_view::npos)
        for (auto at = text.find(w.word); at != std::string_view::npos; at = text.find(w.word, at + 1))
          report(w, at);
  };
  scan(file.path, true);
  scan(file.text, false);
}

void comment_starts(const source& file, std::vector<finding>& out) {
  constexpr std::array starts{"what", "whatever", "who",  "whoever", "whom",  "whose", "which", "that", "it",
                              "its",  "whether",  "they", "them",    "their", "he",    "she",   "him",  "her"};
  const auto sign = comment_sign(file);
  if (sign.empty())
    return;
  const auto code = lines_of(file.code), comments = lines_of(file.comments);
  bool follows_comment = false, follows_trailing = false;
  for (size_t i = 0; i < comments.size(); ++i) {
    auto comment = trimmed(comments[i]);
    if (!comment.starts_with(sign)) {
      follows_comment = follows_trailing = false;
      continue;
    }
    const bool trailing = file.is_cpp() && i < code.size() && !trimmed(code[i]).empty();
    const bool documents_next = comment.starts_with("///") && !comment.starts_with("///<");
    const bool begins = !follows_comment || trailing || (documents_next && follows_trailing);
    comment = trimmed(comment.substr(std::min(comment.find_first_not_of("/#<"), comment.size())));
    std::string_view first;
    for_each_word(comment, [&](std::string_view word, size_t at) {
      if (at == 0)
        first = word;
    });
    const bool is_name = first.size() < comment.size()
                      && (comment[first.size()] == '_' || comment[first.size()] == '.');
    if (begins && !is_name && std::find(starts.begin(), starts.end(), lower(first)) != starts.end())
      out.push_back({"comment", file.path, i + 1,
                     fmt::format("begins with \"{}\": begin with the subject, a noun phrase, or with a verb", first)});
    follows_comment = true;
    follows_trailing = trailing || (follows_trailing && !begins);
  }
}

std::vector<finding> check_words(const std::vector<source>& files) {
  std::vector<finding> out;
  for (const auto& file : files) {
    std::vector<finding> found;
    banned_words(file, found);
    comment_starts(file, found);
    docstrings(file, found);
    std::copy_if(found.begin(), found.end(), std::back_inserter(out), [&](const finding& f) {
      return std::none_of(std::begin(word_exceptions), std::end(word_exceptions),
                          [&](const auto& e) { return allows(e, f, line_at(file, f.line)); });
    });
  }
  return out;
}
} // namespace arrakis::tidy
