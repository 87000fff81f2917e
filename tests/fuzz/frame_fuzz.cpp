// Frames of the gateway: the reader without a tree says what the tree says.
#include "adapters/discord/gateway/frame.hpp"

#include "runtime/json.hpp"
#include "tests/fuzz/fuzz.hpp"

#include <boost/json/object.hpp>
#include <boost/json/value.hpp>

namespace arrakis::fuzz {
void frame(std::string_view bytes) {
  discord::gateway::frame_reader reader;
  discord::activity all;
  reader.gather(&all, 0);
  const auto envelope = reader.read(std::string{bytes});
  if (!envelope)
    return;
  // `t` names the event of a frame; every handler must bear any `d`.
  (void)reader.hello();
  (void)reader.ready();
  (void)reader.resumable();
  const auto event = reader.decode();
  ARRAKIS_ASSERT(all.messages.size() + all.members.size() <= 1, "a frame is one event");
  for (const auto& each : all.messages)
    ARRAKIS_ASSERT(each.id && each.guild && each.channel && each.author, "a message has what we need");
  for (const auto& each : all.members)
    ARRAKIS_ASSERT(each.guild && each.user, "a member has what we need");
  if (event && !std::holds_alternative<std::monostate>(*event))
    ARRAKIS_ASSERT(discord::gateway::is_read(envelope->type), "what has an event is said to be read");

  const auto tree = arrakis::json::parse(bytes);
  if (!tree)
    return; // The tree refuses more: keys that are there twice, lone surrogates.
  const auto& object = tree->get_object();
  ARRAKIS_ASSERT(arrakis::json::integer_or(object, "op", -1) == envelope->op, "op is that of the tree");
  ARRAKIS_ASSERT(arrakis::json::integer_or(object, "s") == envelope->sequence, "s is that of the tree");
  ARRAKIS_ASSERT(arrakis::json::text_or(object, "t") == envelope->type, "t is that of the tree");
  ARRAKIS_ASSERT(object.contains("d") == envelope->has_data, "d is there when the tree has it");
}
} // namespace arrakis::fuzz
