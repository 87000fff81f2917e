#include "tests/support/fakes/objects.hpp"

#include "adapters/objects/layout.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>

namespace arrakis::test {
using namespace arrakis::objects;

caf::expected<stored> fake_objects::put(const snapshot& what) {
  auto text = print(what);
  if (!text)
    return text.error();
  const auto [place, is_new] = bytes[what.community.value].try_emplace(what.version, *text);
  if (!is_new && place->second != *text)
    return fail(ec::conflict, "it is there with other bytes");
  return stored{version_key(what.community, what.version)};
}

caf::expected<snapshot> fake_objects::get(const community_id& community, int64_t version) const {
  if (auto error = check_names(community, version == 0 ? 1 : version))
    return error;
  const auto of = bytes.find(community.value);
  if (of == bytes.end() || of->second.empty())
    return fail(ec::not_found, "no object");
  const auto found = version == 0 ? std::prev(of->second.end()) : of->second.find(version);
  if (found == of->second.end())
    return fail(ec::not_found, "no object of this version");
  return read(found->second, community, found->first);
}

caf::expected<versions> fake_objects::list(const community_id& community) const {
  if (auto error = check_names(community, 1))
    return error;
  versions all;
  if (const auto of = bytes.find(community.value); of != bytes.end())
    for (auto v = of->second.rbegin(); v != of->second.rend(); ++v)
      all.list.push_back(v->first);
  return all;
}

namespace {
using actor = handle::extend<caf::reacts_to<later>>;
actor::behavior_type serve(actor::pointer self, fake_objects* o, const way* by) {
  return {
    [=](const put& m) {
      return through<stored>(self, by, "objects.put", m, [o](const put& x) { return o->put(x.what); });
    },
    [=](const get& m) {
      return through<snapshot>(self, by, "objects.get", m,
                               [o](const get& x) { return o->get(x.community, x.version); });
    },
    [=](const objects::list& m) {
      return through<versions>(self, by, "objects.list", m,
                               [o](const objects::list& x) { return o->list(x.community); });
    },
    [=](const rebuild_index& m) {
      return through<versions>(self, by, "objects.rebuild_index", m,
                               [o](const rebuild_index& x) { return o->list(x.community); });
    },
    [](const later& x) { x.run(); },
  };
}
} // namespace

handle fake_objects::port(caf::actor_system& sys, const way* by) { return sys.spawn(serve, this, by); }
} // namespace arrakis::test
