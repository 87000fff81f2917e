#include "adapters/discord/gateway/frame.hpp"

#include "runtime/clock.hpp"
#include "runtime/json.hpp"

#include <boost/json.hpp>
#include <simdjson.h>

namespace arrakis::discord::gateway {
namespace bj = boost::json;
namespace ondemand = simdjson::ondemand;
namespace {
// READY lists up to 2500 guilds a shard; an interaction has a few kilobytes.
constexpr json::limits tree_limits{.bytes_max = 4 << 20, .depth_max = 32};

caf::expected<snowflake> id_at(const bj::object& in, std::string_view key) {
  const auto id = parse_snowflake(json::text_or(in, key));
  if (!id || !*id)
    return failed<snowflake>(ec::invalid, std::string{key} + ": a snowflake in text");
  return *id;
}

caf::expected<bj::object> tree(std::string_view data) {
  auto parsed = json::parse(data, tree_limits);
  if (!parsed)
    return parsed.error();
  if (!parsed->is_object())
    return failed<bj::object>(ec::invalid, "d: not an object");
  return std::move(parsed->get_object());
}

caf::expected<event> read_role(const bj::object& d, bool deleted) {
  const auto guild = id_at(d, "guild_id");
  if (!guild)
    return guild.error();
  const auto* role = json::object_in(d, "role");
  const auto id = deleted ? id_at(d, "role_id")
                : role    ? id_at(*role, "id")
                          : failed<snowflake>(ec::invalid, "role: missing");
  if (!id)
    return id.error();
  return event{role_changed{*guild, *id, deleted}};
}

caf::expected<event> read_channel(const bj::object& d, bool deleted) {
  if (!d.contains("guild_id"))
    return event{}; // A direct message.
  const auto guild = id_at(d, "guild_id");
  const auto id = id_at(d, "id");
  if (!guild || !id)
    return guild ? id.error() : guild.error();
  return event{channel_changed{*guild, *id, deleted}};
}

caf::expected<event> read_created(const bj::object& d) {
  auto what = read_interaction(d);
  if (!what)
    return what.error();
  what->received_ms = wall_ms();
  return event{interaction_created{std::make_shared<const interaction>(std::move(*what))}};
}

caf::expected<event> read_gone(const bj::object& d) {
  const auto id = id_at(d, "id");
  if (!id)
    return id.error();
  return event{guild_gone{*id, !json::bool_or(d, "unavailable")}}; // An outage is not a farewell.
}

enum class kind { other, interaction, guild_create, guild_delete, role, role_delete, channel, channel_delete };
kind kind_of(std::string_view type) {
  static constexpr std::pair<std::string_view, kind> known[] = {
    {"INTERACTION_CREATE", kind::interaction}, {"GUILD_CREATE", kind::guild_create},
    {"GUILD_DELETE", kind::guild_delete},      {"GUILD_ROLE_CREATE", kind::role},
    {"GUILD_ROLE_UPDATE", kind::role},         {"GUILD_ROLE_DELETE", kind::role_delete},
    {"CHANNEL_CREATE", kind::channel},         {"CHANNEL_UPDATE", kind::channel},
    {"CHANNEL_DELETE", kind::channel_delete}};
  for (const auto& [name, what] : known)
    if (name == type)
      return what;
  return kind::other;
}
} // namespace

struct frame_reader::impl {
  std::string frame;
  envelope last;
  ondemand::parser outer, inner;

  // A guild has hundreds of kilobytes, of which three fields are read: no tree.
  caf::expected<event> read_guild() {
    ondemand::document document;
    ondemand::object guild;
    const auto room = frame.capacity() - static_cast<size_t>(last.data.data() - frame.data());
    if (inner.iterate(last.data.data(), last.data.size(), room).get(document) || document.get_object().get(guild))
      return failed<event>(ec::invalid, "d: not an object");
    guild_available found;
    for (auto member : guild) {
      std::string_view key, text;
      ondemand::value value;
      if (member.unescaped_key().get(key) || member.value().get(value))
        return failed<event>(ec::invalid, "d: broken JSON");
      if (key != "id" && key != "owner_id" && key != "name")
        continue;
      if (value.get_string().get(text))
        return failed<event>(ec::invalid, std::string{key} + ": not a text");
      if (key == "name" && simdjson::validate_utf8(text)) // A lone surrogate would not be UTF-8.
        found.name = text;
      else if (key != "name")
        (key == "id" ? found.guild : found.owner) = parse_snowflake(text).value_or(snowflake{});
      if (found.guild && found.owner && !found.name.empty())
        break;
    }
    if (!found.guild)
      return failed<event>(ec::invalid, "id: a snowflake in text");
    if (!found.owner)
      return event{}; // Sent as unavailable: {id, unavailable: true}.
    return event{std::move(found)};
  }
};

frame_reader::frame_reader() : impl_(std::make_unique<impl>()) {}
frame_reader::~frame_reader() = default;

caf::expected<envelope> frame_reader::read(std::string frame) {
  auto& s = *impl_;
  s.last = {};
  s.frame = std::move(frame);
  s.frame.reserve(s.frame.size() + simdjson::SIMDJSON_PADDING);
  ondemand::document document;
  ondemand::object object;
  const auto broken = [](const char* what) { return fail(ec::corrupt, std::string{"gateway frame: "} + what); };
  if (s.outer.iterate(s.frame.data(), s.frame.size(), s.frame.capacity()).get(document)
      || document.get_object().get(object))
    return broken("not a JSON object");
  bool has_op = false;
  for (auto member : object) {
    std::string_view key, text;
    ondemand::value value;
    int64_t number = 0;
    bool null = false;
    if (member.unescaped_key().get(key) || member.value().get(value))
      return broken("broken JSON");
    if ((key == "s" || key == "t") && value.is_null().get(null))
      return broken("s, t: broken JSON"); // "nul": neither null nor anything else.
    if (key == "op") {
      if (value.get_int64().get(number) || number < 0 || number > 255)
        return broken("op: not an opcode");
      s.last.op = static_cast<int>(number);
      has_op = true;
    } else if (key == "s" && !null) {
      if (value.get_int64().get(s.last.sequence) || s.last.sequence < 0)
        return broken("s: not a sequence");
    } else if (key == "t" && !null) {
      if (value.get_string().get(s.last.type))
        return broken("t: not a text");
    } else if (key == "d") {
      if (simdjson::to_json_string(value).get(text))
        return broken("d: broken JSON");
      s.last.data = text;
    }
  }
  const char* rest = nullptr;
  if (!document.current_location().get(rest))
    return broken("bytes after its end");
  if (!has_op)
    return broken("op: missing");
  return s.last;
}

caf::expected<std::chrono::milliseconds> frame_reader::hello() const {
  const auto d = tree(impl_->last.data);
  if (!d)
    return d.error();
  const auto interval = json::integer_at(*d, "heartbeat_interval");
  if (!interval)
    return interval.error();
  return std::chrono::milliseconds{*interval};
}

caf::expected<greeting> frame_reader::ready() const {
  const auto d = tree(impl_->last.data);
  if (!d)
    return d.error();
  greeting out;
  const auto session_id = json::string_at(*d, "session_id");
  const auto* user = json::object_in(*d, "user");
  const auto* application = json::object_in(*d, "application");
  if (!session_id || !user || !application)
    return failed<greeting>(ec::invalid, "READY: session_id, user and application are needed");
  const auto bot = id_at(*user, "id");
  const auto app = id_at(*application, "id");
  if (!bot || !app)
    return failed<greeting>(ec::invalid, "READY: user.id and application.id are needed");
  out = {*session_id, std::string{json::text_or(*d, "resume_gateway_url")}, *app, *bot, {}};
  if (!out.resume_url.starts_with("wss://") && !out.resume_url.starts_with("ws://"))
    out.resume_url.clear();
  if (const auto* guilds = json::array_in(*d, "guilds"))
    for (const auto& guild : *guilds)
      if (guild.is_object())
        if (const auto id = id_at(guild.get_object(), "id"))
          out.guilds.push_back(*id);
  return out;
}

bool frame_reader::resumable() const { return impl_->last.data == "true"; }

bool is_read(std::string_view type) { return kind_of(type) != kind::other; }

caf::expected<event> frame_reader::decode() {
  const auto what = kind_of(impl_->last.type);
  if (what == kind::other)
    return event{};
  if (what == kind::guild_create)
    return impl_->read_guild();
  const auto d = tree(impl_->last.data);
  if (!d)
    return d.error();
  switch (what) {
    case kind::interaction: return read_created(*d);
    case kind::guild_delete: return read_gone(*d);
    case kind::role:
    case kind::role_delete: return read_role(*d, what == kind::role_delete);
    case kind::channel:
    case kind::channel_delete: return read_channel(*d, what == kind::channel_delete);
    case kind::guild_create:
    case kind::other: break;
  }
  return event{};
}

std::string identify_text(const secret& token, int shard, int shards, uint64_t intents) {
  const bj::object properties{{"os", "linux"}, {"browser", "arrakis"}, {"device", "arrakis"}};
  const bj::object d{{"token", token.reveal()}, {"intents", intents},    {"properties", properties},
                     {"compress", false},       {"large_threshold", 50}, {"shard", bj::array{shard, shards}}};
  return bj::serialize(bj::object{{"op", 2}, {"d", d}});
}
std::string resume_text(const secret& token, const std::string& session_id, int64_t sequence) {
  const bj::object d{{"token", token.reveal()}, {"session_id", session_id}, {"seq", sequence}};
  return bj::serialize(bj::object{{"op", 6}, {"d", d}});
}
std::string heartbeat_text(std::optional<int64_t> sequence) {
  return R"({"op":1,"d":)" + (sequence ? std::to_string(*sequence) : "null") + "}";
}

std::string with_query(const std::string& url, bool compressed) {
  auto out = url.substr(0, url.find_first_of("?#"));
  const auto authority = out.find("://");
  if (authority != std::string::npos && out.find('/', authority + 3) == std::string::npos)
    out += '/';
  out += "?v=10&encoding=json";
  return compressed ? out + "&compress=zlib-stream" : out;
}
} // namespace arrakis::discord::gateway
