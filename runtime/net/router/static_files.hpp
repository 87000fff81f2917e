#pragma once
// Files of a page: each at an address that holds a hash of all of them, so that a reader may keep it for ever, and the
// page that names them at one that a reader asks for again.
#include "runtime/net/router/route.hpp"

#include <map>
#include <string>
#include <string_view>

namespace arrakis::net::router {

/// Files by name ("app.js"), and what they are called below /static/{hash}/. Immutable.
class static_files {
public:
  explicit static_files(std::map<std::string, std::string, std::less<>> bytes_by_name);

  /// "/static/0f3a…/app.js"; the hash changes with any byte of any file. Files name one another relatively: all of one
  /// page come from one version.
  std::string address_of(std::string_view name) const;
  /// The file as `text/html` and so on by its ending, with Cache-Control: immutable; 404 for another hash or name, 304
  /// where the reader has it.
  http_response file(std::string_view hash, std::string_view name, const http_request&) const;
  /// The page, in which each "name" of a file has become its address; revalidated each time, 304 where the reader has
  /// it. 404: there is no such file.
  http_response page(std::string_view name, const http_request&) const;

private:
  std::map<std::string, std::string, std::less<>> files_;
  std::string hash_; ///< 32 hex digits.
};

/// GET / (the page "index.html") and GET /static/{hash}/{name}. `files` gives the version to serve, at each request.
std::vector<route> static_routes(std::function<std::shared_ptr<const static_files>()> files);

} // namespace arrakis::net::router
