#include "tests/support/framing_cases.hpp"

namespace arrakis::test {
namespace {
constexpr bool closes = true, stays_open = false;
const std::string host = "Host: x\r\n";

std::string get(const std::string& target = "/a", const std::string& headers = host) {
  return "GET " + target + " HTTP/1.1\r\n" + headers + "\r\n";
}
std::string post(const std::string& headers, const std::string& body) {
  return "POST /a HTTP/1.1\r\n" + host + headers + "\r\n" + body;
}
std::string chunked(const std::string& body) { return post("Transfer-Encoding: chunked\r\n", body); }
/// A request that an attacker smuggles in a body.
const std::string hidden = "GET /hidden HTTP/1.1\r\nHost: x\r\n\r\n";
const std::vector<std::string> none;
const std::vector<std::string> one_get{"GET /a "};
const std::vector<std::string> one_post{"POST /a hello"};

std::vector<framing_case> request_lines() {
  return {
    {"a plain request", get(), "200", one_get, stays_open},
    {"an empty line before a request is skipped", "\r\n" + get(), "200", one_get, stays_open},
    {"two empty lines between requests", get() + "\r\n\r\n" + get("/b"), "200 200", {"GET /a ", "GET /b "}, stays_open},
    {"a line that ends in LF alone", "GET /a HTTP/1.1\nHost: x\n\n", "400", none, closes},
    {"a header that ends in LF alone", "GET /a HTTP/1.1\r\nHost: x\nA: b\r\n\r\n", "400", none, closes},
    {"a CR within the request line", "GET /a\r HTTP/1.1\r\n" + host + "\r\n", "400", none, closes},
    {"no version (HTTP/0.9)", "GET /a\r\n\r\n", "400", none, closes},
    {"two spaces in the request line", "GET  /a HTTP/1.1\r\n" + host + "\r\n", "400", none, closes},
    {"a tab in the request line", "GET\t/a HTTP/1.1\r\n" + host + "\r\n", "400", none, closes},
    {"a space at the end of the request line", "GET /a HTTP/1.1 \r\n" + host + "\r\n", "400", none, closes},
    {"a space within the target", "GET /a b HTTP/1.1\r\n" + host + "\r\n", "400", none, closes},
    {"white space before the method", " GET /a HTTP/1.1\r\n" + host + "\r\n", "400", none, closes},
    {"a method that is no token", "G@T /a HTTP/1.1\r\n" + host + "\r\n", "400", none, closes},
    {"an unknown method is for the handler to judge",
     "BREW /a HTTP/1.1\r\n" + host + "\r\n",
     "200",
     {"BREW /a "},
     stays_open},
    {"a method in small letters is another method",
     "get /a HTTP/1.1\r\n" + host + "\r\n",
     "200",
     {"get /a "},
     stays_open},
    {"a version in small letters", "GET /a http/1.1\r\n" + host + "\r\n", "400", none, closes},
    {"a version of three digits", "GET /a HTTP/1.10\r\n" + host + "\r\n", "400", none, closes},
    {"a higher minor version is read as 1.1", "GET /a HTTP/1.2\r\n" + host + "\r\n", "200", one_get, stays_open},
    {"another major version", "GET /a HTTP/2.0\r\n" + host + "\r\n", "505", none, closes},
    {"the preface of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", "505", none, closes},
    {"the first bytes of TLS", "\x16\x03\x01\x02\x01" + std::string(64, 'x'), "400", none, closes},
    {"a fragment in the target", "GET /a#b HTTP/1.1\r\n" + host + "\r\n", "400", none, closes},
    {"a byte above ASCII in the target", "GET /\xc3\xa4 HTTP/1.1\r\n" + host + "\r\n", "400", none, closes},
    {"a zero byte in the target", std::string{"GET /\0 HTTP/1.1\r\n", 17} + host + "\r\n", "400", none, closes},
    {"a target without a slash", "GET a HTTP/1.1\r\n" + host + "\r\n", "400", none, closes},
    {"absolute form", get("http://x/a"), "200", one_get, stays_open},
    {"absolute form of https, in capitals", get("HTTPS://x:443/a?b=c"), "200", {"GET /a?b=c "}, stays_open},
    {"absolute form without a path", get("http://x"), "200", {"GET / "}, stays_open},
    {"absolute form with a query and no path", get("http://x?b"), "200", {"GET /?b "}, stays_open},
    {"absolute form needs Host all the same", get("http://x/a", ""), "400", none, closes},
    {"absolute form with a user", get("http://me@x/a"), "400", none, closes},
    {"absolute form without a host", get("http:///a"), "400", none, closes},
    {"absolute form of another scheme", get("ftp://x/a"), "400", none, closes},
    {"asterisk form of OPTIONS", "OPTIONS * HTTP/1.1\r\n" + host + "\r\n", "200", {"OPTIONS * "}, stays_open},
    {"asterisk form of GET", get("*"), "400", none, closes},
    {"CONNECT", "CONNECT x:443 HTTP/1.1\r\n" + host + "\r\n", "501", none, closes},
  };
}

std::vector<framing_case> header_lines() {
  return {
    {"no Host", get("/a", ""), "400", none, closes},
    {"two Hosts", get("/a", host + host), "400", none, closes},
    {"two Hosts that differ in case and value", get("/a", "Host: x\r\nhOST: y\r\n"), "400", none, closes},
    {"an empty Host is allowed", get("/a", "Host:\r\n"), "200", one_get, stays_open},
    {"a Host with a port", get("/a", "Host: x:8080\r\n"), "200", one_get, stays_open},
    {"a Host of IPv6", get("/a", "Host: [::1]:8080\r\n"), "200", one_get, stays_open},
    {"a Host with a path", get("/a", "Host: x/y\r\n"), "400", none, closes},
    {"a Host with a user", get("/a", "Host: me@x\r\n"), "400", none, closes},
    {"a list as Host", get("/a", "Host: x, y\r\n"), "400", none, closes},
    {"a Host with a port that is no number", get("/a", "Host: x:y\r\n"), "400", none, closes},
    {"HTTP/1.0 needs no Host", "GET /a HTTP/1.0\r\n\r\n", "200", one_get, closes},
    {"HTTP/1.0 with two Hosts", "GET /a HTTP/1.0\r\n" + host + host + "\r\n", "400", none, closes},
    {"HTTP/1.0 stays open when it asks for it", "GET /a HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n", "200", one_get,
     stays_open},
    {"close in a list of two Connections", get("/a", host + "Connection: x\r\nConnection: y, Close\r\n"), "200",
     one_get, closes},
    {"a space before the colon", post("Content-Length : 5\r\n", "hello"), "400", none, closes},
    {"a space before the colon of Transfer-Encoding", post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n" + hidden),
     "400", none, closes},
    {"a folded header", get("/a", host + "A: b\r\n c\r\n"), "400", none, closes},
    {"a folded Transfer-Encoding", post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n" + hidden), "400", none,
     closes},
    {"white space before the first header", "GET /a HTTP/1.1\r\n A: b\r\n" + host + "\r\n", "400", none, closes},
    {"a line without a colon", get("/a", host + "hello\r\n"), "400", none, closes},
    {"a header without a name", get("/a", host + ": b\r\n"), "400", none, closes},
    {"a name that is no token", get("/a", host + "A(b): c\r\n"), "400", none, closes},
    {"a zero byte in a value", get("/a", host + std::string{"A: b\0c\r\n", 8}), "400", none, closes},
    {"a CR within a value", get("/a", host + "A: b\rc: d\r\n"), "400", none, closes},
    {"an escape in a value", get("/a", host + "A: \x1b[2J\r\n"), "400", none, closes},
    {"tabs and bytes above ASCII in a value", get("/a", host + "A: \tb\t\xff \r\n"), "200", one_get, stays_open},
    {"a header of 16 KiB fits to the byte", get("/a", host + "A: " + std::string(16384 - 33, 'a') + "\r\n"), "200",
     one_get, stays_open},
    {"one byte more", get("/a", host + "A: " + std::string(16384 - 32, 'a') + "\r\n"), "431", none, closes},
    {"a header of 25 KB", get("/a", host + "A: " + std::string(25'000, 'a') + "\r\n"), "431", none, closes},
    {"a request line of 25 KB", get("/" + std::string(25'000, 'a')), "414", none, closes},
    {"more header lines than anybody sends",
     get(
       "/a", host +
               [] {
                 std::string out;
                 for (int i = 0; i < 200; ++i)
                   out += "A: b\r\n";
                 return out;
               }()),
     "431", none, closes},
    {"an expectation that nobody knows", post("Expect: cake\r\nContent-Length: 5\r\n", "hello"), "417", none, closes},
    {"100-continue with the body already there", post("Expect: 100-continue\r\nContent-Length: 5\r\n", "hello"), "200",
     one_post, stays_open},
    {"HTTP/1.0 has no expectations", "POST /a HTTP/1.0\r\nExpect: cake\r\nContent-Length: 5\r\n\r\nhello", "200",
     one_post, closes},
  };
}

std::vector<framing_case> lengths() {
  return {
    {"a body by its length", post("Content-Length: 5\r\n", "hello"), "200", one_post, stays_open},
    {"two requests at once",
     post("Content-Length: 5\r\n", "hello") + get(),
     "200 200",
     {"POST /a hello", "GET /a "},
     stays_open},
    {"a length in capitals, with white space", post("CONTENT-LENGTH: \t5 \r\n", "hello"), "200", one_post, stays_open},
    {"a length with zeros before it", post("Content-Length: 005\r\n", "hello"), "200", one_post, stays_open},
    {"a GET with a body",
     "GET /a HTTP/1.1\r\n" + host + "Content-Length: 5\r\n\r\nhello",
     "200",
     {"GET /a hello"},
     stays_open},
    {"a POST without a length has no body", post("", ""), "200", {"POST /a "}, stays_open},
    {"two lengths", post("Content-Length: 5\r\nContent-Length: 6\r\n", "hello" + hidden), "400", none, closes},
    {"two equal lengths", post("Content-Length: 5\r\nContent-Length: 5\r\n", "hello" + hidden), "400", none, closes},
    {"a list of lengths", post("Content-Length: 5, 5\r\n", "hello" + hidden), "400", none, closes},
    {"an empty length", post("Content-Length:\r\n", hidden), "400", none, closes},
    {"a length with a sign", post("Content-Length: +5\r\n", "hello"), "400", none, closes},
    {"a negative length", post("Content-Length: -1\r\n", hidden), "400", none, closes},
    {"a length in hexadecimal", post("Content-Length: 0x5\r\n", "hello"), "400", none, closes},
    {"a length with a fraction", post("Content-Length: 5.0\r\n", "hello"), "400", none, closes},
    {"a length with a comment behind it", post("Content-Length: 5 bytes\r\n", "hello"), "400", none, closes},
    {"a length beyond 64 bits", post("Content-Length: 18446744073709551621\r\n", "hello"), "413", none, closes},
    {"a length above the limit", post("Content-Length: 99999999\r\n", "hello"), "413", none, closes},
    {"a body that never comes", post("Content-Length: 500\r\n", "hello"), "", none, closes},
  };
}

std::vector<framing_case> codings() {
  const std::string last = "0\r\n\r\n";
  const auto coded = [&](const std::string& value) {
    return post("Transfer-Encoding: " + value + "\r\n", last + hidden);
  };
  return {
    {"chunked", chunked("5\r\nhello\r\n0\r\n\r\n"), "200", one_post, stays_open},
    {"chunked, and a request behind it",
     chunked("5\r\nhello\r\n0\r\n\r\n") + get(),
     "200 200",
     {"POST /a hello", "GET /a "},
     stays_open},
    {"chunked in capitals", post("Transfer-Encoding: CHUNKED\r\n", "2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n"), "200", one_post,
     stays_open},
    {"a list with empty members", post("Transfer-Encoding: , chunked ,\r\n", "5\r\nhello\r\n0\r\n\r\n"), "200",
     one_post, stays_open},
    {"xchunked", coded("xchunked"), "400", none, closes},
    {"gzip alone", coded("gzip"), "400", none, closes},
    {"identity", coded("identity"), "400", none, closes},
    {"chunked, identity", coded("chunked, identity"), "400", none, closes},
    {"chunked twice", coded("chunked, chunked"), "400", none, closes},
    {"chunked in two headers", post("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n", last + hidden),
     "400", none, closes},
    {"chunked, then identity in a header of its own",
     post("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n", last + hidden), "400", none, closes},
    {"gzip, chunked", coded("gzip, chunked"), "501", none, closes},
    {"an empty Transfer-Encoding", coded(""), "400", none, closes},
    {"chunked with a parameter", coded("chunked;a=b"), "400", none, closes},
    {"chunked in quotes", coded("\"chunked\""), "400", none, closes},
    {"chunked with a vertical tab",
     coded("\x0b"
           "chunked"),
     "400", none, closes},
    {"chunked and a length", post("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", last + hidden), "400", none,
     closes},
    {"xchunked and a length", post("Content-Length: 5\r\nTransfer-Encoding: xchunked\r\n", "hello" + hidden), "400",
     none, closes},
    {"identity and a length", post("Transfer-Encoding: identity\r\nContent-Length: 5\r\n", "hello" + hidden), "400",
     none, closes},
    {"chunked in HTTP/1.0",
     "POST /a HTTP/1.0\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n" + last + hidden, "400", none,
     closes},
    {"xchunked in HTTP/1.0, with a length",
     "POST /a HTTP/1.0\r\nTransfer-Encoding: xchunked\r\nContent-Length: 5\r\n\r\nhello" + hidden, "400", none, closes},
  };
}

std::vector<framing_case> chunks() {
  return {
    {"a size in capitals, with zeros before it",
     chunked("00A\r\n0123456789\r\n0\r\n\r\n"),
     "200",
     {"POST /a 0123456789"},
     stays_open},
    {"extensions are read and dropped", chunked("5;a=b;c=\"d\"\r\nhello\r\n0;e\r\n\r\n"), "200", one_post, stays_open},
    {"white space before an extension", chunked("5 \t;a\r\nhello\r\n0\r\n\r\n"), "200", one_post, stays_open},
    {"an extension that is no token", chunked("5;[=b\r\nhello\r\n0\r\n\r\n"), "400", none, closes},
    {"an extension without a name", chunked("5;\r\nhello\r\n0\r\n\r\n"), "400", none, closes},
    {"an extension whose quote does not end", chunked("5;a=\"b\\\"\r\nhello\r\n0\r\n\r\n"), "400", none, closes},
    {"an extension whose quote holds a semicolon", chunked("5;a=\"b;\\\"\"\r\nhello\r\n0\r\n\r\n"), "200", one_post,
     stays_open},
    {"white space behind a size", chunked("5 \r\nhello\r\n0\r\n\r\n"), "400", none, closes},
    {"white space before a size", chunked(" 5\r\nhello\r\n0\r\n\r\n"), "400", none, closes},
    {"a size with a prefix", chunked("0x5\r\nhello\r\n0\r\n\r\n"), "400", none, closes},
    {"a size with a sign", chunked("+5\r\nhello\r\n0\r\n\r\n"), "400", none, closes},
    {"an empty size", chunked("\r\nhello\r\n0\r\n\r\n"), "400", none, closes},
    {"a size of 17 digits", chunked("00000000000000005\r\nhello\r\n0\r\n\r\n"), "400", none, closes},
    {"a size that is all of 64 bits", chunked("FFFFFFFFFFFFFFFF\r\nhello\r\n0\r\n\r\n"), "413", none, closes},
    {"a size that ends in LF alone", chunked("5\nhello\r\n0\r\n\r\n"), "400", none, closes},
    {"a size that ends in CR alone", chunked("5\rhello\r\n0\r\n\r\n"), "400", none, closes},
    {"an LF within an extension", chunked("5;a\nb\r\nhello\r\n0\r\n\r\n"), "400", none, closes},
    {"data that ends in LF alone", chunked("5\r\nhello\n0\r\n\r\n"), "400", none, closes},
    {"data longer than its size", chunked("4\r\nhello\r\n0\r\n\r\n"), "400", none, closes},
    {"data shorter than its size", chunked("6\r\nhello\r\n0\r\n\r\n"), "400", none, closes},
    {"extensions without an end", chunked("5;" + std::string(20'000, 'a') + "\r\nhello\r\n0\r\n\r\n"), "400", none,
     closes},
    {"small extensions on very many chunks", chunked([] {
       std::string out;
       for (int i = 0; i < 2'000; ++i)
         out += "1;extension\r\nx\r\n";
       return out + "0\r\n\r\n";
     }()),
     "400", none, closes},
    {"chunks that end in the middle", chunked("500\r\nhel"), "", none, closes},
    {"a trailer is no header", chunked("5\r\nhello\r\n0\r\nX-Trailer: seen\r\n\r\n"), "200", one_post, stays_open},
    {"a trailer frames nothing",
     chunked("5\r\nhello\r\n0\r\nContent-Length: 50\r\nTransfer-Encoding: gzip\r\n\r\n") + get(),
     "200 200",
     {"POST /a hello", "GET /a "},
     stays_open},
    {"a trailer without a colon", chunked("5\r\nhello\r\n0\r\nhello\r\n\r\n"), "400", none, closes},
    {"a folded trailer", chunked("5\r\nhello\r\n0\r\nA: b\r\n c\r\n\r\n"), "400", none, closes},
    {"trailers that end in LF alone", chunked("5\r\nhello\r\n0\r\n\n"), "400", none, closes},
    {"trailers without an end", chunked("5\r\nhello\r\n0\r\nA: " + std::string(20'000, 'a') + "\r\n\r\n"), "400", none,
     closes},
  };
}
} // namespace

std::vector<framing_case> framing_cases() {
  std::vector<framing_case> all;
  for (const auto& table : {request_lines(), header_lines(), lengths(), codings(), chunks()})
    all.insert(all.end(), table.begin(), table.end());
  return all;
}
} // namespace arrakis::test
