#include "adapters/objects/folder/folder.hpp"

#include "adapters/objects/layout.hpp"
#include "runtime/exception.hpp"
#include "runtime/file.hpp"
#include "runtime/log.hpp"
#include "runtime/metrics.hpp"
#include "runtime/registry/spawn.hpp"
#include "schemas/canonical_json.hpp"

#include <algorithm>
#include <caf/stateful_actor.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <map>

namespace arrakis::objects::folder {
namespace {

struct state {
  static inline const char* name = "objects";
  state() = default;
  std::string root;

  std::string path(const std::string& key) const { return root + "/" + key; }
  std::string lock_path(const community_id& c) const { return path("manifests/" + c.value + "/.lock"); }

  caf::result<stored> put(const snapshot& what, bool supersedes) const {
    const auto bytes = print(what);
    if (!bytes)
      return bytes.error();
    const auto key = version_key(what.community, what.version);
    if (auto error = file::make_folder(path(versions_key(what.community))))
      return error;
    const file::lock alone{lock_path(what.community)};
    if (alone.fault())
      return alone.fault();
    std::string aside;
    auto error = file::create(path(key), *bytes);
    if (code_of(error) == ec::conflict) {
      error = differs(key, *bytes);
      if (!error)
        return stored{key, {}};
      if (code_of(error) == ec::conflict && supersedes) {
        // After a crash between the two the key is free, and the next call fills it.
        auto moved = set_aside(what.community, what.version);
        if (!moved)
          return moved.error();
        aside = std::move(*moved);
        error = file::create(path(key), *bytes);
      }
    }
    if (error)
      return error;
    metrics::count("arrakis_objects_stored_total", "Manifest versions written to the object store.");
    // The object counts; the index is derived from it and may be rebuilt at any time.
    if (const auto listed = write_index(what.community, what.version); !listed)
      log::warn("objects.index_not_written", {{"tenant", what.community.value}, {"error", text_of(listed.error())}});
    return stored{key, std::move(aside)};
  }

  /// No error when the object exists with these bytes; ec::conflict: with others.
  caf::error differs(const std::string& key, const std::string& bytes) const {
    const auto there = file::read(path(key), object_bytes_max);
    if (there && *there == bytes)
      return {};
    if (!there && code_of(there.error()) != ec::corrupt)
      return there.error();
    return fail(ec::conflict, "object " + key + " is there with other bytes; versions are never overwritten");
  }

  /// Moves the object aside; returns its new key. An oversized object stays.
  caf::expected<std::string> set_aside(const community_id& community, int64_t version) const {
    const auto from = version_key(community, version);
    const auto bytes = file::read(path(from), object_bytes_max);
    if (!bytes)
      return bytes.error();
    if (auto error = file::make_folder(path(aside_folder_key(community))))
      return error;
    auto to = aside_key(community, version, sha256_hex(*bytes));
    if (auto error = file::move(path(from), path(to)))
      return error;
    metrics::count("arrakis_objects_set_aside_total", "Objects that lost their place to the database's version.");
    log::warn("objects.set_aside", {{"tenant", community.value}, {"version", version}, {"key", to}});
    return to;
  }

  caf::expected<snapshot> get_aside(const community_id& community, int64_t version, const std::string& hash) const {
    if (auto error = check_names(community, version))
      return error;
    const auto key = aside_key(community, version, hash);
    if (aside_of(key.substr(aside_folder_key(community).size() + 1)).version != version)
      return fail(ec::invalid, "aside: must be a SHA-256 in lower-case hex");
    const auto bytes = file::read(path(key), object_bytes_max);
    return bytes ? read(*bytes, community, version) : caf::expected<snapshot>{bytes.error()};
  }

  caf::expected<snapshot> get(const community_id& community, int64_t version) const {
    if (version == 0) {
      const auto all = list(community);
      if (!all)
        return all.error();
      if (all->list.empty())
        return fail(ec::not_found, "community " + community.value + " has no object");
      version = all->list.front();
    }
    if (auto error = check_names(community, version))
      return error;
    const auto bytes = file::read(path(version_key(community, version)), object_bytes_max);
    return bytes ? read(*bytes, community, version) : caf::expected<snapshot>{bytes.error()};
  }

  /// Lists the folder itself, because the index may be outdated.
  caf::expected<versions> list(const community_id& community) const {
    if (auto error = check_names(community, 1))
      return error;
    const auto names = file::list(path(versions_key(community)));
    if (!names)
      return names.error();
    const auto aside = file::list(path(aside_folder_key(community)));
    if (!aside)
      return aside.error();
    versions result;
    for (auto file_name = aside->rbegin(); file_name != aside->rend(); ++file_name)
      if (auto entry = aside_of(*file_name); entry.version > 0)
        result.aside.push_back(std::move(entry));
    for (auto file_name = names->rbegin(); file_name != names->rend(); ++file_name)
      if (const auto version = version_of(*file_name); version > 0)
        result.list.push_back(version);
    return result;
  }

  /// Under the community's lock. `changed`: the one version whose entry is not kept from the index that is there; 0:
  /// each object is read again, and one that is damaged is left out and logged.
  caf::expected<versions> write_index(const community_id& community, int64_t changed) const {
    const auto all = list(community);
    if (!all)
      return all.error();
    std::map<int64_t, index_entry> known;
    if (changed > 0)
      if (const auto bytes = file::read(path(index_key(community)), index_bytes_max))
        if (const auto before = read_index(*bytes, community))
          for (const auto& entry : *before)
            if (entry.version != changed)
              known[entry.version] = entry;
    std::vector<index_entry> entries;
    versions listed{{}, all->aside};
    for (const auto version : all->list) {
      if (const auto entry = known.find(version); entry != known.end()) {
        entries.push_back(entry->second);
      } else if (const auto object = get(community, version)) {
        entries.push_back({version, object->sha256, object->created_at, object->created_by, print(*object)->size()});
      } else {
        log::error("objects.damaged", {{"tenant", community.value}, {"error", text_of(object.error())}});
        continue;
      }
      listed.list.push_back(version);
    }
    if (auto error = file::replace(path(index_key(community)), print_index(community, entries)))
      return error;
    return listed;
  }

  caf::result<versions> rebuild(const community_id& community) const {
    const auto all = list(community);
    if (!all)
      return all.error();
    if (all->list.empty())
      return versions{};
    const file::lock alone{lock_path(community)};
    if (alone.fault())
      return alone.fault();
    file::remove_leftovers(path(versions_key(community)));
    file::remove_leftovers(path("manifests/" + community.value));
    auto listed = write_index(community, 0);
    if (!listed)
      return listed.error();
    return std::move(*listed);
  }
};

using self_pointer = handle::stateful_pointer<state>;

/// Runs `work` unless the deadline has passed.
template <class R, class F>
caf::result<R> in_time(self_pointer self, deadline until, F work) {
  if (until.passed(self->clock().now()))
    return fail(ec::timeout, "the deadline has passed before the store began");
  return work();
}

template <class T>
caf::result<T> to_result(caf::expected<T> x) {
  if (!x)
    return std::move(x.error());
  return std::move(*x);
}

handle::behavior_type behavior(self_pointer self, std::string root) {
  keep_exception_text(self);
  self->state.root = std::move(root);
  return {
    [self](const put& x) { return in_time<stored>(self, x.until, [&] { return self->state.put(x.what, false); }); },
    [self](const supersede& x) {
      return in_time<stored>(self, x.until, [&] { return self->state.put(x.what, true); });
    },
    [self](const get& x) {
      return in_time<snapshot>(self, x.until, [&] {
        return to_result(x.aside.empty() ? self->state.get(x.community, x.version)
                                         : self->state.get_aside(x.community, x.version, x.aside));
      });
    },
    [self](const list& x) {
      return in_time<versions>(self, x.until, [&] { return to_result(self->state.list(x.community)); });
    },
    [self](const rebuild_index& x) {
      return in_time<versions>(self, x.until, [&] { return self->state.rebuild(x.community); });
    },
  };
}

} // namespace

caf::error check(const options& o) {
  auto bad = file::check_own_folder(o.root);
  return code_of(bad) == ec::not_found ? caf::error{} : bad;
}

handle start(caf::actor_system& sys, options o) {
  return registry::spawn<caf::detached>(sys, {"objects_folder"}, behavior, std::move(o.root));
}

} // namespace arrakis::objects::folder
