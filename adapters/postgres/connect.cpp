#include "adapters/postgres/connect.hpp"

#include <libpq-fe.h>
#include <memory>
#include <string_view>

namespace arrakis::postgres {

secret complete(const secret& dsn) {
  return dsn.lend([&](std::string_view text) {
    const std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)> options{PQconninfoParse(text.data(), nullptr),
                                                                               &PQconninfoFree};
    if (!options)
      return dsn;
    bool has_timeout = false;
    for (const auto* each = options.get(); each->keyword; ++each)
      has_timeout = has_timeout || (std::string_view{each->keyword} == "connect_timeout" && each->val);
    const bool url = text.starts_with("postgresql://") || text.starts_with("postgres://");
    const char *first = !url ? " " : text.find('?') == text.npos ? "?" : "&", *next = url ? "&" : " ";
    // libpq takes the last of two settings with one name.
    return secret::concat(dsn, first, "client_encoding=UTF8", has_timeout ? "" : next,
                          has_timeout ? "" : "connect_timeout=3");
  });
}
} // namespace arrakis::postgres
