#pragma once
// The checks of a manifest: its schema version, its JSON Schema, the members of its version, its cross references. The
// names of a new version are checked too (actors/guild/core/manifest_names.hpp), those of a stored one are not.
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
/// Checks that a document which the schema accepts has the members of its own version: a document of version 2 says
/// which asset ranks and which rules there are, one of version 1 cannot, and each of its roles has a tier. ec::invalid
/// names the JSON pointer.
caf::error check_version_members(const boost::json::value&);
/// Checks ids and references. ec::invalid names the JSON pointer of the first id that occurs twice or names nothing, or
/// of values that contradict each other.
caf::error check_references(const manifest&);
} // namespace arrakis
