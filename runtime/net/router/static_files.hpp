#pragma once
// Files of a page: each at an address that holds a hash of all of them, so that a reader may keep it for ever, and the
// page that names them at one that a reader asks for again.
#include "runtime/net/router/route.hpp"

#include <map>
#include <string>
#include <string_view>

namespace arrakis::net::router {

/// Static files by name ("app.js"), served below /static/{hash}/. Immutable.
class static_files {
public:
  explicit static_files(std::map<std::string, std::string, std::less<>> bytes_by_name);

  /// Address of a file: "/static/0f3a…/app.js". The hash changes with any byte of any file; files refer to each other
  /// by relative names, so a page gets all of them from one version.
  std::string address_of(std::string_view name) const;
  /// Response with a file: media type by its ending, Cache-Control: immutable; 404 for another hash or name, 304 if the
  /// client has it.
  http_response file(std::string_view hash, std::string_view name, const http_request&) const;
  /// Response with a page, in which each "name" of a file is replaced by its address; revalidated each time, 304 if the
  /// client has it. 404: no such file.
  http_response page(std::string_view name, const http_request&) const;

private:
  std::map<std::string, std::string, std::less<>> files_;
  std::string hash_; ///< 32 hex digits.
};

/// Routes GET / ("index.html") and GET /static/{hash}/{name}. `files`, called at each request, never returns null.
std::vector<route> static_routes(std::function<std::shared_ptr<const static_files>()> files);

} // namespace arrakis::net::router
