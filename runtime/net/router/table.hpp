#pragma once
// Search for the route of a method and a path. Pure; paths are untrusted.
#include "runtime/net/router/route.hpp"

#include <array>

namespace arrakis::net::router {

/// Limit of parameters in a path.
constexpr size_t parameters_max = 8;

/// A piece of a route's path: a literal such as "communities", or a parameter.
struct path_piece {
  std::string text; ///< A literal, or the name of the parameter.
  std::optional<value_kind> kind;
};
/// Splits "/communities/{id:uuid}" into pieces. Throws std::runtime_error that names the path and its fault.
std::vector<path_piece> pieces_of(const std::string& path);
/// Path for readers, without kinds: "/communities/{id}" of "/communities/{id:uuid}".
std::string template_of(const std::string& path);

/// Handler of all requests without a route, for an API whose errors have another format. call::path_exists
/// distinguishes 404 from 405.
struct fallback {
  route_limits limits;
  std::function<void(call)> run;
};

/// Settings of a table.
struct table_options {
  /// Empty: the stage `routing` answers 404 and 405. With a fallback it does not, and OPTIONS is an ordinary method.
  std::optional<fallback> otherwise;
  bool head = true; ///< GET answers HEAD.
  /// Length limit of a path; the stage `routing` answers 414 to a longer one.
  size_t path_bytes_max = 2'048;
  /// True: slashes at the end of a path are ignored, and literals may be percent-encoded ("/users/%40me"). For an API
  /// that others define and that no proxy guards by path.
  bool loose = false;
};

/// Routes in a search tree by path and method.
class table {
public:
  /// Builds the tree. Throws std::runtime_error that names the route: a malformed path, two routes with the same
  /// requests, no handler.
  explicit table(std::vector<route>, table_options = {});

  /// Result of a search.
  struct found {
    /// Null, or the fallback: no route has this path and method.
    const route* what = nullptr;
    bool path_exists = false;
    /// Values of the path's parameters as they are written.
    std::array<std::string_view, parameters_max> values;
    size_t count = 0;
  };
  /// Finds the route of a request. `path` as in the request, before the query. Literals have one spelling, so that a
  /// proxy's rule for a path cannot be bypassed; a literal wins over a parameter, uuid over number over text over any
  /// over rest. HEAD finds GET.
  found find(std::string_view method, std::string_view path) const;
  /// "GET, HEAD, OPTIONS": the methods of a path that exists (RFC 9110 10.2.1).
  std::string allowed(std::string_view path) const;

  /// All routes, without the fallback.
  const std::vector<route>& routes() const { return routes_; }
  /// The fallback as a route "none" of the method "other"; null: there is none.
  const route* otherwise() const { return otherwise_ ? &*otherwise_ : nullptr; }
  size_t path_bytes_max() const { return path_bytes_max_; }

private:
  struct node {
    std::vector<std::pair<std::string, size_t>> literals; ///< Sorted; the place of the node below.
    std::array<size_t, 5> below{};                        ///< By value_kind; 0: none.
    std::vector<const route*> routes;
  };
  struct search;
  void add(const route&);
  bool answers(const route&, std::string_view method) const;
  std::string_view trimmed_path(std::string_view path) const;
  size_t child(size_t of, const path_piece&);
  bool walk(size_t at, std::string_view left, search&) const;
  bool step(size_t to, value_kind, std::string_view value, std::string_view left, search&) const;

  std::vector<route> routes_;
  std::optional<route> otherwise_;
  bool head_ = true, loose_ = false;
  size_t path_bytes_max_ = 0;
  std::vector<node> nodes_{1};
};

} // namespace arrakis::net::router
