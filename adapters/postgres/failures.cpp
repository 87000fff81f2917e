#include "adapters/postgres/failures.hpp"

#include <libpq-fe.h>
#include <memory>
#include <pqxx/pqxx>

namespace arrakis::postgres {
namespace {
/// First line of the server's error; DETAIL repeats values, which must not be logged.
std::string first_line(const char* what) {
  std::string_view text{what};
  if (text.starts_with("ERROR:"))
    text.remove_prefix(6);
  while (text.starts_with(' '))
    text.remove_prefix(1);
  return std::string{text.substr(0, text.find('\n'))};
}

/// Codes: https://www.postgresql.org/docs/15/errcodes-appendix.html
failure from_sqlstate(const std::string& state, std::string text) {
  const auto is = [&](const char* code) { return state == code; };
  const std::string_view family = std::string_view{state}.substr(0, 2);
  if (is("40001") || is("40P01"))
    return {fail(ec::conflict, std::move(text)), true, false};
  if (is("23505") || is("23P01"))
    return {fail(ec::conflict, std::move(text))};
  if (family == "23" || family == "22")
    return {fail(ec::invalid, std::move(text))};
  if (is("42501")) // Row level security also refuses writes with it.
    return {fail(ec::refused, std::move(text))};
  if (is("57014") || is("25P03") || is("55P03"))
    return {fail(ec::timeout, std::move(text))};
  // Shutdown, crash, start-up, and a server that became a standby: rolled back, and this connection is over.
  if (family == "57" || family == "08" || family == "53" || is("25006"))
    return {fail(ec::unavailable, std::move(text)), false, true};
  return {fail(ec::internal, state + ": " + text)};
}
} // namespace

failure failure_of(const std::exception& thrown, bool committing) {
  auto text = first_line(thrown.what());
  if (dynamic_cast<const pqxx::in_doubt_error*>(&thrown)
      || dynamic_cast<const pqxx::statement_completion_unknown*>(&thrown))
    return {fail(ec::unknown, std::move(text)), false, true};
  if (dynamic_cast<const pqxx::broken_connection*>(&thrown))
    return {fail(committing ? ec::unknown : ec::unavailable, std::move(text)), false, true};
  // libpqxx 6.4 drops the code of these.
  if (dynamic_cast<const pqxx::insufficient_privilege*>(&thrown))
    return from_sqlstate("42501", std::move(text));
  if (dynamic_cast<const pqxx::insufficient_resources*>(&thrown))
    return from_sqlstate("53000", std::move(text));
  if (auto e = dynamic_cast<const pqxx::sql_error*>(&thrown)) {
    // A server that dies in the middle of a statement leaves an error without a code.
    if (e->sqlstate().empty())
      return {fail(committing ? ec::unknown : ec::unavailable, std::move(text)), false, true};
    return from_sqlstate(e->sqlstate(), std::move(text));
  }
  if (dynamic_cast<const pqxx::serialization_failure*>(&thrown)
      || dynamic_cast<const pqxx::deadlock_detected*>(&thrown))
    return {fail(ec::conflict, std::move(text)), true, false};
  return {fail(ec::internal, std::move(text))};
}

caf::error connect_error(const std::exception& thrown, const secret& dsn) {
  using parsed = std::unique_ptr<PQconninfoOption, decltype(&PQconninfoFree)>;
  const auto options = dsn.lend([](std::string_view text) {
    return parsed{PQconninfoParse(text.data(), nullptr), &PQconninfoFree};
  });
  if (!options)
    return fail(ec::unavailable, "the connection string cannot be read: neither name='value' ... nor postgresql://");
  const auto why = failure_of(thrown).why;
  auto text = text_of(why);
  for (const auto* each = options.get(); each->keyword; ++each) {
    const std::string_view name{each->keyword}, value{each->val ? each->val : ""};
    const bool harmless = name == "host" || name == "hostaddr" || name == "port" || name == "dbname" || name == "user"
                       || (name != "password" && value.size() < 4); // Numbers and switches.
    for (size_t at = 0; !harmless && !value.empty() && (at = text.find(value, at)) != text.npos; at += 3)
      text.replace(at, value.size(), "...");
  }
  return fail(code_of(why), std::move(text));
}
} // namespace arrakis::postgres
