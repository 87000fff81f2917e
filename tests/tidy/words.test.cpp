#include "tests/tidy/words.hpp"

#include "tests/tidy/exceptions.hpp"

#include <algorithm>
#include <cstdlib>
#include <doctest/doctest.h>
#include <fmt/format.h>

using namespace arrakis::tidy;

namespace {
/// The rules of words that one file breaks, as "rule:line".
std::string broken(std::string path, std::string text) {
  std::string out;
  for (const auto& f : check_words({make_source(std::move(path), std::move(text))}))
    out += fmt::format("{}{}:{}", out.empty() ? "" : " ", f.rule, f.line);
  return out;
}
std::string in_header(std::string text) { return broken("runtime/a.hpp", std::move(text)); }
std::vector<source> tree() {
  const char* folder = std::getenv("ARRAKIS_SOURCE_DIR");
  return read_tree(folder ? folder : ".");
}
} // namespace

TEST_CASE("tidy: words: the whole tree keeps the rules of words") {
  const auto files = tree();
  REQUIRE(files.size() > 50);
  for (const auto& f : check_words(files))
    FAIL_CHECK(to_string(f));
}

TEST_CASE("tidy: words: an exception has a reason and is needed") {
  const auto files = tree();
  for (const auto& e : word_exceptions) {
    CAPTURE(e.path);
    CAPTURE(e.line);
    CHECK(e.reason.size() > 10);
    const bool needed = std::any_of(files.begin(), files.end(), [&](const source& file) {
      std::vector<finding> found;
      banned_words(file, found);
      comment_starts(file, found);
      docstrings(file, found);
      const auto lines = lines_of(file.text);
      return std::any_of(found.begin(), found.end(), [&](const finding& f) {
        return allows(e, f, f.line == 0 ? std::string_view{file.path} : lines[f.line - 1]);
      });
    });
    CHECK_MESSAGE(needed, "this exception is not needed any more");
  }
}

TEST_CASE("tidy: words: a private word is found in paths, identifiers, comments, texts and documents") {
  for (const auto* text : {"int door;", "int http_door_max;", "struct HttpDoor;", "int openDoors;", "// The Edge.",
                           "f(\"a twin\");", "int TWIN;", "auto wishes = 1;", "void stepping_back();"})
    CHECK_MESSAGE(broken("runtime/a.cpp", text) == "word:1", text);
  for (const auto* text :
       {"int indoors;", "int knowledge;", "auto household = 1;", "int stepping;", "int door1ess_;"}) {
    if (std::string_view{text}.find("door1") != std::string_view::npos)
      CHECK_MESSAGE(broken("runtime/a.cpp", text) == "word:1", text); // A digit ends a word.
    else
      CHECK_MESSAGE(broken("runtime/a.cpp", text) == "", text);
  }
  CHECK(broken("docs/a.md", "One\n\nA town, two towns.\n") == "word:3 word:3");
  CHECK(broken("config/a.toml", "# Of the weather.\na = 1\n") == "word:1");
  CHECK(broken("runtime/upkeep.cpp", "int x;\n") == "word:0");
  CHECK(broken("runtime/http_doors/a.cpp", "int x;\n") == "word:0");
}

TEST_CASE("tidy: words: an exception allows its lines alone") {
  CHECK(broken("config/themes/a.toml", "rule = \"tenure\"\n") == "");
  CHECK(broken("config/themes/a.toml", "# The tenure.\n") == "word:1");
  CHECK(broken("config/a.toml", "rule = \"tenure\"\n") == "word:1");
}

TEST_CASE("tidy: words: a comment begins with its subject or a verb") {
  for (const auto* start : {"What", "Whoever", "Whom", "Who", "That", "It", "Its", "Whether", "They"}) {
    CHECK(broken("runtime/a.cpp", fmt::format("// {} is left.\n", start)) == "comment:1");
    CHECK(broken("runtime/a.cpp", fmt::format("int x; // {} is left.\n", start)) == "comment:1");
    CHECK(in_header(fmt::format("/// {} is left.\nstruct a {{\n  int x; ///< {} is left.\n}};\n", start, start))
          == "comment:1 comment:3");
  }
  CHECK(broken("tests/a.py", "x = 1\n# What is left.\n") == "comment:2");
  CHECK(broken("tests/a.mjs", "// It is left.\n") == "comment:1");
  for (const auto* text :
       {"// The rest: all that stays after\n// that is done.\n", "// Items.\n", "// that_one is a variable.\n",
        "int x; // The rest of\n       // what was read.\n", "auto x = \"// What\";\n", "// it.count says so.\n"})
    CHECK_MESSAGE(broken("runtime/a.cpp", text) == "", text);
  CHECK(in_header("/// A.\nstruct a {\n  int x; ///< One.\n  /// It is the second.\n  int y;\n};\n") == "comment:4");
}

TEST_CASE("tidy: words: a public declaration of a header has a docstring") {
  for (const auto* text :
       {"struct a {\n  int x;\n};\n", "class a {\n};\n", "enum class a { b, c };\n", "int f(int x);\n",
        "constexpr int max = 3;\n", "inline int f() { return 1; }\n", "template <class T>\nstruct a : b<T> {\n};\n",
        "template <class T>\n  requires c<T>\nint f(T x = T{});\n", "constexpr std::array names{1, 2};\n",
        "extern const int x;\n", "// Not a docstring.\nint f();\n", "namespace n {\nint f();\n}\n",
        "struct n::a;\nint f(o x = {});\n", "/// A.\nint f();\nint g();\n", "/// A.\n\nint f();\n",
        "int x = 1; ///< Of x.\nint f();\n", "M(A)\nint f();\n"})
    CHECK_MESSAGE(in_header(text).find("docstring:") == 0, text);
  CHECK(in_header("/// A.\nstruct a {\n  struct b {\n    int x;\n  };\n};\n") == "docstring:3");
  CHECK(in_header("/// A.\nclass a {\npublic:\n  virtual int f() = 0;\nprivate:\n  virtual int g() = 0;\n};\n")
        == "docstring:4");
}

TEST_CASE("tidy: words: what is not public, not a declaration of its own or documented asks for no docstring") {
  for (const auto* text : {"/// A.\nstruct a {\n  int x = 3;\n  int f() { return g(); }\n  std::string s{\"a\"};\n};\n",
                           "struct a;\n",
                           "using a = int;\n",
                           "namespace {\nint f();\n}\n",
                           "namespace detail {\nstruct a {};\n}\n",
                           "/// A.\nclass a {\n  struct b {\n    int x;\n  };\n  int f();\n};\n",
                           "#define M(x) \\\n  struct x {}\n",
                           "/// F.\nint f(int x);\nint f(char x);\n",
                           "/// F.\nint f(int x) {\n  return x;\n}\nint f(char x);\n",
                           "constexpr int max = 3; ///< Of all.\n",
                           "template <>\nstruct std::hash<a> {\n  int x;\n};\n",
                           "bool operator==(const a&, const a&);\n",
                           "CAF_BEGIN_TYPE_ID_BLOCK(a, 1)\nCAF_ADD(b, (c))\n",
                           "template <class I>\nbool inspect(I& f, a& x) {\n  return f.object(x).fields();\n}\n",
                           "/// A.\nstruct a {\n  /// B.\n  enum b { c, d } e = c;\n};\n",
                           "enum class a { b }; ///< A.\n",
                           "inline int a::f() { return 1; }\n",
                           "/// A.\ntemplate <class T>\n[[nodiscard]] int f(T x);\n",
                           "extern template int f<int>(int);\n",
                           "static_assert(sizeof(int) == 4);\n"})
    CHECK_MESSAGE(in_header(text) == "", text);
  CHECK(broken("runtime/a.cpp", "int f();\n") == "");
}
