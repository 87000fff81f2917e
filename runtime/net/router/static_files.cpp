#include "runtime/net/router/static_files.hpp"

#include "runtime/net/field.hpp"

#include <array>
#include <fmt/format.h>
#include <openssl/evp.h>

namespace arrakis::net::router {
namespace {
constexpr size_t hash_bytes = 16;

/// Names and bytes with their lengths, so that no two sets of files give one text.
std::string hash_of(const std::map<std::string, std::string, std::less<>>& files) {
  std::string all;
  for (const auto& [name, bytes] : files)
    all += fmt::format("{}:{}:{}:{}", name.size(), name, bytes.size(), bytes);
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  EVP_Q_digest(nullptr, "SHA256", nullptr, all.data(), all.size(), digest.data(), nullptr);
  std::string out;
  for (size_t i = 0; i < hash_bytes; ++i)
    out += fmt::format("{:02x}", digest[i]);
  return out;
}

std::string_view media_type_of(std::string_view name) {
  struct known {
    std::string_view ending, type;
  };
  constexpr known all[]{{".html", "text/html; charset=utf-8"},
                        {".css", "text/css; charset=utf-8"},
                        {".js", "text/javascript; charset=utf-8"},
                        {".json", "application/json"},
                        {".svg", "image/svg+xml"},
                        {".png", "image/png"},
                        {".woff2", "font/woff2"}};
  for (const auto& each : all)
    if (name.ends_with(each.ending))
      return each.type;
  return "application/octet-stream";
}

/// True when the client has this version (RFC 9110 13.1.2); compares weakly.
bool has_it(const http_request& request, std::string_view tag) {
  auto list = header(request.headers, "If-None-Match");
  while (!list.empty()) {
    auto one = trimmed(list.substr(0, list.find(',')));
    list.remove_prefix(std::min(list.find(',') == list.npos ? list.size() : list.find(',') + 1, list.size()));
    if (one.starts_with("W/"))
      one.remove_prefix(2);
    if (one == "*" || one == tag)
      return true;
  }
  return false;
}

http_response version(std::string_view name, std::string bytes, std::string_view cache, const std::string& hash,
                      const http_request& request) {
  const auto tag = fmt::format("\"{}\"", hash);
  http_response out{200, {{"ETag", tag}, {"Cache-Control", std::string{cache}}}, {}};
  // A 304 has these headers too, because they replace those that the client has stored (RFC 9111 3.2).
  if (name.ends_with(".html"))
    out.headers.emplace_back("Content-Security-Policy", "default-src 'self'; style-src 'self' 'unsafe-inline'; "
                                                        "img-src 'self' data: https:; frame-ancestors 'none'");
  if (has_it(request, tag)) {
    out.status = 304;
    return out;
  }
  out.headers.emplace_back("Content-Type", media_type_of(name));
  out.body = std::move(bytes);
  return out;
}

http_response nothing() { return problem(404, "ERR_NOT_FOUND", "no such file, or another version of it"); }
} // namespace

static_files::static_files(std::map<std::string, std::string, std::less<>> files)
  : files_(std::move(files)), hash_(hash_of(files_)) {}

std::string static_files::address_of(std::string_view name) const { return fmt::format("/static/{}/{}", hash_, name); }

http_response static_files::file(std::string_view hash, std::string_view name, const http_request& request) const {
  const auto found = hash == hash_ ? files_.find(name) : files_.end();
  if (found == files_.end())
    return nothing();
  return version(name, found->second, "public, max-age=31536000, immutable", hash_, request);
}

http_response static_files::page(std::string_view name, const http_request& request) const {
  const auto found = files_.find(name);
  if (found == files_.end())
    return nothing();
  auto text = found->second;
  for (const auto& [each, bytes] : files_) {
    const auto quoted = fmt::format("\"{}\"", each), address = fmt::format("\"{}\"", address_of(each));
    for (auto at = text.find(quoted); at != text.npos; at = text.find(quoted, at + address.size()))
      text.replace(at, quoted.size(), address);
  }
  return version(name, std::move(text), "no-cache", hash_, request);
}

std::vector<route> static_routes(std::function<std::shared_ptr<const static_files>()> files) {
  std::vector<route> out;
  out.push_back({.method = "GET",
                 .path = "/",
                 .summary = "The page.",
                 .answers = {{200, "The page.", "text/html; charset=utf-8", R"({"type":"string"})"},
                             {304, "The reader has it.", "", ""}},
                 .run = [files](const call& c) { c.respond(files()->page("index.html", c.request)); }});
  out.push_back(
    {.method = "GET",
     .path = "/static/{hash}/{name}",
     .summary = "A file that the page names.",
     .answers = {{200, "The file.", "*/*", ""}, {304, "The reader has it.", "", ""}},
     .run = [files](const call& c) { c.respond(files()->file(c.parameters.at(0), c.parameters.at(1), c.request)); }});
  return out;
}
} // namespace arrakis::net::router
