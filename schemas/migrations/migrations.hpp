#pragma once
// The SQL files of this folder, inside the program. To add one: NNNN_name.sql with the next number; an applied file is
// never edited, since `arrakisd migrate` would refuse it.
#include <string_view>
#include <vector>

namespace arrakis::migrations {
/// A migration.
struct migration {
  std::string_view name; ///< Name of the file: "0001_tenants.sql".
  std::string_view sql;
};
/// Returns all migrations, in their order.
const std::vector<migration>& all();
} // namespace arrakis::migrations
