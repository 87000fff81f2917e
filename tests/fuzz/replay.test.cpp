#include "tests/fuzz/fuzz.hpp"
#include "tests/support/source_file.hpp"

#include <algorithm>
#include <doctest/doctest.h>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

using namespace arrakis;
namespace fs = std::filesystem;

namespace {
fs::path corpora() { return arrakis::test::source_file("tests/fuzz/corpus"); }
std::string bytes_of(const fs::path& path) {
  std::ifstream in{path, std::ios::binary};
  return {std::istreambuf_iterator<char>{in}, {}};
}
} // namespace

TEST_CASE("fuzz: every input that is kept passes its harness, whole and cut short") {
  for (const auto& harness : fuzz::all()) {
    size_t inputs = 0;
    for (const auto& file : fs::directory_iterator{corpora() / harness.name}) {
      ++inputs;
      SUBCASE(file.path().c_str()) { // An assertion of a harness ends the program; doctest says in which.
        const auto bytes = bytes_of(file.path());
        harness.run(bytes);
        for (const size_t parts : {2, 3, 7})
          harness.run(std::string_view{bytes}.substr(0, bytes.size() - bytes.size() / parts));
      }
    }
    CHECK_MESSAGE(inputs >= 3, harness.name);
  }
}

TEST_CASE("fuzz: every corpus has its harness") {
  for (const auto& folder : fs::directory_iterator{corpora()}) {
    const auto name = folder.path().filename().string();
    CHECK_MESSAGE(std::any_of(fuzz::all().begin(), fuzz::all().end(), [&](const auto& h) { return h.name == name; }),
                  name);
  }
}
