#pragma once
#include <string_view>

namespace arrakis {
/// A file of config/ as it was when this program was built (config/build/embed.cmake).
struct config_file {
  std::string_view kind; ///< Its folder: "chains".
  std::string_view stem; ///< Its name without the ending: "base".
  std::string_view text; ///< TOML.
};
} // namespace arrakis
