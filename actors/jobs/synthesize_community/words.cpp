#include "actors/jobs/synthesize_community/words.hpp"

#include "actors/guild/core/progress.hpp"
#include "actors/jobs/guild_work/progress.hpp"
#include "actors/wizard/messages.hpp"
#include "runtime/foreign_text.hpp"

#include <boost/json.hpp>
#include <fmt/format.h>

namespace arrakis::jobs::synthesize_community {
using guild_work::message_body;

std::string completed_body(const result& r) {
  const auto made = guild_work::counted(r.roles, r.categories, r.channels);
  auto text = fmt::format("{} (version {})\n{}\n\n{} set up. `/reconcile` shows what somebody changes later.",
                          bold(r.community + " is ready"), r.version, blueprint::bar(100),
                          made.empty() ? "Nothing had to be" : made);
  if (!r.doubled.empty())
    text += "\n" + guild_work::listed(r.doubled);
  if (!r.left_over.empty())
    text += "\n\nRemoved from the plan, and still in your server. Delete what nobody needs:"
          + guild_work::listed(r.left_over);
  return message_body(std::move(text));
}

namespace {
/// docs/components/reference: an action row (1) with one button.
boost::json::array row_of(boost::json::object button) {
  return {boost::json::object{{"type", 1}, {"components", boost::json::array{std::move(button)}}}};
}
/// docs/components/reference: a button (2) of the primary style (1).
boost::json::object retry_button(int64_t version) {
  return {{"type", 2}, {"style", 1}, {"label", "Retry"}, {"custom_id", wizard::retry_button_id(version)}};
}
} // namespace

boost::json::array progress_row(int64_t version) {
  return row_of(wizard::check_progress_button(wizard::progress_button_id(version)));
}

std::string waiting_body(int64_t version, std::string_view sentence) {
  return message_body(fmt::format("**Version {} waits**\n\n{}\n\n`/resume` shows how it stands.", version, sentence),
                      progress_row(version));
}

std::string failed_body(std::string_view community, int64_t version, std::string_view sentence) {
  return message_body(fmt::format("{}\n\n{}\n\nWhat is made already stays and is used. `/resume` shows this again.",
                                  bold(std::string{community} + " could not be built"), sentence),
                      row_of(retry_button(version)));
}
} // namespace arrakis::jobs::synthesize_community
