// https://discord.com/developers/docs/resources/message: messages, reactions and pins of a channel.
#include "apps/sandbox/model/messages.hpp"
#include "apps/sandbox/model/permissions.hpp"
#include "apps/sandbox/model/render.hpp"
#include "apps/sandbox/rest/routes.hpp"

namespace arrakis::sandbox::rest {
namespace {
using namespace model;

reply get_messages(call& c) {
  return in_conversation(c, [&](channel_ref at) {
    const message_window window{.before = c.query_id("before"),
                                .after = c.query("after").empty() ? std::nullopt : std::optional(c.query_id("after")),
                                .around = c.query_id("around")};
    return give(list_messages(c.state, c.by, at, window, c.limit(50)));
  });
}
reply post_message(call& c) {
  return in_conversation(c, [&](channel_ref at) { return give(send_message(c.state, c.by, at, c.object())); });
}
reply get_one_message(call& c) {
  return in_conversation(c, [&](channel_ref at) { return give(get_message(c.state, c.by, at, c.id(1))); });
}
reply patch_message(call& c) {
  return in_conversation(c, [&](channel_ref at) { return give(edit_message(c.state, c.by, at, c.id(1), c.object())); });
}
reply remove_message(call& c) {
  return in_conversation(c, [&](channel_ref at) { return give(delete_message(c.state, c.by, at, c.id(1))); });
}
reply post_bulk_delete(call& c) {
  return in_conversation(c, [&](channel_ref at) { return give(delete_messages(c.state, c.by, at, c.object())); });
}
reply post_typing(call& c) {
  return in_conversation(c, [](channel_ref) { return reply{204, std::nullopt}; });
}

reply put_reaction(call& c) {
  return in_conversation(c, [&](channel_ref at) { return give(react(c.state, c.by, at, c.id(1), c.ids[2])); });
}
reply remove_reaction(call& c) {
  const auto user = c.ids[3] == "@me" ? c.by.user : c.id(3);
  return in_conversation(c, [&](channel_ref at) { return give(unreact(c.state, c.by, at, c.id(1), c.ids[2], user)); });
}
reply get_reactions(call& c) {
  return in_conversation(c, [&](channel_ref at) {
    return give(list_reactions(c.state, at, c.id(1), c.ids[2], c.query_id("after"), c.limit(25)));
  });
}
reply remove_reactions(call& c) {
  const std::string_view emoji = c.ids.size() > 2 ? std::string_view(c.ids[2]) : std::string_view{};
  return in_conversation(c, [&](channel_ref at) { return give(clear_reactions(c.state, c.by, at, c.id(1), emoji)); });
}

reply put_pin(call& c) {
  return in_conversation(c, [&](channel_ref at) { return give(pin(c.state, c.by, at, c.id(1), true)); });
}
reply remove_pin(call& c) {
  return in_conversation(c, [&](channel_ref at) { return give(pin(c.state, c.by, at, c.id(1), false)); });
}
reply get_pins(call& c) {
  return in_conversation(c, [&](channel_ref at) { return reply{200, list_pins(c.state, at)}; });
}
/// The list with pages; our channels have at most 50 pins, which is one page.
reply get_pin_page(call& c) {
  return in_conversation(c, [&](channel_ref at) {
    js::array items;
    for (auto& each : list_pins(c.state, at)) {
      auto when = each.as_object().at("timestamp");
      items.push_back(js::object{{"pinned_at", std::move(when)}, {"message", std::move(each)}});
    }
    return reply{200, js::object{{"items", std::move(items)}, {"has_more", false}}};
  });
}
} // namespace

const std::vector<route>& message_routes() {
  static const std::vector<route> table{
    {"GET", "/channels/{channel}/messages", get_messages, false, {100, {"before", "after", "around"}}},
    {"POST", "/channels/{channel}/messages", post_message},
    {"GET", "/channels/{channel}/messages/pins", get_pin_page, false, {50}},
    {"PUT", "/channels/{channel}/messages/pins/{message}", put_pin},
    {"DELETE", "/channels/{channel}/messages/pins/{message}", remove_pin},
    {"GET", "/channels/{channel}/messages/{message}", get_one_message},
    {"PATCH", "/channels/{channel}/messages/{message}", patch_message},
    {"DELETE", "/channels/{channel}/messages/{message}", remove_message},
    {"POST", "/channels/{channel}/messages/bulk-delete", post_bulk_delete},
    {"POST", "/channels/{channel}/typing", post_typing},
    {"PUT", "/channels/{channel}/messages/{message}/reactions/{emoji:any}/@me", put_reaction},
    {"DELETE", "/channels/{channel}/messages/{message}/reactions/{emoji:any}/{user}", remove_reaction},
    {"GET", "/channels/{channel}/messages/{message}/reactions/{emoji:any}", get_reactions, false, {100, {"after"}}},
    {"DELETE", "/channels/{channel}/messages/{message}/reactions/{emoji:any}", remove_reactions},
    {"DELETE", "/channels/{channel}/messages/{message}/reactions", remove_reactions},
    {"GET", "/channels/{channel}/pins", get_pins},
    {"PUT", "/channels/{channel}/pins/{message}", put_pin},
    {"DELETE", "/channels/{channel}/pins/{message}", remove_pin},
  };
  return table;
}

} // namespace arrakis::sandbox::rest
