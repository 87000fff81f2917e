#pragma once
// Holds a JSON value against the part of JSON Schema 2020-12 that our own descriptions use. A public validator judges
// the descriptions themselves in tests/interop/api.
#include <boost/json/value.hpp>
#include <string>

namespace arrakis::test {
/// Why `what` is not what `schema` says, with the place; empty: it is. References lead into `document`
/// ("#/components/schemas/Error"). Throws std::runtime_error for a keyword that it does not know, so that nothing
/// passes unseen.
std::string schema_fault(const boost::json::value& schema, const boost::json::value& what,
                         const boost::json::value& document);
} // namespace arrakis::test
