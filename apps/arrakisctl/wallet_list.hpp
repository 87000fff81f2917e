#pragma once
// A list of wallets to import, as an operator writes it: CSV or lines of JSON.
#include "adapters/postgres/wallets/messages.hpp"
#include "runtime/error.hpp"

#include <string_view>
#include <vector>

namespace arrakis::ctl {
/// Limit of a list.
inline constexpr size_t wallet_list_bytes_max = 4 * 1024 * 1024;

/// A row and the number of its line, from 1.
struct listed_wallet {
  size_t line = 0;
  wallets::import_row row;
};
/// Reads a list. CSV: user,address[,chain[,name]], without quotes; a first line "user,address..." is skipped. JSON: one
/// object {"user", "address", "chain", "name"} a line. Blank lines, and lines that begin with #, are skipped.
/// ec::invalid names each of the first wrong lines, the fault and the remedy.
caf::expected<std::vector<listed_wallet>> read_wallet_list(std::string_view text);
} // namespace arrakis::ctl
