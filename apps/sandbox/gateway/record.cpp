#include "apps/sandbox/gateway/record.hpp"

#include "runtime/clock.hpp"

namespace arrakis::sandbox::gateway {

void record::add(uint64_t connection, std::string_view what, js::object more) {
  js::object entry{{"n", ++last_}, {"at_ms", wall_ms()}, {"connection", connection}, {"what", what}};
  for (auto& each : more)
    entry[each.key()] = std::move(each.value());
  entries_.push_back(std::move(entry));
  if (entries_.size() > record_max)
    entries_.pop_front();
}

js::array record::after(int64_t number) const {
  js::array out;
  for (const auto& each : entries_)
    if (each.at("n").as_int64() > number)
      out.push_back(each);
  return out;
}

js::object noted(int64_t op, const js::object& frame) {
  js::object out{{"op", op}};
  const auto* d = frame.if_contains("d");
  if (!d)
    return out;
  if (const auto* members = d->if_object()) {
    for (const auto key : {"session_id", "seq", "shard", "intents"})
      if (const auto* value = members->if_contains(key))
        out[key] = *value;
  } else
    out["d"] = *d;
  return out;
}
} // namespace arrakis::sandbox::gateway
