#include "apps/sandbox/model/refusal.hpp"

#include <array>

namespace arrakis::sandbox::model {

boost::json::object to_json(const refusal& why) {
  boost::json::object body{{"message", why.message}, {"code", why.code}};
  if (!why.errors.empty())
    body["errors"] = why.errors;
  return body;
}

refusal unauthorized() { return {401, 0, "401: Unauthorized", {}}; }

refusal unknown(std::string_view what) {
  static constexpr std::array<std::pair<std::string_view, int>, 17> codes{{{"Account", 10001},
                                                                           {"Application", 10002},
                                                                           {"Channel", 10003},
                                                                           {"Guild", 10004},
                                                                           {"Member", 10007},
                                                                           {"Message", 10008},
                                                                           {"Overwrite", 10009},
                                                                           {"Role", 10011},
                                                                           {"Invite", 10006},
                                                                           {"User", 10013},
                                                                           {"Emoji", 10014},
                                                                           {"Ban", 10026},
                                                                           {"Webhook", 10015},
                                                                           {"interaction", 10062},
                                                                           {"application command", 10063},
                                                                           {"application command permissions", 10066},
                                                                           {"tag", 10087}}};
  for (const auto& [name, code] : codes)
    if (name == what)
      return {404, code, "Unknown " + std::string(what), {}};
  return {404, 0, "404: Not Found", {}};
}

refusal missing_access() { return {403, 50001, "Missing Access", {}}; }
refusal missing_permissions() { return {403, 50013, "Missing Permissions", {}}; }
refusal direct_refused() { return {403, 50003, "Cannot execute action on a DM channel", {}}; }
refusal empty_message() { return {400, 50006, "Cannot send an empty message", {}}; }
refusal bad_json() { return {400, 50109, "The request body contains invalid JSON.", {}}; }
refusal invalid_role() { return {400, 50028, "Invalid Role", {}}; }

} // namespace arrakis::sandbox::model
