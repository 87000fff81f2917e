#pragma once
// Keys and contents of the objects, the same for a folder and for S3.
#include "adapters/objects/messages.hpp"
#include "runtime/error.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::objects {

/// Limit of versions: the key has six digits.
inline constexpr int64_t version_max = 999'999;
/// Size limit of an object: a manifest has at most 1 MiB, its envelope less than 4 KiB.
inline constexpr size_t object_bytes_max = (1 << 20) + 4096;
/// Size limit of an index, some 200,000 versions; a larger one is rebuilt from the objects at each write.
inline constexpr size_t index_bytes_max = 64 << 20;

/// Key of the folder of versions: manifests/{communityId}/versions
std::string versions_key(const community_id&);
/// Key of a version: manifests/{communityId}/versions/v000001.json
std::string version_key(const community_id&, int64_t version);
/// Key of the folder of superseded objects: manifests/{communityId}/aside
std::string aside_folder_key(const community_id&);
/// Key of a superseded object: manifests/{communityId}/aside/v000001-{hash}.json; `hash`: SHA-256 of the object's bytes
/// in hex.
std::string aside_key(const community_id&, int64_t version, std::string_view hash);
/// Parses "v000001-{hash}.json"; version 0 for another name.
aside_entry aside_of(std::string_view file_name);
/// Key of the index: manifests/{communityId}/index.json
std::string index_key(const community_id&);
/// Version in a file name: 1 of "v000001.json"; 0 for another name.
int64_t version_of(std::string_view file_name);

/// Checks id and version before they become part of a path. ec::invalid: malformed id, or version out of range.
caf::error check_names(const community_id&, int64_t version);

/// The object: {id, communityId, version, content, checksum, previousChecksum, createdAt, createdBy, signature},
/// canonical, with a final newline. ec::invalid when the manifest's bytes are not canonical or do not have the digest.
caf::expected<std::string> print(const snapshot&);
/// Parses an object. ec::corrupt: the bytes are not those that print() writes for this community and version.
caf::expected<snapshot> read(std::string_view bytes, const community_id&, int64_t version);

/// Entry of a version in the index.
struct index_entry {
  int64_t version = 0;
  std::string checksum;
  std::string created_at;
  std::string created_by;
  size_t bytes = 0;
};
/// {communityId, latestVersion, totalVersions, totalSizeBytes, updatedAt, versions[]}; `entries` newest first.
std::string print_index(const community_id&, const std::vector<index_entry>& entries);
/// Parses an index. ec::corrupt: damaged, or of another community; rebuild it from the objects then.
caf::expected<std::vector<index_entry>> read_index(std::string_view bytes, const community_id&);

} // namespace arrakis::objects
