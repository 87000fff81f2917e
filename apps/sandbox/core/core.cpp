#include "apps/sandbox/core/core.hpp"

#include "apps/sandbox/keys/keys.hpp"
#include "apps/sandbox/model/interactions.hpp"
#include "apps/sandbox/model/members.hpp"
#include "apps/sandbox/model/snapshot.hpp"
#include "runtime/clock.hpp"
#include "runtime/file.hpp"
#include "runtime/json.hpp"
#include "schemas/permissions.hpp"

#include <stdexcept>

namespace arrakis::sandbox {

core::core(net::io& on, sandbox::options chosen)
  : io(on), options(std::move(chosen)), transcript(options.transcript), hub(state) {
  hub.on_dispatch = [this](std::string_view name, const js::object& data) { transcript.dispatch(name, data); };
  limiter.enabled = options.limits;
  hub.settings.limits = options.limits;
}

model::sandbox_state& core::now() {
  state.now_ms = wall_ms();
  return state;
}

void core::settle() {
  changed_ = true;
  auto events = std::exchange(state.events, {});
  for (const auto& each : events) {
    hub.publish(each);
    for (const auto& hear : watchers)
      hear(&each);
  }
  for (const auto& hear : watchers)
    hear(nullptr);
}

void core::sweep() {
  const auto failed = model::expire(now());
  hub.sweep();
  if (!failed.empty())
    settle();
  if (changed_ && state.now_ms >= save_not_before_ms_)
    save();
}

void core::save() {
  if (!writer_ || !changed_)
    return;
  changed_ = false;
  const auto began = wall_ms();
  writer_->put(js::serialize(model::save(state)));
  // A large state is written less often: at most a tenth of the time goes into it.
  save_not_before_ms_ = began + std::max<int64_t>(100, (wall_ms() - began) * 10);
}

void core::open() {
  if (!options.state.empty()) {
    if (auto error = file::make_folder(options.state))
      throw std::runtime_error(text_of(error));
    const auto path = options.state + "/discord.json";
    const auto text = file::read(path, size_t{1} << 30);
    if (text) {
      auto parsed = json::parse(*text, {.bytes_max = size_t{1} << 30, .depth_max = 64});
      if (!parsed)
        throw std::runtime_error(path + ": " + text_of(parsed.error()));
      model::load(now(), parsed->as_object());
    } else if (code_of(text.error()) != ec::not_found)
      throw std::runtime_error(text_of(text.error()));
    writer_ = std::make_unique<writer>(path);
  }
  now();
  if (state.applications.empty())
    seed();
  else if (!options.token.empty())
    state.applications.begin()->second.token = options.token;
  settle();
}

model::application& core::make_application(std::string name, std::string token) {
  auto& bot = make_user(name, true);
  const auto id = state.next_id();
  const auto pair = keys::make();
  auto& app = state.applications[id];
  app = {.id = id,
         .bot = bot.id,
         .name = std::move(name),
         .token = std::move(token),
         .public_key = pair.public_hex,
         .private_key = pair.private_hex};
  if (app.token.empty()) // as real ones look, three parts; nobody parses them
    app.token = "sandbox." + id.text() + "." + random_hex(16);
  return app;
}

model::user& core::make_user(std::string name, bool bot) {
  const auto id = state.next_id();
  auto& made = state.users[id];
  made = {.id = id, .name = std::move(name), .global_name = {}, .bot = bot};
  return made;
}

void core::seed() {
  auto& app = make_application("Arrakis", options.token);
  const auto owner = make_user("liet").id;
  auto& guild = model::found_guild(state, "Sietch Tabr", owner);
  for (const auto* name : {"stilgar", "chani", "jamis", "harah"})
    model::join(state, guild, make_user(name).id);
  model::invite_bot(state, guild, app, model::invited_permissions(), owner);
}

js::object core::ready_line() {
  const auto& app = state.applications.begin()->second;
  js::object out{{"url", url},
                 {"api", url + "/api"},
                 {"gateway", hub.settings.url},
                 {"application_id", app.id.text()},
                 {"bot_user_id", app.bot.text()},
                 {"public_key", app.public_key},
                 {"token", app.token}};
  if (!state.guilds.empty()) {
    const auto& guild = state.guilds.begin()->second;
    out["guild_id"] = guild.id.text();
    out["owner_id"] = guild.owner.text();
    out["channel_id"] = guild.system_channel.text();
  }
  return out;
}

} // namespace arrakis::sandbox
