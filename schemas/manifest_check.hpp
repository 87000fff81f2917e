#pragma once
// The three checks of a manifest: its schema version, its JSON Schema, its cross references. The names of a new version
// are checked too (actors/guild/core/manifest_names.hpp), those of a stored one are not.
#include "runtime/error.hpp"
#include "schemas/manifest.hpp"

#include <boost/json/fwd.hpp>

namespace arrakis {
/// Checks the version. ec::unsupported: schemaVersion is a text that this build does not know; ec::invalid: it is
/// missing or no text.
caf::error check_schema_version(const boost::json::value&);
/// Checks the JSON Schema. ec::invalid names the JSON pointer of the first field that schemas/manifest.schema.json does
/// not accept, and what is allowed there. Sizes are checked first: the validator's regular expressions know no bound.
caf::error check_against_schema(const boost::json::value&);
/// Checks ids and references. ec::invalid names the JSON pointer of the first id that occurs twice or names nothing, or
/// of values that contradict each other.
caf::error check_references(const manifest&);
} // namespace arrakis
