#include "apps/sandbox/gateway/hub.hpp"

#include "apps/sandbox/gateway/payload.hpp"
#include "apps/sandbox/model/form.hpp"
#include "apps/sandbox/model/members.hpp"
#include "apps/sandbox/model/render.hpp"
#include "runtime/clock.hpp"
#include "runtime/json.hpp"
#include "runtime/log.hpp"

#include <fmt/format.h>

namespace arrakis::sandbox::gateway {
namespace {
constexpr size_t frame_bytes_max = 4096;      // larger: 4002
constexpr size_t frames_per_minute_max = 120; // more: 4008
constexpr int64_t identify_every_ms = 5'000;
constexpr int64_t session_kept_ms = 300'000; // "some minutes" of Discord
constexpr int64_t members_every_ms = 30'000; // all members of a guild, since October 2025
constexpr size_t members_per_chunk = 1000;

/// The token of an IDENTIFY or a RESUME, which may carry its kind.
std::string_view token_in(const js::object& d) {
  auto token = json::text_or(d, "token");
  if (token.starts_with("Bot "))
    token.remove_prefix(4);
  return token;
}
} // namespace

void hub::accept(const net::responder& respond, const std::string& target) {
  const auto id = ++last_connection_;
  net::websocket_options options;
  options.message_bytes_max = 64 << 10;
  options.outbox_bytes_max = 512 << 20; // a test with thousands of guilds
  options.fragment_bytes = settings.tear_bytes;
  net::websocket_events events{.received = [this, id](const std::string& text, bool) { received(id, text); },
                               .closed = [this, id](uint16_t code, const std::string&) { closed(id, code); }};
  respond.upgrade(options, std::move(events), [this, id, target](std::shared_ptr<net::websocket> socket) {
    opened(id, std::move(socket), target);
  });
}

void hub::opened(uint64_t id, std::shared_ptr<net::websocket> socket, const std::string& target) {
  ++counts_.connections;
  auto& c = connections_[id];
  c.id = id;
  c.socket = std::move(socket);
  c.heard_ms = wall_ms();
  record_.add(id, "opened", {{"target", target}});
  const auto packing = net::query_value(target, "compress");
  c.packer = compression_named(packing);
  const auto version = net::query_value(target, "v");
  const bool deaf = !settings.deaf_path.empty() && net::path_of(target) == settings.deaf_path;
  if (!settings.hold_hello && !deaf)
    greet(c);
  const auto encoding = net::query_value(target, "encoding");
  if ((!version.empty() && version != "10" && version != "9") || (!encoding.empty() && encoding != "json")
      || (!packing.empty() && !c.packer))
    end(c, invalid_version, "Invalid API version.");
}

void hub::greet(connection& c) {
  c.greeted = true;
  send_op(c, hello, js::object{{"heartbeat_interval", settings.heartbeat_ms}, {"_trace", js::array{"[\"sandbox\"]"}}});
}

void hub::send(connection& c, std::string_view frame) {
  if (!c.packer)
    return void(c.socket->send(std::string(frame), false)); // Torn by the socket itself.
  const auto packed = c.packer->compress(frame);
  const auto part = settings.tear_bytes > 0 ? settings.tear_bytes : packed.size();
  for (size_t at = 0; at < packed.size(); at += part)
    c.socket->send(packed.substr(at, part), true);
}

void hub::send_op(connection& c, int op, const js::value& d) {
  record_.add(c.id, "out", {{"op", op}, {"d", d.is_bool() ? d : js::value(nullptr)}});
  send(c, js::serialize(js::object{{"t", nullptr}, {"s", nullptr}, {"op", op}, {"d", d}}));
}

void hub::send_dispatch(connection& c, int64_t number, const std::string& frame) {
  const auto name = std::string_view(frame).substr(6); // {"t":"NAME",
  record_.add(c.id, "out", {{"op", 0}, {"s", number}, {"t", name.substr(0, name.find('"'))}});
  send(c, frame);
}

void hub::dispatch_to(session& s, std::string_view name, const js::object& data, int64_t skip) {
  ++counts_.dispatches;
  if (on_dispatch)
    on_dispatch(name, data);
  const auto& frame = s.next(name, js::serialize(data), skip);
  if (const auto c = connections_.find(s.connection); c != connections_.end())
    send_dispatch(c->second, s.seq, frame);
}

void hub::end(connection& c, uint16_t code, std::string reason) {
  ++counts_.closed_by_us[code];
  record_.add(c.id, "closed", {{"code", code}, {"by", "server"}});
  if (const auto s = sessions_.find(c.session); s != sessions_.end()) {
    s->second.connection = 0;
    s->second.lost_ms = wall_ms();
  }
  auto socket = std::move(c.socket);
  connections_.erase(c.id);
  socket->close(code, std::move(reason));
}

void hub::closed(uint64_t id, uint16_t code) {
  const auto c = connections_.find(id);
  if (c == connections_.end())
    return;
  record_.add(id, "closed", {{"code", code}, {"by", "client"}});
  if (const auto s = sessions_.find(c->second.session); s != sessions_.end()) {
    s->second.connection = 0;
    s->second.lost_ms = wall_ms();
    if (code == 1000 || code == 1001) // the client says that it will not come back
      sessions_.erase(s);
  }
  connections_.erase(c);
}

void hub::received(uint64_t id, const std::string& text) {
  const auto found = connections_.find(id);
  if (found == connections_.end())
    return;
  auto& c = found->second;
  const auto now = wall_ms();
  c.heard_ms = now;
  c.frames.push_back(now);
  while (c.frames.front() <= now - 60'000)
    c.frames.pop_front();
  if (settings.limits && c.frames.size() > frames_per_minute_max)
    return end(c, rate_limited, "Rate limited.");
  const auto parsed = text.size() > frame_bytes_max ? caf::expected<js::value>{fail(ec::invalid, "too long")}
                                                    : json::parse(text);
  const auto* frame = parsed ? parsed->if_object() : nullptr;
  if (!frame)
    return end(c, decode_error, "Error while decoding payload.");
  const auto op = json::integer_or(*frame, "op", -1);
  record_.add(id, "in", noted(op, *frame));
  const auto* d = json::object_in(*frame, "d");
  if (op != heartbeat && op != identify && op != resume && c.session.empty())
    return end(c, not_authenticated, "Not authenticated.");
  if (!d && (op == identify || op == resume || op == request_members))
    return end(c, decode_error, "Error while decoding payload.");
  switch (op) {
    case heartbeat:
      ++counts_.heartbeats;
      if (settings.acknowledge)
        send_op(c, heartbeat_ack, nullptr);
      return;
    case identify: return on_identify(c, *d);
    case resume: return on_resume(c, *d);
    case request_members: return on_request_members(c, *d);
    case presence:
    case voice: return;
    default: return end(c, unknown_opcode, "Unknown opcode.");
  }
}

bool hub::may_identify(const js::object& d, const model::application& app, int shard, connection& c) {
  const auto intents = json::integer_or(d, "intents", -1);
  if (intents < 0 || (static_cast<uint64_t>(intents) & ~known_intents))
    return end(c, invalid_intents, "Invalid intent(s)."), false;
  if (!app.privileged_intents && (static_cast<uint64_t>(intents) & privileged_intents))
    return end(c, disallowed_intents, "Disallowed intent(s)."), false;
  if (!settings.limits)
    return true;
  if (settings.starts_left == 0) // Discord resets the token of a bot that goes on.
    return end(c, authentication_failed, "No identify is left."), false;
  auto& last = identified_ms_[fmt::format("{}/{}", app.id.value, shard % settings.max_concurrency)];
  if (wall_ms() - last < identify_every_ms - 250) { // the pace is the client's; its timer may be a little early
    ++counts_.invalid_sessions;
    return send_op(c, invalid_session, false), false;
  }
  last = wall_ms();
  return true;
}

void hub::on_identify(connection& c, const js::object& d) {
  if (!c.session.empty())
    return end(c, already_authenticated, "Already authenticated.");
  const auto* app = state_.find_application_by_token(token_in(d));
  if (!app)
    return end(c, authentication_failed, "Authentication failed.");
  if (!json::object_in(d, "properties"))
    return end(c, decode_error, "Error while decoding payload.");
  const auto part = shard_in(d);
  if (!part)
    return end(c, invalid_shard, "Invalid shard.");
  if (!may_identify(d, *app, part->shard, c))
    return;
  ++counts_.identifies;
  if (settings.limits)
    settings.starts_left = std::max<int64_t>(settings.starts_left - 1, 0);
  session made{.id = random_hex(16),
               .application = app->id,
               .bot = app->bot,
               .shard = part->shard,
               .shards = part->shards,
               .intents = static_cast<uint64_t>(json::integer_or(d, "intents"))};
  made.connection = c.id;
  if (!c.packer && json::bool_or(d, "compress"))
    c.packer = zlib_payload();
  c.session = made.id;
  auto& kept = sessions_[made.id] = std::move(made);
  if (!settings.hold_answer)
    welcome(c, kept);
}

void hub::welcome(connection&, session& s) {
  std::vector<snowflake> guilds;
  for (const auto& [id, in] : state_.guilds)
    if (in.members.contains(s.bot) && shard_of(id, s.shards) == s.shard)
      guilds.push_back(id);
  auto data = model::ready(state_, state_.applications.at(s.application), guilds);
  data["session_id"] = s.id;
  data["session_type"] = "normal";
  data["resume_gateway_url"] = settings.resume_url.empty() ? settings.url : settings.resume_url;
  data["shard"] = js::array{s.shard, s.shards};
  if (!settings.ready_without.empty())
    data.erase(settings.ready_without);
  dispatch_to(s, "READY", data);
  if (!settings.hold_guild_create)
    send_guilds(s);
}

void hub::send_guilds(session& s) {
  if (!(s.intents & guilds))
    return;
  const auto& app = state_.applications.at(s.application);
  for (const auto& [id, in] : state_.guilds)
    if (in.members.contains(s.bot) && shard_of(id, s.shards) == s.shard)
      dispatch_to(s, "GUILD_CREATE", model::guild_create(state_, in, app));
}

void hub::on_resume(connection& c, const js::object& d) {
  if (!c.session.empty())
    return end(c, already_authenticated, "Already authenticated.");
  const auto* app = state_.find_application_by_token(token_in(d));
  if (!app)
    return end(c, authentication_failed, "Authentication failed.");
  const auto seq = sequence_in(d);
  if (!seq)
    return end(c, decode_error, "Error while decoding payload.");
  if (settings.cut_resumes != 0) {
    settings.cut_resumes -= settings.cut_resumes > 0;
    return cut(c);
  }
  const auto found = sessions_.find(std::string(json::text_or(d, "session_id")));
  const bool refuse = settings.refuse_resumes > 0;
  if (refuse)
    --settings.refuse_resumes;
  if (refuse || found == sessions_.end() || found->second.application != app->id) {
    ++counts_.invalid_sessions;
    return send_op(c, invalid_session, false);
  }
  auto& s = found->second;
  if (*seq > s.seq || *seq < 0)
    return end(c, invalid_seq, "Invalid seq.");
  const auto frames = s.replay(*seq);
  if (!frames) {
    sessions_.erase(found);
    ++counts_.invalid_sessions;
    return send_op(c, invalid_session, false);
  }
  if (const auto old = connections_.find(s.connection); old != connections_.end() && old->first != c.id)
    end(old->second, session_timed_out, "Resumed elsewhere.");
  ++counts_.resumes;
  s.connection = c.id;
  c.session = s.id;
  for (const auto& [number, frame] : *frames)
    send_dispatch(c, number, frame);
  if (!settings.hold_answer)
    dispatch_to(s, "RESUMED", {{"_trace", js::array{"[\"sandbox\"]"}}});
}

void hub::on_request_members(connection& c, const js::object& d) {
  auto& s = sessions_.at(c.session);
  const auto asked = members_request_in(d);
  if (!asked)
    return end(c, decode_error, "Error while decoding payload.");
  const auto id = asked->guild;
  const auto* in = state_.find_guild(id);
  if (!in || !in->members.contains(s.bot))
    return;
  if (!asked->users && asked->query.empty()) {
    if (!(s.intents & guild_members))
      return;
    auto& last = members_asked_ms_[fmt::format("{}/{}", s.application.value, id.value)];
    if (const auto wait = last + members_every_ms - wall_ms(); settings.limits && wait > 0)
      return dispatch_to(s, "RATE_LIMITED",
                         {{"opcode", static_cast<int>(request_members)},
                          {"retry_after", static_cast<double>(wait) / 1000.0},
                          {"meta", {{"guild_id", id.text()}, {"nonce", asked->nonce}}}});
    last = wall_ms();
  }
  js::array members, missing;
  if (asked->users)
    for (const auto& each : *asked->users) {
      const auto user = model::id_of(each);
      const auto who = user ? in->members.find(*user) : in->members.end();
      if (who == in->members.end())
        missing.push_back(each);
      else
        members.push_back(model::to_json(state_, who->second));
    }
  else
    members = model::find_members(state_, *in, asked->query, asked->limit);
  const auto chunks = std::max<size_t>(1, (members.size() + members_per_chunk - 1) / members_per_chunk);
  for (size_t i = 0; i < chunks; ++i) {
    js::array part;
    for (size_t j = i * members_per_chunk; j < std::min(members.size(), (i + 1) * members_per_chunk); ++j)
      part.push_back(members[j]);
    js::object data{{"guild_id", id.text()},
                    {"members", std::move(part)},
                    {"chunk_index", i},
                    {"chunk_count", chunks},
                    {"not_found", missing}};
    if (!asked->nonce.is_null())
      data["nonce"] = asked->nonce;
    dispatch_to(s, "GUILD_MEMBERS_CHUNK", data);
  }
}

void hub::publish(const model::event& e) {
  const auto* in = state_.find_guild(e.guild);
  for (auto& [_, s] : sessions_)
    if (s.hears(e, in))
      dispatch_to(s, e.name, seen_by(s, e));
}

bool hub::deliver(snowflake application, snowflake guild, const js::object& payload) {
  bool heard = false;
  for (auto& [_, s] : sessions_)
    if (s.application == application && shard_of(guild, s.shards) == s.shard) {
      dispatch_to(s, "INTERACTION_CREATE", payload);
      heard = heard || s.connection != 0;
    }
  return heard;
}

void hub::sweep() {
  const auto now = wall_ms();
  std::vector<uint64_t> silent;
  for (const auto& [id, c] : connections_)
    if (now - c.heard_ms > settings.heartbeat_ms * 2 + 5'000)
      silent.push_back(id);
  for (const auto id : silent)
    end(connections_.at(id), session_timed_out, "Session timed out.");
  std::erase_if(sessions_,
                [&](const auto& s) { return !s.second.connection && now - s.second.lost_ms > session_kept_ms; });
}

} // namespace arrakis::sandbox::gateway
