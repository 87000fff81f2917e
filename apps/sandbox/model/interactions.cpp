// The application answers.
#include "apps/sandbox/model/interactions.hpp"

#include "apps/sandbox/model/commands.hpp"
#include "apps/sandbox/model/content.hpp"
#include "apps/sandbox/model/messages.hpp"
#include "apps/sandbox/model/render.hpp"
#include "runtime/json.hpp"

namespace arrakis::sandbox::model {
namespace {
/// https://discord.com/developers/docs/interactions/receiving-and-responding#interaction-response-object
enum callback : int {
  with_message = 4,
  deferred_message = 5,
  deferred_update = 6,
  update_message = 7,
  with_choices = 8,
  with_modal = 9
};

js::object metadata_of(sandbox_state& state, const interaction& i) {
  js::object out{{"id", i.id.text()},
                 {"type", i.kind},
                 {"user", to_json(state.user_of(i.user))},
                 {"authorizing_integration_owners", {{"0", i.guild.text()}}}};
  if (i.kind == command_type) {
    out["name"] = i.name;
    out["command_type"] = 1;
  } else if (i.kind == component_type)
    out["interacted_message_id"] = i.source.text();
  else if (const auto parent = state.interactions.find(i.parent); parent != state.interactions.end())
    out["triggering_interaction_metadata"] = metadata_of(state, parent->second);
  return out;
}

constexpr int context_command_message = 23; // resources/message#message-object-message-types

bool is_context_command(sandbox_state& state, const interaction& i) {
  const auto& commands = state.applications.at(i.application).commands;
  const auto found = commands.find(i.command);
  return found != commands.end() && json::integer_or(found->second.definition, "type") != chat_input;
}

message blank(sandbox_state& state, const interaction& i, bool ephemeral) {
  message m{
    .id = state.next_id(), .channel = i.channel, .guild = i.guild, .author = state.applications.at(i.application).bot};
  if (i.kind == command_type)
    m.kind = is_context_command(state, i) ? context_command_message : command_message;
  m.application = i.application;
  m.interaction = metadata_of(state, i);
  if (ephemeral) {
    m.flags = ephemeral_flag;
    m.visible_to = i.user;
  }
  return m;
}

/// 200 for ?with_response=true. A `resource` is there when the answer made or changed a message at once.
js::object callback_response(sandbox_state& state, const interaction& i, int kind) {
  js::object about{{"id", i.id.text()}, {"type", i.kind}};
  js::object out;
  if (const auto* m = i.response ? state.find_message(i.channel, i.response) : nullptr) {
    about["response_message_id"] = i.response.text();
    about["response_message_loading"] = (m->flags & loading_flag) != 0;
    about["response_message_ephemeral"] = static_cast<bool>(m->visible_to);
    if (kind == with_message || kind == update_message)
      out["resource"] = js::object{{"type", kind}, {"message", to_json(state, *m)}};
  }
  out["interaction"] = std::move(about);
  return out;
}

/// A message of the application, checked and not yet kept.
outcome<message> draft_response(sandbox_state& state, const interaction& i, form& f) {
  const auto fields = read_content(f);
  if (!f.clean())
    return f.why();
  auto m = blank(state, i, fields.flags.value_or(0) & ephemeral_flag);
  m.flags |= static_cast<int>(fields.flags.value_or(0)) & components_v2_flag;
  apply(state, m, fields);
  if (is_empty(m))
    return empty_message();
  return m;
}

outcome<done> reply(sandbox_state& state, interaction& i, form& f) {
  auto m = draft_response(state, i, f);
  if (!m)
    return m.why();
  i.response = keep(state, std::move(*m)).id;
  i.phase = interaction::answered;
  ++i.edits;
  return done{};
}

outcome<done> defer(sandbox_state& state, interaction& i, form& f) {
  const auto flags = f.integer("flags", 0, (1 << 20) - 1).value_or(0);
  if (!f.clean())
    return f.why();
  auto m = blank(state, i, flags & ephemeral_flag);
  m.flags |= loading_flag;
  i.response = keep(state, std::move(m)).id;
  i.phase = interaction::deferred;
  return done{};
}

outcome<done> update(sandbox_state& state, interaction& i, form& f) {
  auto* on = state.find_message(i.channel, i.source);
  if (!on)
    return unknown("Message");
  const auto fields = read_content(f);
  if (!f.clean())
    return f.why();
  apply(state, *on, fields);
  on->edited_ms = state.now_ms;
  tell_changed(state, *on);
  i.response = i.source;
  i.phase = interaction::answered;
  ++i.edits;
  return done{};
}

outcome<done> offer(interaction& i, form& f) {
  f.require("choices");
  const auto* choices = f.array("choices", SIZE_MAX); // The number of choices is checked with the other fields.
  if (choices)
    check_choices(f, *choices, "choices", i.option);
  if (!f.clean() || !choices)
    return f.why();
  i.choices = *choices;
  i.phase = interaction::answered;
  ++i.edits;
  return done{};
}

outcome<done> perform(sandbox_state& state, interaction& i, int64_t kind, const js::object& data) {
  form f(data);
  switch (kind) {
    case with_message: return reply(state, i, f);
    case deferred_message: return defer(state, i, f);
    case deferred_update:
      i.response = i.source;
      i.phase = interaction::deferred;
      return done{};
    case update_message: return update(state, i, f);
    case with_choices: return offer(i, f);
    default: {
      auto modal = read_modal(f);
      if (!f.clean())
        return f.why();
      i.modal = std::move(modal);
      i.phase = interaction::form;
      ++i.edits;
      return done{};
    }
  }
}

/// Returns true if a callback fits the interaction: choices answer autocomplete and nothing else does; an update needs
/// a clicked message; a form never follows a form.
bool fits(const interaction& i, int64_t kind) {
  if (i.kind == autocomplete_type || kind == with_choices)
    return i.kind == autocomplete_type && kind == with_choices;
  switch (kind) {
    case with_message:
    case deferred_message: return true;
    case deferred_update:
    case update_message: return static_cast<bool>(i.source);
    case with_modal: return i.kind != modal_type;
    default: return false;
  }
}

/// The interaction of a webhook token. An ended token is 401 with 50027, one that never was is 404 with 10015.
outcome<interaction*> by_token(sandbox_state& state, snowflake application, std::string_view token) {
  auto* i = state.find_token(token);
  if (!i || i->application != application)
    return token.starts_with("it-") ? refusal{401, 50027, "Invalid Webhook Token", {}} : unknown("Webhook");
  if (state.now_ms > i->made_ms + state.timing.token_ms)
    return refusal{401, 50027, "Invalid Webhook Token", {}};
  if (i->phase == interaction::waiting || i->phase == interaction::failed || i->kind == autocomplete_type)
    return unknown("Webhook");
  return i;
}

outcome<message*> response_of(sandbox_state& state, const interaction& i, snowflake id) {
  auto* m = state.find_message(i.channel, id ? id : i.response);
  if (!m || m->author != state.applications.at(i.application).bot)
    return unknown("Message");
  return m;
}
} // namespace

outcome<js::object> answer(sandbox_state& state, snowflake id, std::string_view token, const js::object& body) {
  const auto found = state.interactions.find(id);
  if (found == state.interactions.end() || found->second.token != token)
    return unknown("interaction");
  auto& i = found->second;
  if (i.phase == interaction::failed
      || (i.phase == interaction::waiting && state.now_ms > i.made_ms + state.timing.acknowledge_ms))
    return unknown("interaction");
  if (i.phase != interaction::waiting)
    return refusal{400, 40060, "Interaction has already been acknowledged.", {}};
  form f(body);
  f.require("type");
  const auto kind = f.integer("type", 1, 12);
  if (kind && !fits(i, *kind))
    f.fault("type", "BASE_TYPE_CHOICES", "This callback type does not fit this interaction.");
  const auto* data = json::object_in(body, "data");
  if (!data && kind && (*kind == with_message || *kind == with_modal || *kind == with_choices))
    f.fault("data", "BASE_TYPE_REQUIRED", "This field is required");
  if (!f.clean())
    return f.why();
  static const js::object nothing;
  if (auto did = perform(state, i, *kind, data ? *data : nothing); !did)
    return did.why();
  return callback_response(state, i, static_cast<int>(*kind));
}

outcome<js::object> follow_up(sandbox_state& state, snowflake application, std::string_view token,
                              const js::object& body) {
  auto i = by_token(state, application, token);
  if (!i)
    return i.why();
  form f(body);
  auto m = draft_response(state, **i, f);
  if (!m)
    return m.why();
  m->kind = plain_message;
  ++(*i)->edits;
  return to_json(state, keep(state, std::move(*m)));
}

outcome<js::object> get_response(sandbox_state& state, snowflake application, std::string_view token, snowflake id) {
  auto i = by_token(state, application, token);
  if (!i)
    return i.why();
  auto m = response_of(state, **i, id);
  if (!m)
    return m.why();
  return to_json(state, **m);
}

outcome<js::object> edit_response(sandbox_state& state, snowflake application, std::string_view token, snowflake id,
                                  const js::object& body) {
  auto i = by_token(state, application, token);
  if (!i)
    return i.why();
  auto found = response_of(state, **i, id);
  if (!found)
    return found.why();
  auto& m = **found;
  if (auto changed = rewrite(state, m, body); !changed)
    return changed.why();
  (*i)->phase = interaction::answered;
  ++(*i)->edits;
  return to_json(state, m);
}

outcome<done> delete_response(sandbox_state& state, snowflake application, std::string_view token, snowflake id) {
  auto i = by_token(state, application, token);
  if (!i)
    return i.why();
  auto m = response_of(state, **i, id);
  if (!m)
    return m.why();
  (*i)->phase = interaction::answered;
  ++(*i)->edits;
  remove(state, **m);
  return done{};
}

std::vector<snowflake> expire(sandbox_state& state) {
  std::vector<snowflake> failed;
  for (auto each = state.interactions.begin(); each != state.interactions.end();) {
    auto& i = each->second;
    if (i.phase == interaction::waiting && state.now_ms > i.made_ms + state.timing.acknowledge_ms) {
      i.phase = interaction::failed;
      failed.push_back(i.id);
    }
    // Kept a while past the token's end, so that a late caller is told "ended" and the page still knows it.
    if (state.now_ms > i.made_ms + state.timing.token_ms + 60'000)
      each = state.interactions.erase(each);
    else
      ++each;
  }
  return failed;
}

} // namespace arrakis::sandbox::model
