#pragma once
// SQL of the relay's poll, which runs several times a second.
#include "adapters/postgres/outbox/messages.hpp"

#include <string>
#include <vector>

namespace pqxx {
class transaction_base;
}

namespace arrakis::outbox {
/// Statement of the poll. $1: limit of rows; $2: the shares as JSON (`as_json`); $3: true when overdue rows count. The
/// cost depends on the due rows that it returns, not on other open or closed rows.
extern const char* const due_rows;
/// Writes the shares as JSON.
std::string as_json(const std::vector<share>&);
/// Postpones rows of quarantined tenants for an hour, up to 1,000 unsent and 1,000 sent ones of those that are due the
/// longest, so that no poll reads them again and again. A release makes them due at once.
void postpone_quarantined(pqxx::transaction_base&);
} // namespace arrakis::outbox
