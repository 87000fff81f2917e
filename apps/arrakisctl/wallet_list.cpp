#include "apps/arrakisctl/wallet_list.hpp"

#include "runtime/json.hpp"
#include "runtime/unicode.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arrakis::ctl {
namespace {
constexpr size_t faults_max = 10, fields_max = 4;

std::vector<std::string> fields_of(std::string_view line) {
  std::vector<std::string> fields;
  for (size_t at = 0; at <= line.size();) {
    const auto end = std::min(line.find(',', at), line.size());
    fields.emplace_back(unicode::trimmed(line.substr(at, end - at)));
    at = end + 1;
  }
  return fields;
}

caf::expected<std::vector<std::string>> csv_fields(std::string_view line) {
  if (line.find('"') != line.npos)
    return fail(ec::invalid, "it has a quotation mark; leave it out, or write the list as lines of JSON");
  auto fields = fields_of(line);
  if (fields.size() < 2 || fields.size() > fields_max)
    return fail(ec::invalid, fmt::format("it has {} fields; write user,address[,chain[,name]]", fields.size()));
  fields.resize(fields_max);
  return fields;
}

caf::expected<std::vector<std::string>> json_fields(std::string_view line) {
  const auto parsed = json::parse(line);
  if (!parsed || !parsed->is_object())
    return fail(ec::invalid, R"(it is no object of JSON; write {"user": "...", "address": "0x..."})");
  constexpr std::array names{"user", "address", "chain", "name"};
  std::vector<std::string> fields(fields_max);
  for (const auto& [key, value] : parsed->get_object()) {
    const auto at = std::ranges::find(names, std::string_view{key.data(), key.size()});
    if (at == names.end())
      return fail(ec::invalid, fmt::format("'{}' is no field; there are user, address, chain and name",
                                           std::string_view{key.data(), key.size()}));
    if (!value.is_string()) // A snowflake is longer than the numbers of many programs.
      return fail(ec::invalid, fmt::format("'{}' must be a text in quotation marks", *at));
    fields[static_cast<size_t>(at - names.begin())] = std::string{value.get_string()};
  }
  return fields;
}

caf::expected<wallets::import_row> row_of(const std::vector<std::string>& fields) {
  const auto user = parse_snowflake(fields[0]);
  if (!user || !*user)
    return fail(ec::invalid, "its user is no id of Discord; use the number that “Copy User ID” gives");
  const auto address = parse_evm_address(fields[1]);
  if (!address)
    return fail(ec::invalid, "its address: " + text_of(address.error()));
  wallets::import_row row{.user = *user, .address = *address, .name = fields[3]};
  if (!fields[2].empty())
    row.chain = fields[2];
  return row;
}

bool is_heading(std::string_view line) { return unicode::lower(line).starts_with("user,"); }
} // namespace

caf::expected<std::vector<listed_wallet>> read_wallet_list(std::string_view text) {
  if (text.size() > wallet_list_bytes_max)
    return fail(ec::invalid, fmt::format("The list has more than {} MiB: split it.", wallet_list_bytes_max >> 20));
  std::vector<listed_wallet> rows;
  std::vector<std::string> faults;
  size_t number = 0;
  if (text.starts_with("\xEF\xBB\xBF")) // The byte order mark of spreadsheets.
    text.remove_prefix(3);
  for (size_t at = 0; at < text.size() && faults.size() < faults_max;) {
    const auto end = std::min(text.find('\n', at), text.size());
    const auto line = unicode::trimmed(text.substr(at, end - at));
    at = end + 1;
    ++number;
    if (line.empty() || line.starts_with('#') || (rows.empty() && is_heading(line)))
      continue;
    const auto fields = line.starts_with('{') ? json_fields(line) : csv_fields(line);
    auto row = fields ? row_of(*fields) : caf::expected<wallets::import_row>{fields.error()};
    if (row)
      rows.push_back({number, std::move(*row)});
    else
      faults.push_back(fmt::format("Line {}: {}.", number, text_of(row.error())));
  }
  if (!faults.empty())
    return fail(ec::invalid, fmt::format("Nothing was imported. {}", fmt::join(faults, " ")));
  if (rows.empty())
    return fail(ec::invalid, "Nothing was imported: the list is empty. Write a line for each wallet: user,address");
  if (rows.size() > wallets::import_rows_max)
    return fail(ec::invalid,
                fmt::format("Nothing was imported: the list has {} wallets, and {} are read at once; split "
                            "it.",
                            rows.size(), wallets::import_rows_max));
  return rows;
}
} // namespace arrakis::ctl
