#include "adapters/objects/layout.hpp"

#include "runtime/json.hpp"
#include "schemas/canonical_json.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <boost/json/value.hpp>
#include <charconv>
#include <fmt/format.h>

namespace arrakis::objects {
namespace {

namespace bj = boost::json;

std::string file_name(int64_t version) { return fmt::format("v{:06}.json", version); }

caf::error corrupt(const community_id& community, int64_t version, const std::string& why) {
  return fail(ec::corrupt, fmt::format("object {}: {}", version_key(community, version), why));
}

} // namespace

std::string versions_key(const community_id& community) { return "manifests/" + community.value + "/versions"; }

std::string version_key(const community_id& community, int64_t version) {
  return versions_key(community) + "/" + file_name(version);
}

std::string aside_folder_key(const community_id& community) { return "manifests/" + community.value + "/aside"; }

std::string aside_key(const community_id& community, int64_t version, std::string_view hash) {
  return fmt::format("{}/v{:06}-{}.json", aside_folder_key(community), version, hash);
}

aside_entry aside_of(std::string_view name) {
  constexpr size_t version_chars = 7, hash_chars = 64; // v000001, SHA-256
  if (name.size() != version_chars + 1 + hash_chars + 5 || name[version_chars] != '-')
    return {};
  const auto version = version_of(fmt::format("{}.json", name.substr(0, version_chars)));
  const auto hash = name.substr(version_chars + 1, hash_chars);
  if (version == 0 || !name.ends_with(".json") || hash.find_first_not_of("0123456789abcdef") != std::string_view::npos)
    return {};
  return {version, std::string{hash}};
}

std::string index_key(const community_id& community) { return "manifests/" + community.value + "/index.json"; }

int64_t version_of(std::string_view name) {
  int64_t version = 0;
  if (name.size() != 12 || name.front() != 'v' || !name.ends_with(".json"))
    return 0;
  std::from_chars(name.data() + 1, name.data() + 7, version);
  return version > 0 && file_name(version) == name ? version : 0;
}

caf::error check_names(const community_id& community, int64_t version) {
  const auto parsed = parse_community_id(community.value);
  if (!parsed || *parsed != community)
    return fail(ec::invalid, "community: must be a UUID in lower case");
  if (version < 1 || version > version_max)
    return fail(ec::invalid, fmt::format("version: must be from 1 to {}", version_max));
  return {};
}

caf::expected<std::string> print(const snapshot& s) {
  if (auto error = check_names(s.community, s.version))
    return error;
  if (s.canonical.size() > json::limits{}.bytes_max)
    return failed<std::string>(ec::invalid, "canonical: a manifest has at most 1 MiB");
  auto content = json::parse(s.canonical);
  if (!content)
    return content.error();
  const auto again = canonical_json(*content);
  if (!again || *again != s.canonical)
    return failed<std::string>(ec::invalid, "canonical: the bytes are not in canonical form (RFC 8785)");
  if (sha256_hex(s.canonical) != s.sha256)
    return failed<std::string>(ec::invalid, "sha256: is not the digest of the bytes");
  auto bytes = canonical_json(bj::object{
    {"id", fmt::format("{}/v{}", s.community.value, s.version)},
    {"communityId", s.community.value},
    {"version", s.version},
    {"content", std::move(*content)},
    {"checksum", s.sha256},
    {"previousChecksum", s.previous_sha256},
    {"createdAt", s.created_at},
    {"createdBy", s.created_by},
    {"signature", s.signature},
  });
  if (!bytes)
    return bytes.error();
  return std::move(*bytes) + "\n";
}

caf::expected<snapshot> read(std::string_view bytes, const community_id& community, int64_t version) {
  const auto tree = json::parse(bytes, {.bytes_max = object_bytes_max, .depth_max = 34});
  if (!tree)
    return corrupt(community, version, text_of(tree.error()));
  const auto* object = tree->if_object();
  const auto* content = object == nullptr ? nullptr : object->if_contains("content");
  if (content == nullptr)
    return corrupt(community, version, "it has no content");
  snapshot s;
  s.community = community;
  s.version = version;
  s.sha256 = json::text_or(*object, "checksum");
  s.previous_sha256 = json::text_or(*object, "previousChecksum");
  s.created_at = json::text_or(*object, "createdAt");
  s.created_by = json::text_or(*object, "createdBy");
  s.signature = json::text_or(*object, "signature");
  auto canonical = canonical_json(*content);
  if (!canonical)
    return corrupt(community, version, text_of(canonical.error()));
  s.canonical = std::move(*canonical);
  // Printing it again compares everything at once: names, digest, form, and that nothing else is in it.
  const auto again = print(s);
  if (!again)
    return corrupt(community, version, text_of(again.error()));
  if (*again != bytes)
    return corrupt(community, version, "it is not what was stored under this name");
  return s;
}

std::string print_index(const community_id& community, const std::vector<index_entry>& entries) {
  bj::array versions;
  size_t total = 0;
  for (const auto& e : entries) {
    total += e.bytes;
    versions.emplace_back(bj::object{
      {"id", fmt::format("{}/v{}", community.value, e.version)},
      {"communityId", community.value},
      {"version", e.version},
      {"checksum", e.checksum},
      {"createdAt", e.created_at},
      {"createdBy", e.created_by},
      {"s3Key", version_key(community, e.version)},
      {"sizeBytes", e.bytes},
    });
  }
  return json::print(bj::object{
           {"communityId", community.value},
           {"latestVersion", entries.empty() ? 0 : entries.front().version},
           {"totalVersions", entries.size()},
           {"totalSizeBytes", total},
           {"updatedAt", entries.empty() ? std::string{} : entries.front().created_at},
           {"versions", std::move(versions)},
         })
       + "\n";
}

caf::expected<std::vector<index_entry>> read_index(std::string_view bytes, const community_id& community) {
  const auto damaged = [&] { return fail(ec::corrupt, "object " + index_key(community) + " is damaged: rebuild it"); };
  const auto tree = json::parse(bytes, {.bytes_max = index_bytes_max});
  const auto* object = tree ? tree->if_object() : nullptr;
  const auto* versions = object == nullptr ? nullptr : json::array_in(*object, "versions");
  if (versions == nullptr || json::text_or(*object, "communityId") != community.value)
    return damaged();
  std::vector<index_entry> entries;
  for (const auto& item : *versions) {
    const auto* one = item.if_object();
    const auto version = one == nullptr ? 0 : json::integer_or(*one, "version");
    if (version < 1 || version > version_max)
      return damaged();
    entries.push_back({version, std::string{json::text_or(*one, "checksum")},
                       std::string{json::text_or(*one, "createdAt")}, std::string{json::text_or(*one, "createdBy")},
                       static_cast<size_t>(std::max<int64_t>(0, json::integer_or(*one, "sizeBytes")))});
  }
  return entries;
}

} // namespace arrakis::objects
