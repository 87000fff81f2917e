#include "adapters/discord/gateway/stored.hpp"

#include "runtime/json.hpp"

#include <algorithm>
#include <boost/json/object.hpp>

namespace arrakis::discord::gateway {
namespace {
constexpr size_t session_bytes_max = 4096;
constexpr size_t id_bytes_max = 128; // Discord's ids have 32.

bool is_session_id(std::string_view id) {
  return !id.empty() && id.size() <= id_bytes_max
      && std::ranges::all_of(id, [](unsigned char c) { return c > 32 && c < 127; });
}
} // namespace

saved_session read_session(std::string_view text) {
  const auto parsed = json::parse(text, {.bytes_max = session_bytes_max, .depth_max = 2});
  const auto* kept = parsed ? parsed->if_object() : nullptr;
  if (!kept)
    return {};
  saved_session out{std::string{json::text_or(*kept, "id")}, std::string{json::text_or(*kept, "url")},
                    json::integer_or(*kept, "seq", -1)};
  return is_session_id(out.id) && out.sequence >= 0 ? out : saved_session{};
}

std::string print_session(const saved_session& what) {
  return json::print(boost::json::object{{"id", what.id}, {"url", what.resume_url}, {"seq", what.sequence}});
}
} // namespace arrakis::discord::gateway
