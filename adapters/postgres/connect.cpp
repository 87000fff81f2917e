#include "adapters/postgres/connect.hpp"

#include <libpq-fe.h>
#include <memory>
#include <string_view>

namespace arrakis::postgres {

std::string complete(const std::string& dsn) {
  const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options{PQconninfoParse(dsn.c_str(), nullptr),
                                                                             &PQconninfoFree};
  if (!options)
    return dsn;
  bool has_timeout = false;
  for (const auto* each = options.get(); each->keyword; ++each)
    has_timeout = has_timeout || (std::string_view{each->keyword} == "connect_timeout" && each->val);
  const bool url = dsn.starts_with("postgresql://") || dsn.starts_with("postgres://");
  auto result = dsn;
  const auto add = [&](std::string_view setting) { // Of two settings with one name libpq takes the last.
    result += !url ? ' ' : result.find('?') == std::string::npos ? '?' : '&';
    result += setting;
  };
  add("client_encoding=UTF8");
  if (!has_timeout)
    add("connect_timeout=3");
  return result;
}
} // namespace arrakis::postgres
