#include "runtime/net/router/table.hpp"

#include "runtime/json.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <simdjson.h>
#include <stdexcept>

namespace arrakis::net::router {
namespace {
constexpr size_t text_bytes_max = 256;
constexpr std::array by_precedence{value_kind::uuid, value_kind::number, value_kind::text, value_kind::any,
                                   value_kind::rest};

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

bool has_whole_escapes(std::string_view text) {
  for (auto at = text.find('%'); at != text.npos; at = text.find('%', at + 3))
    if (at + 2 >= text.size() || !is_hex(text[at + 1]) || !is_hex(text[at + 2]))
      return false;
  return true;
}

bool is_segment(std::string_view text) {
  if (text.empty() || text.size() > text_bytes_max || !has_whole_escapes(text))
    return false;
  const auto decoded = percent_decode(text);
  const auto forbidden = [](char c) {
    const auto byte = static_cast<unsigned char>(c);
    return byte < 0x20 || byte == 0x7f || c == '/' || c == '\\';
  };
  return decoded != "." && decoded != ".." && std::ranges::none_of(decoded, forbidden)
      && simdjson::validate_utf8(decoded);
}

bool is_number(std::string_view text) {
  uint64_t value = 0;
  const auto [end, failed] = std::from_chars(text.data(), text.data() + text.size(), value);
  return !text.empty() && (text == "0" || text.front() != '0') && failed == std::errc{}
      && end == text.data() + text.size();
}

bool is_uuid(std::string_view text) {
  if (text.size() != 36)
    return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    const char c = text[i];
    if (dash ? c != '-' : !((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f')))
      return false;
  }
  return true;
}

/// The next segment of what begins with a slash; cuts it off.
std::string_view cut_segment(std::string_view& left) {
  left.remove_prefix(1);
  const auto part = left.substr(0, left.find('/'));
  left.remove_prefix(part.size());
  return part;
}

bool is_rest(std::string_view text) {
  for (size_t at = 0; at <= text.size();) {
    const auto part = text.substr(at, text.find('/', at) - at);
    if (!is_segment(part))
      return false;
    at += part.size() + 1;
  }
  return true;
}

std::optional<value_kind> kind_of(std::string_view name) {
  if (name.empty() || name == "text")
    return value_kind::text;
  if (name == "number")
    return value_kind::number;
  if (name == "uuid")
    return value_kind::uuid;
  if (name == "any")
    return value_kind::any;
  return name == "rest" ? std::optional{value_kind::rest} : std::nullopt;
}

[[noreturn]] void reject(const std::string& path, std::string_view why) {
  throw std::runtime_error{fmt::format("route {}: {}", path, why)};
}

/// Characters of a literal: RFC 3986's unreserved ones and a few of its sub-delims, which clients do not encode.
bool is_literal(std::string_view text) {
  return !text.empty() && text != "." && text != ".." && std::ranges::all_of(text, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9')
        || std::string_view{"-._~@!$'()*+,;=:"}.find(c) != std::string_view::npos;
  });
}
} // namespace

bool is_value(value_kind kind, std::string_view text) {
  switch (kind) {
    case value_kind::text: return is_segment(text);
    case value_kind::number: return is_number(text);
    case value_kind::uuid: return is_uuid(text);
    case value_kind::rest: return is_rest(text);
    case value_kind::any: return !text.empty();
  }
  return false;
}

std::vector<path_piece> pieces_of(const std::string& path) {
  std::vector<path_piece> out;
  if (!path.starts_with('/'))
    reject(path, "a path begins with a slash");
  size_t parameters = 0;
  for (std::string_view left = path == "/" ? std::string_view{} : path; !left.empty();) {
    const auto part = cut_segment(left);
    if (!out.empty() && out.back().kind == value_kind::rest)
      reject(path, "a parameter of kind rest is the last");
    if (!part.starts_with('{')) {
      if (!is_literal(part))
        reject(path, "a segment is empty, or holds a character that must be encoded");
      out.push_back({std::string{part}, std::nullopt});
      continue;
    }
    const auto inside = part.substr(1, part.size() - 2);
    const auto colon = std::min(inside.find(':'), inside.size());
    const auto kind = kind_of(inside.substr(std::min(colon + 1, inside.size())));
    if (!part.ends_with('}') || colon == 0 || !kind)
      reject(path, "a parameter is {name} or {name:kind}, where kind is text, number, uuid, any or rest");
    if (++parameters > parameters_max)
      reject(path, fmt::format("at most {} parameters", parameters_max));
    out.push_back({std::string{inside.substr(0, colon)}, kind});
  }
  return out;
}

std::string template_of(const std::string& path) {
  std::string out;
  for (const auto& piece : pieces_of(path))
    out += piece.kind ? "/{" + piece.text + "}" : "/" + piece.text;
  return out.empty() ? "/" : out;
}

struct table::search {
  std::string_view method;
  found result;
  std::vector<const route*>* all = nullptr; ///< Set: collects every route of the path.
};

table::table(std::vector<route> routes, table_options options)
  : routes_(std::move(routes)), head_(options.head), loose_(options.loose), path_bytes_max_(options.path_bytes_max) {
  for (const auto& each : routes_)
    add(each);
  if (!options.otherwise)
    return;
  if (!options.otherwise->run)
    reject("(fallback)", "it has no handler");
  otherwise_ = route{
    .method = "other", .path = "none", .limits = options.otherwise->limits, .run = std::move(options.otherwise->run)};
}

bool table::answers(const route& r, std::string_view method) const {
  return r.method == method || (head_ && method == "HEAD" && r.method == "GET");
}

void table::add(const route& r) {
  const auto name = fmt::format("{} {}", r.method, r.path);
  if (!r.run)
    reject(name, "it has no handler");
  if (r.method.empty() || !std::ranges::all_of(r.method, [](char c) { return c >= 'A' && c <= 'Z'; }))
    reject(name, "a method is a word in upper case");
  size_t at = 0;
  for (const auto& piece : pieces_of(r.path))
    at = child(at, piece);
  auto& here = nodes_[at].routes;
  if (std::ranges::find(here, r.method, &route::method) != here.end())
    reject(name, "another route has this method and path");
  here.push_back(&r);
}

size_t table::child(size_t of, const path_piece& piece) {
  const auto made = nodes_.size();
  if (piece.kind) {
    auto& below = nodes_[of].below[static_cast<size_t>(*piece.kind)];
    if (below != 0)
      return below;
    below = made;
  } else {
    auto& literals = nodes_[of].literals;
    const auto at = std::ranges::lower_bound(literals, piece.text, {}, &std::pair<std::string, size_t>::first);
    if (at != literals.end() && at->first == piece.text)
      return at->second;
    literals.emplace(at, piece.text, made);
  }
  nodes_.emplace_back();
  return made;
}

bool table::step(size_t to, value_kind kind, std::string_view value, std::string_view left, search& s) const {
  if (to == 0 || !is_value(kind, value))
    return false;
  s.result.values[s.result.count++] = value;
  if (walk(to, left, s))
    return true;
  --s.result.count;
  return false;
}

/// Each node is visited at most once: its depth is the number of segments before it.
bool table::walk(size_t at, std::string_view left, search& s) const {
  const auto& here = nodes_[at];
  if (left.empty()) {
    s.result.path_exists |= !here.routes.empty();
    if (s.all) {
      s.all->insert(s.all->end(), here.routes.begin(), here.routes.end());
      return false;
    }
    const route* best = nullptr; // A route of HEAD wins over that of GET.
    for (const auto* each : here.routes)
      if (answers(*each, s.method) && (!best || each->method == s.method))
        best = each;
    s.result.what = best;
    return best != nullptr;
  }
  const auto whole = left.substr(1);
  const auto part = cut_segment(left);
  const auto spelled = loose_ && part.find('%') != part.npos ? percent_decode(part) : std::string{};
  const auto name = spelled.empty() ? part : std::string_view{spelled};
  const auto literal = std::ranges::lower_bound(here.literals, name, {},
                                                [](const auto& x) { return std::string_view{x.first}; });
  if (literal != here.literals.end() && literal->first == name && walk(literal->second, left, s))
    return true;
  for (const auto kind : by_precedence) {
    const bool rest = kind == value_kind::rest;
    if (step(here.below[static_cast<size_t>(kind)], kind, rest ? whole : part, rest ? std::string_view{} : left, s))
      return true;
  }
  return false;
}

table::found table::find(std::string_view method, std::string_view path) const {
  search s{.method = method};
  if (path.starts_with('/') && path.size() <= path_bytes_max_)
    walk(0, trimmed_path(path), s);
  if (!s.result.what)
    s.result.what = otherwise();
  return s.result;
}

/// Empty for "/".
std::string_view table::trimmed_path(std::string_view path) const {
  while (loose_ && path.size() > 1 && path.ends_with('/'))
    path.remove_suffix(1);
  return path == "/" ? std::string_view{} : path;
}

std::string table::allowed(std::string_view path) const {
  std::vector<const route*> all;
  search s{.all = &all};
  if (path.starts_with('/') && path.size() <= path_bytes_max_)
    walk(0, trimmed_path(path), s);
  std::vector<std::string_view> methods;
  const auto put = [&](std::string_view method) {
    if (std::ranges::find(methods, method) == methods.end())
      methods.push_back(method);
  };
  for (const auto* each : all) {
    put(each->method);
    if (head_ && each->method == "GET")
      put("HEAD");
  }
  if (all.empty())
    return {};
  put("OPTIONS");
  return fmt::format("{}", fmt::join(methods, ", "));
}

http_response problem(int status, std::string_view code, std::string_view message) {
  boost::json::object error{{"code", code}, {"message", message}};
  return json_response(status, json::print(boost::json::object{{"error", std::move(error)}}));
}
} // namespace arrakis::net::router
