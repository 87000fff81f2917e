#include "apps/sandbox/core/faults.hpp"

#include "runtime/json.hpp"

#include <algorithm>
#include <array>

namespace arrakis::sandbox {
namespace {
constexpr std::array<std::string_view, 7> kinds{"status", "after_effect", "lose_answer", "cut",
                                                "delay",  "rate_limit",   "late"};
}

bool like(std::string_view pattern, std::string_view text) {
  if (pattern.empty())
    return text.empty();
  if (pattern.front() == '*') {
    for (size_t i = 0; i <= text.size(); ++i)
      if (like(pattern.substr(1), text.substr(i)))
        return true;
    return false;
  }
  return !text.empty() && pattern.front() == text.front() && like(pattern.substr(1), text.substr(1));
}

std::string faults::read(const boost::json::object& o, fault& f) {
  const auto kind = json::text_or(o, "kind", "status");
  const auto found = std::find(kinds.begin(), kinds.end(), kind);
  if (found == kinds.end())
    return "field 'kind': one of status, after_effect, lose_answer, cut, delay, rate_limit, late";
  f.kind = static_cast<fault::kind_of>(found - kinds.begin());
  f.method = json::text_or(o, "method");
  f.path = json::text_or(o, "path");
  f.skip = json::integer_or(o, "skip", 0);
  f.times = json::integer_or(o, "times", 1);
  f.code = static_cast<int>(json::integer_or(o, "code", 503));
  f.json_code = json::integer_or(o, "json_code", 0);
  f.message = json::text_or(o, "message");
  if (const auto* errors = json::object_in(o, "errors"))
    f.errors = *errors;
  f.until = json::text_or(o, "until");
  f.delay_ms = json::integer_or(o, "delay_ms", 0);
  f.jitter_ms = json::integer_or(o, "jitter_ms", 0);
  f.scope = json::text_or(o, "scope", "user");
  f.retry_after_ms = json::integer_or(o, "retry_after_ms", 500);
  f.html = json::bool_or(o, "html");
  f.retry_after_header = json::bool_or(o, "retry_after_header", true);
  if (f.kind == fault::late && f.until.empty())
    return "field 'until': the path of a POST, * for any run of characters";
  if (f.code < 100 || f.code > 599)
    return "field 'code': an HTTP status";
  if (f.scope != "user" && f.scope != "global" && f.scope != "shared")
    return "field 'scope': one of user, global, shared";
  return {};
}

int64_t faults::add(fault f) {
  f.id = ++last_;
  list_.push_back(std::move(f));
  return last_;
}

std::optional<fault> faults::strike(std::string_view method, std::string_view path) {
  for (auto& f : list_) {
    if (f.times == 0 || (!f.method.empty() && f.method != method) || (!f.path.empty() && !like(f.path, path)))
      continue;
    if (f.skip > 0) {
      --f.skip;
      continue;
    }
    if (f.times > 0)
      --f.times;
    ++f.struck;
    return f;
  }
  return std::nullopt;
}

boost::json::object faults::body_of(const fault& f) {
  boost::json::object body{{"message", f.message.empty() ? std::to_string(f.code) + ": Fault" : f.message},
                           {"code", f.json_code}};
  if (!f.errors.empty())
    body["errors"] = f.errors;
  return body;
}

boost::json::array faults::list() const {
  boost::json::array out;
  for (const auto& f : list_)
    out.push_back(boost::json::object{{"id", f.id},
                                      {"kind", kinds[f.kind]},
                                      {"method", f.method},
                                      {"path", f.path},
                                      {"skip", f.skip},
                                      {"times", f.times},
                                      {"struck", f.struck}});
  return out;
}

} // namespace arrakis::sandbox
