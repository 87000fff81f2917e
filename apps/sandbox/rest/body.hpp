#pragma once
// Bodies of requests: JSON, or a form with files. https://discord.com/developers/docs/reference#uploading-files
#include "runtime/net/http.hpp"

#include <boost/json.hpp>
#include <optional>

namespace arrakis::sandbox::rest {

/// Reads the JSON of a body: as it is, or the part `payload_json` of a form. Null without one, nothing when malformed.
/// Each file of a form (`files[n]`) becomes an entry of the message's `attachments`: {upload: true, filename, size,
/// content_type, description?}; the key `upload` is removed from a client's own JSON.
std::optional<boost::json::value> body_of(const net::http_request&);

} // namespace arrakis::sandbox::rest
