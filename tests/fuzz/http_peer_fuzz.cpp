// HTTP/1.1 from a stranger, read by us and by llhttp, the parser of Node.js 20: what we take for a request, it takes
// for the same one. It may take more; where it refuses what we take, the reason stands below.
#include "runtime/net/wire.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <algorithm>
#include <llhttp.h>
#include <string>

namespace arrakis::fuzz {
namespace {
constexpr size_t header_bytes_max = 8 << 10, body_bytes_max = 16 << 10;

struct request {
  std::string method, target, body;
  net::headers headers;
  bool keep_alive = false, has_trailers = false; ///< Trailers are seen by llhttp alone: we drop them unread.
};

/// Our reading: the requests up to the first that is refused, is not whole, or ends the connection.
std::vector<request> ours(std::string_view bytes) {
  std::vector<request> out;
  std::string waiting{bytes};
  while (!waiting.empty()) {
    net::request_reader reader{header_bytes_max, body_bytes_max};
    if (reader.feed(waiting) || !reader.head_done() || reader.feed(waiting) || !reader.done())
      break;
    const bool keep_alive = reader.head().keep_alive;
    auto read = reader.take();
    out.push_back({read.method, read.target, read.body, std::move(read.headers), keep_alive, false});
    if (!keep_alive)
      break;
  }
  return out;
}

/// llhttp's reading, with all its strictness on.
struct peer {
  std::vector<request> done;
  request now;
  bool in_trailers = false, in_value = false;
  llhttp_errno_t error = HPE_OK;
  std::string_view why; ///< Of the error; a literal of llhttp.

  explicit peer(std::string_view bytes) {
    llhttp_settings_t settings;
    llhttp_settings_init(&settings);
    settings.on_message_begin = [](llhttp_t* p) {
      return of(p).now = {}, of(p).in_trailers = of(p).in_value = false, 0;
    };
    settings.on_method = [](llhttp_t* p, const char* at, size_t size) { return of(p).now.method.append(at, size), 0; };
    settings.on_url = [](llhttp_t* p, const char* at, size_t size) { return of(p).now.target.append(at, size), 0; };
    settings.on_header_field = [](llhttp_t* p, const char* at, size_t size) { return of(p).field(at, size); };
    settings.on_header_value = [](llhttp_t* p, const char* at, size_t size) { return of(p).value(at, size); };
    settings.on_headers_complete = [](llhttp_t* p) { return of(p).in_trailers = true, 0; };
    settings.on_body = [](llhttp_t* p, const char* at, size_t size) { return of(p).now.body.append(at, size), 0; };
    settings.on_message_complete = [](llhttp_t* p) {
      of(p).now.keep_alive = llhttp_should_keep_alive(p) == 1;
      return of(p).done.push_back(std::move(of(p).now)), 0;
    };
    llhttp_t parser;
    llhttp_init(&parser, HTTP_REQUEST, &settings);
    parser.data = this;
    error = llhttp_execute(&parser, bytes.data(), bytes.size());
    if (const char* reason = llhttp_get_error_reason(&parser))
      why = reason;
  }

private:
  static peer& of(llhttp_t* p) { return *static_cast<peer*>(p->data); }
  int field(const char* at, size_t size) {
    if (in_trailers)
      return now.has_trailers = true, 0;
    if (in_value || now.headers.empty())
      now.headers.emplace_back();
    in_value = false;
    now.headers.back().first.append(at, size);
    return 0;
  }
  int value(const char* at, size_t size) {
    if (in_trailers || now.headers.empty())
      return 0;
    in_value = true;
    now.headers.back().second.append(at, size);
    return 0;
  }
};

std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  return first == text.npos ? std::string_view{} : text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

bool same_headers(const net::headers& a, const net::headers& b, bool but_host) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [&](const auto& x, const auto& y) {
    return x.first == y.first
        && (trimmed(x.second) == trimmed(y.second) || (but_host && net::equal_without_case(x.first, "Host")));
  });
}

/// The path of a target in absolute form, as our reader gives it.
std::string origin_form(const request& read) {
  const auto& target = read.target;
  if (target.starts_with('/') || target == "*")
    return target;
  const auto begin = target.find("://");
  const auto rest_at = begin == target.npos ? begin : target.find_first_of("/?", begin + 3);
  const auto rest = rest_at == target.npos ? std::string{} : target.substr(rest_at);
  if (rest.empty() && read.method == "OPTIONS")
    return "*";
  return rest.starts_with('/') ? rest : "/" + rest;
}

/// Returns true if the one coding is chunked, in a list with empty members (RFC 9110 5.6.1), which llhttp does not
/// know.
bool is_chunked_list(const net::headers& all) {
  std::string codings;
  for (const auto& [name, value] : all)
    if (net::equal_without_case(name, "Transfer-Encoding"))
      codings += value;
  std::erase_if(codings, [](char c) { return c == ',' || c == ' ' || c == '\t'; });
  return net::equal_without_case(codings, "chunked");
}

/// Returns true if Connection is absent, or one of the three words that llhttp knows, once. In a list llhttp fails: it
/// takes no tab for white space around a member (RFC 9110 5.6.3), and misses members behind one that it does not know.
bool has_plain_connection(const net::headers& all) {
  std::string said;
  for (const auto& [name, value] : all)
    if (net::equal_without_case(name, "Connection"))
      said += "," + value;
  static constexpr std::string_view words[] = {"", ",close", ",keep-alive", ",upgrade"};
  return std::ranges::any_of(words, [&](std::string_view word) { return net::equal_without_case(said, word); });
}

/// Returns true for bytes that RFC 9110 and 9112 allow and llhttp does not, beside trailers that frame: methods
/// that it does not know, a minor version above 1, white space before a chunk's extension that is a tab, white space
/// within one (RFC 9112 7.1.1), a list, and a tab behind Content-Length (RFC 9110 5.5). It reads nothing behind a
/// request that may upgrade the connection.
bool may_refuse(const peer& theirs, const request& read, std::string_view bytes) {
  if (theirs.now.has_trailers)
    return true;
  switch (theirs.error) {
    case HPE_INVALID_METHOD:
    case HPE_INVALID_VERSION:
    case HPE_INVALID_CHUNK_SIZE:
    case HPE_PAUSED_UPGRADE: return true;
    case HPE_INVALID_TRANSFER_ENCODING: return is_chunked_list(read.headers);
    case HPE_INVALID_CONTENT_LENGTH: return bytes.find('\t') != bytes.npos;
    case HPE_STRICT: return theirs.why.starts_with("Invalid character in chunk extensions");
    default: return false;
  }
}
} // namespace

void http_peer(std::string_view bytes) {
  const auto mine = ours(bytes);
  const peer theirs{bytes};
  for (size_t i = 0; i < mine.size(); ++i) {
    if (i >= theirs.done.size()) {
      ARRAKIS_ASSERT(may_refuse(theirs, mine[i], bytes), "what we take, llhttp takes");
      return;
    }
    const auto& own = mine[i];
    const auto& other = theirs.done[i];
    ARRAKIS_ASSERT(own.method == other.method && own.target == origin_form(other), "both read the same request line");
    ARRAKIS_ASSERT(own.body == other.body, "both read the same body");
    ARRAKIS_ASSERT(same_headers(own.headers, other.headers, own.target != other.target), "both read the same headers");
    if (other.has_trailers || !has_plain_connection(own.headers)) // llhttp obeys a Connection in trailers.
      return;
    ARRAKIS_ASSERT(own.keep_alive == other.keep_alive, "both keep the connection, or end it");
  }
}
} // namespace arrakis::fuzz
