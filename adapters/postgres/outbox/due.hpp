#pragma once
// The statement of the relay's poll, which asks for due work several times a second.
#include "adapters/postgres/outbox/messages.hpp"

#include <string>
#include <vector>

namespace arrakis::outbox {
/// $1: rows at most; $2: the shares, as `as_json` writes them; $3: whether overdue rows count. Reads as many blocks as
/// there is due work to hand out, whatever is open or done beside it.
extern const char* const due_rows;
std::string as_json(const std::vector<share>&);
} // namespace arrakis::outbox
