#include "tests/support/fakes/objects.hpp"

#include "adapters/objects/layout.hpp"
#include "schemas/canonical_json.hpp"

#include <caf/actor_system.hpp>
#include <caf/typed_event_based_actor.hpp>
#include <fmt/format.h>

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

caf::expected<stored> fake_objects::supersede(const snapshot& what) {
  auto done = put(what);
  if (done || code_of(done.error()) != ec::conflict)
    return done;
  auto& place = bytes[what.community.value][what.version];
  const auto hash = sha256_hex(place);
  aside[what.community.value][{what.version, hash}] = place;
  place = *print(what);
  return stored{version_key(what.community, what.version), aside_key(what.community, what.version, hash)};
}

caf::expected<snapshot> fake_objects::get_aside(const community_id& community, int64_t version,
                                                const std::string& hash) const {
  if (aside_of(fmt::format("v{:06}-{}.json", version, hash)).version == 0)
    return fail(ec::invalid, "no hash");
  const auto of = aside.find(community.value);
  if (of == aside.end() || !of->second.contains({version, hash}))
    return fail(ec::not_found, "nothing set aside");
  return read(of->second.at({version, hash}), community, version);
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
  if (const auto of = aside.find(community.value); of != aside.end())
    for (auto a = of->second.rbegin(); a != of->second.rend(); ++a)
      all.aside.push_back({a->first.first, a->first.second});
  return all;
}

namespace {
using actor = handle::extend<caf::reacts_to<later>>;
actor::behavior_type serve(actor::pointer self, fake_objects* o, const way* by) {
  return {
    [=](const put& m) {
      return through<stored>(self, by, "objects.put", m, [o](const put& x) { return o->put(x.what); });
    },
    [=](const objects::supersede& m) {
      return through<stored>(self, by, "objects.supersede", m,
                             [o](const objects::supersede& x) { return o->supersede(x.what); });
    },
    [=](const get& m) {
      return through<snapshot>(self, by, "objects.get", m, [o](const get& x) {
        return x.aside.empty() ? o->get(x.community, x.version) : o->get_aside(x.community, x.version, x.aside);
      });
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
