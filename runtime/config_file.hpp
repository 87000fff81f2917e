#pragma once
#include <string_view>

namespace arrakis {
/// A file of config/ that was embedded into this program by the build (config/build/embed.cmake).
struct config_file {
  std::string_view kind; ///< Folder of the file: "chains".
  std::string_view stem; ///< Name without the extension: "base".
  std::string_view text; ///< TOML.
};
} // namespace arrakis
