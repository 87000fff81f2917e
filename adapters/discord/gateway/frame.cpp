#include "adapters/discord/gateway/frame.hpp"

#include "runtime/clock.hpp"
#include "runtime/json.hpp"

#include <algorithm>
#include <boost/json.hpp>
#include <fmt/format.h>
#include <simdjson.h>

namespace arrakis::discord::gateway {
namespace bj = boost::json;
namespace ondemand = simdjson::ondemand;
namespace {
// READY lists up to 2500 guilds a shard; an interaction has a few kilobytes.
constexpr json::limits tree_limits{.bytes_max = 4 << 20, .depth_max = 32};
static_assert(frame_reader::padding >= simdjson::SIMDJSON_PADDING);

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
  return event{
    role_changed{*guild, *id, deleted, role ? static_cast<int32_t>(json::integer_or(*role, "position")) : 0}};
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
  what->trace = random_hex(16);
  return event{interaction_created{std::make_shared<const interaction>(std::move(*what))}};
}

caf::expected<event> read_gone(const bj::object& d) {
  const auto id = id_at(d, "id");
  if (!id)
    return id.error();
  return event{guild_gone{*id, !json::bool_or(d, "unavailable")}}; // `unavailable`: an outage.
}

constexpr std::pair<std::string_view, kind> known[] = {
  {"MESSAGE_CREATE", kind::message_create},  {"GUILD_MEMBER_UPDATE", kind::member_update},
  {"INTERACTION_CREATE", kind::interaction}, {"GUILD_CREATE", kind::guild_create},
  {"GUILD_DELETE", kind::guild_delete},      {"GUILD_ROLE_CREATE", kind::role_create},
  {"GUILD_ROLE_UPDATE", kind::role_update},  {"GUILD_ROLE_DELETE", kind::role_delete},
  {"CHANNEL_CREATE", kind::channel_create},  {"CHANNEL_UPDATE", kind::channel_update},
  {"CHANNEL_DELETE", kind::channel_delete}};

kind kind_of(std::string_view type) {
  for (const auto& [name, what] : known)
    if (name == type)
      return what;
  return kind::other;
}

constexpr bool gathered(kind k) { return k >= kind::message_create; }

// Text of a key up to its closing quote, with escapes; simdjson has checked that the quote exists.
std::string_view raw_text(ondemand::raw_json_string from) {
  const char* first = from.raw();
  const char* at = first;
  for (; *at != '"'; ++at)
    if (*at == '\\')
      ++at;
  return {first, static_cast<size_t>(at - first)};
}

// As parse_snowflake(): digits, no leading zero, below 2^64, not 0.
bool read_id(ondemand::value& from, snowflake& to) {
  ondemand::raw_json_string raw;
  if (from.get_raw_json_string().get(raw))
    return false;
  constexpr size_t always_fit = 19;
  const char* at = raw.raw();
  uint64_t id = 0;
  for (; *at >= '0' && *at <= '9' && static_cast<size_t>(at - raw.raw()) < always_fit; ++at)
    id = id * 10 + static_cast<uint64_t>(*at - '0');
  if (*at != '"')
    to = parse_snowflake(raw_text(raw)).value_or(snowflake{});
  else
    to = *raw.raw() == '0' ? snowflake{} : snowflake{id};
  return static_cast<bool>(to);
}

template <class T>
std::span<const T> copy_into(std::pmr::memory_resource& arena, const T* from, size_t count) {
  auto* to = static_cast<T*>(arena.allocate(count * sizeof(T), alignof(T)));
  std::copy_n(from, count, to);
  return {to, count};
}

caf::error missing(std::string_view what) {
  return fail(ec::invalid, std::string{what} + ": missing or of another kind");
}

/// Result of a walk over an object's members: the end, a refused value, or broken JSON.
struct walk {
  bool whole = true;
  std::string_view refused; ///< The key of that value; empty: the JSON is broken.
  explicit operator bool() const { return whole; }
  caf::error why() const { return refused.empty() ? fail(ec::invalid, "d: broken JSON") : missing(refused); }
};

/// Calls `take` for each member of `from` until it returns false: with the raw key, escapes included, and the value.
/// Every event passes here, so both are inlined into the caller's loop: a call for each member would be measurable.
template <class Take>
[[gnu::always_inline]] inline walk each_member(ondemand::object& from, Take take) {
  for (auto member : from) {
    ondemand::raw_json_string raw;
    ondemand::value value;
    if (member.key().get(raw) || member.value().get(value))
      return {false, {}};
    const auto key = raw_text(raw);
    [[clang::always_inline]] if (!take(key, value))
      return {false, key};
  }
  return {};
}
} // namespace

std::string_view name_of(kind k) {
  for (const auto& [name, what] : known)
    if (what == k)
      return name;
  return "other";
}

struct frame_reader::impl {
  std::string frame; // The frame of read().
  std::string_view bytes;
  envelope last;
  std::optional<caf::expected<event>> decoded; // Decoded while the envelope was read.
  activity* into = nullptr;
  int64_t seen = 0;
  std::vector<role_position> places;
  std::vector<snowflake> roles;
  ondemand::parser outer, inner;

  bool reads_in_place(kind k) const { return k == kind::guild_create || (into && gathered(k)); }

  caf::expected<event> read_on_the_way(ondemand::object& d) {
    switch (last.what) {
      case kind::message_create: return read_message(d);
      case kind::member_update: return read_member(d);
      default: return read_guild(d);
    }
  }

  // A guild has tens or hundreds of kilobytes, of which a few fields are read: no tree.
  caf::expected<event> read_guild(ondemand::object& guild) {
    guild_available found;
    places.clear();
    const auto walked = each_member(guild, [&](std::string_view key, ondemand::value& value) {
      if (key == "id")
        return read_id(value, found.guild);
      if (key == "owner_id")
        return read_id(value, found.owner);
      if (key == "roles")
        return read_places(value);
      return key != "name" || read_name(value, found.name);
    });
    if (!walked)
      return walked.why();
    if (!found.guild)
      return missing("id");
    if (!found.owner)
      return event{}; // Sent as unavailable: {id, unavailable: true}.
    return event{std::move(found)};
  }

  static bool read_name(ondemand::value& from, std::string& to) {
    std::string_view text;
    if (from.get_string().get(text))
      return false;
    if (simdjson::validate_utf8(text)) // A lone surrogate would not be UTF-8.
      to = text;
    return true;
  }

  bool read_places(ondemand::value& from) {
    ondemand::array all;
    if (from.get_array().get(all))
      return false;
    for (auto each : all) {
      ondemand::object role;
      role_position found;
      if (each.get_object().get(role))
        return false;
      const auto walked = each_member(role, [&](std::string_view key, ondemand::value& value) {
        if (key == "id")
          return read_id(value, found.role);
        int64_t position = 0;
        if (key != "position")
          return true;
        if (value.get_int64().get(position))
          return false;
        found.position = static_cast<int32_t>(position);
        return true;
      });
      if (!walked || !found.role)
        return false;
      places.push_back(found);
    }
    return true;
  }

  caf::expected<event> read_message(ondemand::object& d) {
    message_created found;
    std::string_view content;
    const auto walked = each_member(d, [&](std::string_view key, ondemand::value& value) {
      if (key == "id")
        return read_id(value, found.id);
      if (key == "guild_id")
        return read_id(value, found.guild);
      if (key == "channel_id")
        return read_id(value, found.channel);
      if (key == "content")
        return !value.get_string().get(content);
      return key != "author" || read_author(value, found);
    });
    if (!walked)
      return walked.why();
    if (!found.guild)
      return event{}; // A direct message.
    if (!found.id || !found.channel || !found.author)
      return missing("id, channel_id or author");
    if (!simdjson::validate_utf8(content))
      content = {};
    const auto kept = copy_into(into->arena, content.data(), content.size());
    found.content = {kept.data(), kept.size()};
    into->messages.push_back(found);
    return event{};
  }

  static bool read_author(ondemand::value& from, message_created& to) {
    ondemand::object author;
    if (from.get_object().get(author))
      return false;
    const auto walked = each_member(author, [&](std::string_view key, ondemand::value& value) {
      if (key == "id")
        return read_id(value, to.author);
      return key != "bot" || !value.get_bool().get(to.bot);
    });
    return walked.whole;
  }

  caf::expected<event> read_member(ondemand::object& d) {
    member_updated found;
    bool has_roles = false;
    const auto walked = each_member(d, [&](std::string_view key, ondemand::value& value) {
      if (key == "guild_id")
        return read_id(value, found.guild);
      if (key == "user")
        return read_user(value, found.user);
      if (key == "roles")
        return has_roles = read_roles(value);
      bool null = false;
      return key != "pending" || (!value.is_null().get(null) && (null || !value.get_bool().get(found.pending)));
    });
    if (!walked)
      return walked.why();
    if (!found.guild || !found.user || !has_roles)
      return missing("guild_id, user or roles");
    found.roles = copy_into(into->arena, roles.data(), roles.size());
    into->members.push_back(found);
    return event{};
  }

  static bool read_user(ondemand::value& from, snowflake& to) {
    ondemand::object user;
    ondemand::value id;
    return !from.get_object().get(user) && !user["id"].get(id) && read_id(id, to);
  }
  bool read_roles(ondemand::value& from) {
    ondemand::array all;
    roles.clear();
    if (from.get_array().get(all))
      return false;
    for (auto each : all) {
      ondemand::value value;
      snowflake id;
      if (each.get(value) || !read_id(value, id))
        return false;
      roles.push_back(id);
    }
    return true;
  }

  caf::error read_member_of_frame(std::string_view key, ondemand::value& value, bool& has_op);
  caf::expected<envelope> read_envelope();
  caf::expected<envelope> read();
};

frame_reader::frame_reader() : impl_(std::make_unique<impl>()) {}
frame_reader::~frame_reader() = default;

namespace {
caf::error broken(const char* what) { return fail(ec::corrupt, std::string{"gateway frame: "} + what); }
} // namespace

caf::error frame_reader::impl::read_member_of_frame(std::string_view key, ondemand::value& value, bool& has_op) {
  int64_t number = 0;
  bool null = false;
  if ((key == "s" || key == "t") && value.is_null().get(null))
    return broken("s, t: broken JSON"); // "nul" is not null.
  if (key == "op") {
    if (value.get_int64().get(number) || number < 0 || number > 255)
      return broken("op: not an opcode");
    last.op = static_cast<int>(number);
    has_op = true;
  } else if (key == "s" && !null) {
    if (value.get_int64().get(last.sequence) || last.sequence < 0)
      return broken("s: not a sequence");
  } else if (key == "t" && !null) {
    if (value.get_string().get(last.type))
      return broken("t: not a text");
    last.what = kind_of(last.type);
  } else if (key == "d") {
    last.has_data = true;
    ondemand::json_type type{};
    ondemand::object d;
    const bool ours = has_op && last.op == 0 && last.sequence > seen && reads_in_place(last.what);
    if (ours && !value.type().get(type) && type == ondemand::json_type::object && !value.get_object().get(d))
      decoded.emplace(read_on_the_way(d));
    else if (simdjson::to_json_string(value).get(last.data))
      return broken("d: broken JSON");
  }
  return caf::none;
}

caf::expected<envelope> frame_reader::impl::read() {
  last = {};
  decoded.reset();
  const auto messages = into ? into->messages.size() : 0, members = into ? into->members.size() : 0;
  auto frame_read = read_envelope();
  if (!frame_read && into) { // Either the whole frame is decoded or nothing.
    into->messages.resize(messages);
    into->members.resize(members);
  }
  return frame_read;
}

caf::expected<envelope> frame_reader::impl::read_envelope() {
  ondemand::document document;
  ondemand::object object;
  if (outer.iterate(bytes.data(), bytes.size(), bytes.size() + padding).get(document)
      || document.get_object().get(object))
    return broken("not a JSON object");
  bool has_op = false;
  for (auto member : object) {
    ondemand::raw_json_string raw;
    ondemand::value value;
    std::string_view unescaped;
    if (member.key().get(raw))
      return broken("broken JSON");
    auto key = raw_text(raw);
    if (key.find('\\') != std::string_view::npos) {
      if (member.unescaped_key().get(unescaped))
        return broken("broken JSON");
      key = unescaped;
    }
    if (member.value().get(value))
      return broken("broken JSON");
    if (auto why = read_member_of_frame(key, value, has_op))
      return why;
  }
  const char* rest = nullptr;
  if (!document.current_location().get(rest))
    return broken("bytes after its end");
  if (!has_op)
    return broken("op: missing");
  return last;
}

caf::expected<envelope> frame_reader::read(std::string frame) {
  auto& s = *impl_;
  s.frame = std::move(frame);
  s.frame.reserve(s.frame.size() + padding);
  s.bytes = s.frame;
  return s.read();
}
caf::expected<envelope> frame_reader::read_in_place(std::string_view frame) {
  impl_->bytes = frame;
  return impl_->read();
}
void frame_reader::gather(activity* into, int64_t seen) {
  impl_->into = into;
  impl_->seen = into ? seen : 0;
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
  if (const auto* guilds = json::array_in(*d, "guilds"))
    for (const auto& guild : *guilds)
      if (guild.is_object())
        if (const auto id = id_at(guild.get_object(), "id"))
          out.guilds.push_back(*id);
  return out;
}

bool frame_reader::resumable() const { return impl_->last.data == "true"; }

bool is_read(std::string_view type) { return kind_of(type) != kind::other; }

std::vector<role_position> frame_reader::take_role_positions() {
  return {impl_->places.begin(), impl_->places.end()}; // Exactly sized.
}

caf::expected<event> frame_reader::decode() {
  auto& s = *impl_;
  const auto what = s.last.what;
  if (s.decoded)
    return std::move(*s.decoded);
  if (what == kind::other || (gathered(what) && !s.into))
    return event{};
  if (s.reads_in_place(what)) { // `d` came before `t`.
    ondemand::document document;
    ondemand::object d;
    const auto room = static_cast<size_t>(s.bytes.data() + s.bytes.size() - s.last.data.data()) + padding;
    if (s.inner.iterate(s.last.data.data(), s.last.data.size(), room).get(document) || document.get_object().get(d))
      return failed<event>(ec::invalid, "d: not an object");
    return s.read_on_the_way(d);
  }
  const auto d = tree(s.last.data);
  if (!d)
    return d.error();
  switch (what) {
    case kind::interaction: return read_created(*d);
    case kind::guild_delete: return read_gone(*d);
    case kind::role_create:
    case kind::role_update:
    case kind::role_delete: return read_role(*d, what == kind::role_delete);
    case kind::channel_create:
    case kind::channel_update:
    case kind::channel_delete: return read_channel(*d, what == kind::channel_delete);
    case kind::guild_create:
    case kind::message_create:
    case kind::member_update:
    case kind::other: break;
  }
  return event{};
}

namespace {
/// A JSON text of a token, with its quotes.
secret quoted(const secret& token) {
  std::string out;
  token.lend([&](std::string_view text) {
    out.reserve(6 * text.size() + 2); // A single buffer, which is wiped.
    out += '"';
    for (const char c : text)
      if (c == '"' || c == '\\')
        out.append({'\\', c});
      else if (static_cast<unsigned char>(c) < 32)
        fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
      else
        out += c;
    out += '"';
  });
  return std::move(out);
}

/// {"op":...,"d":{"token":"...", and what is in `rest`}}, which is not empty.
secret with_token(int op, const secret& token, const bj::object& rest) {
  const auto text = bj::serialize(rest);
  return secret::concat(fmt::format(R"({{"op":{},"d":{{"token":)", op), quoted(token), ",", text.substr(1), "}");
}
} // namespace

secret identify_text(const secret& token, int shard, int shards, uint64_t intents) {
  const bj::object properties{{"os", "linux"}, {"browser", "arrakis"}, {"device", "arrakis"}};
  const bj::object rest{{"intents", intents},
                        {"properties", properties},
                        {"compress", false},
                        {"large_threshold", 50},
                        {"shard", bj::array{shard, shards}}};
  return with_token(2, token, rest);
}
secret resume_text(const secret& token, const std::string& session_id, int64_t sequence) {
  return with_token(6, token, {{"session_id", session_id}, {"seq", sequence}});
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
