#pragma once
// The three gates that a manifest's JSON passes before it is read: its version, its JSON Schema, its cross references.
// A new version also passes a check of its names (actors/guild/core/manifest_names.hpp); what is stored does not.
#include "runtime/error.hpp"
#include "schemas/manifest.hpp"

#include <boost/json/fwd.hpp>

namespace arrakis {
/// ec::unsupported when schemaVersion is a text that this build does not know; ec::invalid when it is missing or no
/// text.
caf::error check_schema_version(const boost::json::value&);
/// ec::invalid with the JSON pointer of the first field that schemas/manifest.schema.json does not accept, and what is
/// allowed there. Sizes are bounded before the validator runs: its regular expressions and its uniqueItems are not.
caf::error check_against_schema(const boost::json::value&);
/// ec::invalid with the JSON pointer of the first id that is there twice or names nothing, and of values that
/// contradict each other.
caf::error check_references(const manifest&);
} // namespace arrakis
