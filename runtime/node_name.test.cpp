#include "runtime/node_name.hpp"

#include "runtime/file.hpp"
#include "tests/support/scratch.hpp"

#include <doctest/doctest.h>
#include <optional>

using namespace arrakis;

TEST_CASE("node_name: the next process of the same folder has the same name") {
  const test::scratch folder{"node"};
  std::string first;
  {
    const node_name mine{folder.path()};
    first = mine.text();
    CHECK(first.size() == 16);
  }
  CHECK(node_name{folder.path()}.text() == first);
}

TEST_CASE("node_name: two processes never have one name, and the second goes without") {
  const test::scratch folder{"node"};
  std::optional<node_name> mine{std::in_place, folder.path()};
  const auto name = mine->text();
  CHECK(node_name{folder.path()}.text().empty());
  mine.reset(); // Negative control: what was refused is the lock's doing.
  CHECK(node_name{folder.path()}.text() == name);
}

TEST_CASE("node_name: what is no name is replaced, and a folder that is missing gives none") {
  const test::scratch folder{"node"};
  for (const auto& bad : {std::string{}, std::string{"a name"}, std::string(65, 'a')}) {
    REQUIRE_FALSE(file::replace(folder / "node", bad));
    const auto name = node_name{folder.path()}.text();
    CHECK(name.size() == 16);
    CHECK(name != bad);
  }
  CHECK(node_name{folder / "none"}.text().empty());
}
