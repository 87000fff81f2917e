#pragma once
// What the stores share inside their transactions.
#include "runtime/error.hpp"
#include "schemas/ids.hpp"

#include <string>
#include <string_view>

namespace pqxx {
class transaction_base;
}

namespace arrakis::postgres {
/// Rolls the transaction back and answers the asker with this error.
[[noreturn]] void refuse(ec code, std::string text);
/// `text` as it is; refuses (ec::invalid, naming `field`) what PostgreSQL's text cannot hold: NUL and invalid UTF-8.
const std::string& plain(const std::string& text, const char* field);
void check_text(std::string_view text, const char* field);
/// What can be kept of a text from outside that only informs (a peer's error): at most `bytes_max`, the rest cut or
/// '?'.
std::string excerpt(std::string_view text, size_t bytes_max = 2'000);
/// From here on the transaction sees this tenant and no other; ends with the transaction.
void act_as(pqxx::transaction_base&, const community_id&);
} // namespace arrakis::postgres
