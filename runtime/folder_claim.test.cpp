#include "runtime/folder_claim.hpp"

#include "tests/support/scratch.hpp"

#include <doctest/doctest.h>
#include <filesystem>
#include <fmt/format.h>
#include <fstream>
#include <optional>
#include <stdexcept>
#include <unistd.h>

using namespace arrakis;

TEST_CASE("folder_claim: a claimed folder is refused with the process and the setting, and free after the end") {
  const test::scratch folder{"claim"};
  std::optional<folder_claim> first{folder.path()};
  const auto sentence = fmt::format(
    "state folder {} is in use by process {}; stop that one, or choose another folder with STATE", folder.path(),
    ::getpid());
  CHECK_THROWS_WITH_AS(folder_claim(folder.path(), "STATE"), sentence.c_str(), std::runtime_error);
  first.reset();
  CHECK_NOTHROW(folder_claim(folder.path(), "STATE")); // Negative control: nobody holds it.
}

TEST_CASE("folder_claim: nothing is written through a symbolic link") {
  const test::scratch folder{"claim"};
  std::ofstream{folder / "precious"} << "precious";
  std::filesystem::create_symlink(folder / "precious", folder / "in-use");
  CHECK_THROWS_AS(folder_claim{folder.path()}, std::runtime_error);
  CHECK(test::content(folder / "precious") == "precious");
}
