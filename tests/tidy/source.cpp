#include "tests/tidy/source.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <sstream>

namespace arrakis::tidy {
namespace {
namespace fs = std::filesystem;

constexpr std::array folders{"actors", "adapters", "apps",    "bench", "config", "deploy",
                             "docs",   "runtime",  "schemas", "tests", "tools",  ".ci"};
constexpr std::array kinds{".cpp", ".hpp", ".txt", ".cmake", ".md",  ".service", ".toml", ".json", ".sql", ".js",
                           ".mjs", ".py",  ".sh",  ".yaml",  ".yml", ".html",    ".css",  ".svg",  ""};

bool is_word(char c) { return c == '_' || (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }

/// Walks over C++ and tells for each character whether it is code, comment or literal.
class scanner {
public:
  explicit scanner(source& into) : s_(into) {
    s_.code = s_.comments = std::string(s_.text.size(), ' ');
    for (size_t i = 0; i < s_.text.size(); ++i)
      if (s_.text[i] == '\n')
        s_.code[i] = s_.comments[i] = '\n';
  }

  void run() {
    while (at_ < s_.text.size()) {
      if (ahead("//"))
        copy_until("\n", s_.comments);
      else if (ahead("/*"))
        copy_until("*/", s_.comments);
      else if (ahead("R\"") && !(at_ > 0 && is_word(s_.text[at_ - 1])))
        raw_string();
      else if (s_.text[at_] == '"' || (s_.text[at_] == '\'' && !digit_separator()))
        literal(s_.text[at_]);
      else
        keep();
    }
  }

private:
  bool ahead(std::string_view word) const { return std::string_view{s_.text}.substr(at_).starts_with(word); }
  bool digit_separator() const {
    return at_ > 0 && is_word(s_.text[at_ - 1]) && at_ + 1 < s_.text.size() && is_word(s_.text[at_ + 1]);
  }
  void keep() {
    s_.code[at_] = s_.text[at_];
    ++at_;
  }
  void copy_until(std::string_view end, std::string& to) {
    const auto stop = std::min(s_.text.find(end, at_ + 2), s_.text.size());
    for (; at_ < stop; ++at_)
      to[at_] = s_.text[at_];
    if (end == "*/")
      at_ = std::min(at_ + 2, s_.text.size());
  }
  void raw_string() {
    const auto open = s_.text.find('(', at_);
    if (open == std::string::npos)
      return keep();
    const auto end = ")" + s_.text.substr(at_ + 2, open - at_ - 2) + "\"";
    const auto stop = s_.text.find(end, open);
    s_.code[at_ + 1] = '"';
    at_ = stop == std::string::npos ? s_.text.size() : stop + end.size();
    s_.code[at_ - 1] = '"';
  }
  /// The quotes stay in the code, so that an argument is still seen to be there.
  void literal(char quote) {
    keep();
    while (at_ < s_.text.size() && s_.text[at_] != quote && s_.text[at_] != '\n')
      at_ += s_.text[at_] == '\\' ? 2 : 1;
    if (at_ < s_.text.size() && s_.text[at_] == quote)
      keep();
  }

  source& s_;
  size_t at_ = 0;
};
} // namespace

source make_source(std::string path, std::string text) {
  source out{std::move(path), std::move(text), {}, {}};
  if (out.is_cpp())
    scanner{out}.run();
  else
    out.code = out.comments = out.text;
  return out;
}

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> out;
  for (size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find('\n', begin), text.size());
    out.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return out;
}

std::vector<size_t> places_of(std::string_view text, std::string_view word) {
  std::vector<size_t> out;
  for (auto at = text.find(word); at != std::string_view::npos; at = text.find(word, at + 1)) {
    const auto end = at + word.size();
    const bool cut_left = is_word(word.front()) && at > 0 && is_word(text[at - 1]);
    const bool cut_right = is_word(word.back()) && end < text.size() && is_word(text[end]);
    if (!cut_left && !cut_right)
      out.push_back(at);
  }
  return out;
}

size_t line_of(std::string_view text, size_t at) {
  return static_cast<size_t>(
           std::count(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(std::min(at, text.size())), '\n'))
       + 1;
}

std::vector<include> includes_of(const source& file) {
  std::vector<include> out;
  size_t number = 0;
  for (auto line : lines_of(file.text)) {
    ++number;
    if (!line.starts_with("#include"))
      continue;
    const auto open = line.find_first_of("\"<");
    const auto close = open == std::string_view::npos ? open : line.find_first_of("\">", open + 1);
    if (close != std::string_view::npos)
      out.push_back({std::string{line.substr(open + 1, close - open - 1)}, line[open] == '"', number});
  }
  return out;
}

std::vector<source> read_tree(const fs::path& root) {
  std::vector<source> out;
  const auto add = [&](const fs::path& path) {
    const auto kind = path.extension().string();
    if (std::find(kinds.begin(), kinds.end(), kind) == kinds.end() || path.filename() == "package-lock.json")
      return;
    std::ifstream in{path, std::ios::binary};
    std::ostringstream text;
    text << in.rdbuf();
    out.push_back(make_source(fs::relative(path, root).generic_string(), text.str()));
  };
  for (const auto& entry : fs::directory_iterator{root})
    if (entry.is_regular_file() && entry.path().filename() != ".git")
      add(entry.path());
  for (const auto* folder : folders) {
    if (!fs::is_directory(root / folder))
      continue;
    // Installed packages are not ours; symbolic links are not followed.
    for (auto at = fs::recursive_directory_iterator{root / folder}; at != fs::recursive_directory_iterator{}; ++at) {
      if (at->path().filename() == "node_modules")
        at.disable_recursion_pending();
      else if (at->is_regular_file() && !at->is_symlink())
        add(at->path());
    }
  }
  std::sort(out.begin(), out.end(), [](const source& a, const source& b) { return a.path < b.path; });
  return out;
}
} // namespace arrakis::tidy
