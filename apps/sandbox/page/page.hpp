#pragma once
#include "runtime/net/router/static_files.hpp"

#include <memory>
#include <string>

namespace arrakis::sandbox::page {
/// The page's files: those that the build put into the program, or a folder's while one works on them.
class files {
public:
  explicit files(std::string folder);
  /// The version to serve now; with a folder it is read at each call.
  std::shared_ptr<const net::router::static_files> now() const;

private:
  std::string folder_;
  std::shared_ptr<const net::router::static_files> built_in_;
};
} // namespace arrakis::sandbox::page
