#pragma once
// SQL of the relay's poll, which runs several times a second.
#include "adapters/postgres/outbox/messages.hpp"

#include <string>
#include <vector>

namespace arrakis::outbox {
/// Statement of the poll. $1: limit of rows; $2: the shares as JSON (`as_json`); $3: true when overdue rows count. The
/// cost depends on the due rows that it returns, not on other open or closed rows.
extern const char* const due_rows;
/// Writes the shares as JSON.
std::string as_json(const std::vector<share>&);
} // namespace arrakis::outbox
