#pragma once
#include "runtime/net/http.hpp"

#include <string>

namespace arrakis::sandbox::page {
/// The page's files: those that the build put into the program, or a folder's while one works on them.
class files {
public:
  explicit files(std::string folder) : folder_(std::move(folder)) {}
  net::http_response serve(const std::string& path) const;

private:
  std::string folder_;
};
} // namespace arrakis::sandbox::page
