// Orders of a test to the gateway.
#include "apps/sandbox/gateway/hub.hpp"
#include "runtime/clock.hpp"

namespace arrakis::sandbox::gateway {

/// Runs `f` for every connection that the target means. `f` may end the connection.
template <class F>
size_t hub::each(const target& whom, F&& f) {
  std::vector<uint64_t> ids;
  for (const auto& [id, c] : connections_) {
    const auto s = sessions_.find(c.session);
    const bool any = !whom.application && !whom.shard;
    if (s == sessions_.end() ? any
                             : (!whom.application || s->second.application == whom.application)
                                 && (!whom.shard || s->second.shard == *whom.shard))
      ids.push_back(id);
  }
  for (const auto id : ids)
    if (const auto c = connections_.find(id); c != connections_.end())
      f(c->second);
  return ids.size();
}

size_t hub::close(const target& whom, uint16_t code) {
  return each(whom, [&](connection& c) { end(c, code, "Fault on demand."); });
}

void hub::cut(connection& c) {
  if (const auto s = sessions_.find(c.session); s != sessions_.end()) {
    s->second.connection = 0;
    s->second.lost_ms = wall_ms();
  }
  record_.add(c.id, "closed", {{"code", 1006}, {"by", "server"}});
  auto socket = std::move(c.socket);
  connections_.erase(c.id);
  socket->cut();
}

size_t hub::cut(const target& whom) {
  return each(whom, [&](connection& c) { cut(c); });
}

size_t hub::order_reconnect(const target& whom) {
  return each(whom, [&](connection& c) { send_op(c, reconnect, nullptr); });
}

size_t hub::invalidate(const target& whom, bool resumable) {
  return each(whom, [&](connection& c) {
    ++counts_.invalid_sessions;
    const auto session = std::exchange(c.session, {});
    if (const auto s = sessions_.find(session); s != sessions_.end()) {
      s->second.connection = 0;
      s->second.lost_ms = wall_ms();
      if (!resumable)
        sessions_.erase(s);
    }
    send_op(c, invalid_session, resumable);
  });
}

size_t hub::ask_heartbeat(const target& whom) {
  return each(whom, [&](connection& c) { send_op(c, heartbeat, nullptr); });
}

size_t hub::release_hello() {
  settings.hold_hello = false;
  size_t held = 0;
  for (auto& [_, c] : connections_)
    if (!c.greeted)
      greet(c), ++held;
  return held;
}

size_t hub::say(const target& whom, std::string_view text) {
  return each(whom, [&](connection& c) { send(c, text); });
}

size_t hub::raw(const target& whom, const std::string& bytes, bool binary) {
  return each(whom, [&](connection& c) { c.socket->send(bytes, binary); });
}

size_t hub::dispatch(const target& whom, std::string_view name, const js::object& data, int64_t skip) {
  size_t told = 0;
  for (auto& [_, s] : sessions_)
    if ((!whom.application || s.application == whom.application) && (!whom.shard || s.shard == *whom.shard)) {
      dispatch_to(s, name, data, skip);
      ++told;
    }
  return told;
}

size_t hub::release_guilds(const target& whom) {
  settings.hold_guild_create = false;
  return each(whom, [&](connection& c) {
    if (const auto s = sessions_.find(c.session); s != sessions_.end())
      send_guilds(s->second);
  });
}

js::array hub::list() const {
  js::array out;
  for (const auto& [id, s] : sessions_) {
    const auto c = connections_.find(s.connection);
    out.push_back(js::object{{"session_id", id},
                             {"application_id", s.application.text()},
                             {"shard", js::array{s.shard, s.shards}},
                             {"sequence", s.seq},
                             {"intents", s.intents},
                             {"connected", s.connection != 0},
                             {"compressed", c != connections_.end() && c->second.packer != nullptr}});
  }
  return out;
}

} // namespace arrakis::sandbox::gateway
