#pragma once
// Helpers of the stores inside their transactions.
#include "runtime/error.hpp"
#include "schemas/ids.hpp"

#include <string>
#include <string_view>

namespace pqxx {
class transaction_base;
}

namespace arrakis::postgres {
/// Rolls the transaction back and answers the request with this error (throws postgres::refusal).
[[noreturn]] void refuse(ec code, std::string text);
/// Returns `text`; refuses (ec::invalid, naming `field`) NUL and invalid UTF-8, which PostgreSQL's text cannot hold.
const std::string& plain(const std::string& text, const char* field);
/// Refuses as `plain` does.
void check_text(std::string_view text, const char* field);
/// Storable part of an informative text from outside (a peer's error): at most `bytes_max`; invalid bytes become
/// '?'.
std::string excerpt(std::string_view text, size_t bytes_max = 2'000);
/// Sets the transaction's tenant: from here to its end it sees this tenant only.
void act_as(pqxx::transaction_base&, const community_id&);
} // namespace arrakis::postgres
