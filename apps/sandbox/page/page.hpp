#pragma once
#include "runtime/net/router/static_files.hpp"

#include <memory>
#include <string>

namespace arrakis::sandbox::page {
/// Files of the page: those embedded by the build, or those of a folder during development.
class files {
public:
  explicit files(std::string folder);
  /// Current version of the files; with a folder it is read at each call.
  std::shared_ptr<const net::router::static_files> now() const;

private:
  std::string folder_;
  std::shared_ptr<const net::router::static_files> built_in_;
};
} // namespace arrakis::sandbox::page
