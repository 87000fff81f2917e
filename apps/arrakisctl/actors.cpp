#include "actors/operator_api/operator_api.hpp"
#include "apps/arrakisctl/commands.hpp"
#include "apps/arrakisctl/fetch.hpp"
#include "runtime/json.hpp"
#include "runtime/registry/registry.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <chrono>
#include <map>
#include <poll.h>

namespace arrakis::ctl {
namespace {
namespace bj = boost::json;
constexpr std::chrono::milliseconds operator_patience{5'000};
constexpr std::chrono::milliseconds rate_over{1'000};

caf::expected<bj::object> ask_daemon(const config& settings, const std::string& target) {
  const auto path = operator_api::socket_path(settings.text("node.state_folder"));
  const auto got = fetch("http+unix:" + path, {"GET", target, {}, {}, {}}, operator_patience);
  if (!got)
    return fail(ec::unavailable, "arrakisd does not answer at " + path + " (" + text_of(got.error())
                                   + "): is it running, and are you its user? Name another state folder with --config"
                                     " or ARRAKIS_NODE_STATE_FOLDER");
  auto parsed = json::parse(got->body);
  if (!parsed || !parsed->is_object())
    return fail(ec::corrupt, "the server at " + path + " is not arrakisd");
  if (got->status != 200) {
    const auto* error = json::object_in(parsed->get_object(), "error");
    return fail(ec::invalid, error ? std::string{json::text_or(*error, "message")} : "arrakisd refuses the request");
  }
  return std::move(parsed->get_object());
}

const bj::array& list_in(const bj::object& answer, const char* name) {
  static const bj::array none;
  const auto* value = answer.if_contains(name);
  return value && value->is_array() ? value->get_array() : none;
}

std::string text_in(const bj::object& row, const char* name) { return std::string{json::text_or(row, name)}; }
std::string number_in(const bj::object& row, const char* name) { return std::to_string(json::integer_or(row, name)); }

double mean_of(const bj::object& row) {
  const auto* times = json::object_in(row, "handling_us");
  const auto* mean = times ? times->if_contains("mean") : nullptr;
  return mean && mean->is_number() ? mean->to_number<double>() : 0;
}

/// Messages a second of each row: what it has handled since `before`, by path.
void add_rates(bj::object& answer, const bj::object& before) {
  std::map<std::string, int64_t> handled;
  for (const auto& each : list_in(before, "actors"))
    if (const auto* row = each.if_object())
      handled[text_in(*row, "path")] = json::integer_or(*row, "handled");
  auto& rows = answer["actors"].as_array();
  for (auto& each : rows)
    if (auto* row = each.if_object()) {
      const auto known = handled.find(text_in(*row, "path"));
      const auto now = json::integer_or(*row, "handled");
      (*row)["per_second"] = known == handled.end() || known->second > now ? 0 : now - known->second;
    }
  std::stable_sort(rows.begin(), rows.end(), [](const bj::value& a, const bj::value& b) {
    return json::integer_or(a.get_object(), "per_second") > json::integer_or(b.get_object(), "per_second");
  });
}

output shown(bj::object answer, bool with_rates) {
  std::vector<std::vector<std::string>> rows;
  for (const auto& each : list_in(answer, "actors"))
    if (const auto* row = each.if_object())
      rows.push_back({text_in(*row, "path"), text_in(*row, "state"), number_in(*row, "mailbox"),
                      fmt::format("{:.1f}", static_cast<double>(json::integer_or(*row, "oldest_ms")) / 1'000),
                      with_rates ? number_in(*row, "per_second") : number_in(*row, "handled"),
                      fmt::format("{:.0f}", mean_of(*row)), number_in(*row, "requests"), number_in(*row, "restarts"),
                      text_in(*row, "last_error")});
  const auto total = json::integer_or(answer, "total");
  output out{answer,
             cli::table({"PATH", "STATE", "MAILBOX", "OLDEST S", with_rates ? "PER S" : "HANDLED", "MEAN US",
                         "REQUESTS", "RESTARTS", "LAST ERROR"},
                        rows, "No actor runs."),
             {}};
  if (total > static_cast<int64_t>(rows.size()))
    out.text += cli::line("{} of {} actors; name a path, or another --sort.", rows.size(), total);
  return out;
}

result actors(const config& settings, const arguments& given) {
  const auto sort = given.text("--sort", "mailbox");
  auto target = "/actors?sort=" + sort;
  if (given.has("PATH"))
    target += "&path=" + given.text("PATH");
  const bool with_rates = sort == "rate";
  if (with_rates || given.has("--json")) // Rates need all actors: the order by rate is not the order of the list.
    target += "&limit=" + std::to_string(operator_api::actors_max);
  auto first = ask_daemon(settings, target);
  if (!first)
    return first.error();
  if (given.has("PATH") && list_in(*first, "actors").empty())
    return fail(ec::not_found, "no actor is at " + given.text("PATH") + ". `arrakisctl tree` shows the paths.");
  if (!with_rates)
    return shown(std::move(*first), false);
  ::poll(nullptr, 0, static_cast<int>(rate_over.count()));
  auto second = ask_daemon(settings, target);
  if (!second)
    return second.error();
  add_rates(*second, *first);
  return shown(std::move(*second), true);
}

result tree(const config& settings, const arguments&) {
  auto answer = ask_daemon(settings, "/tree");
  if (!answer)
    return answer.error();
  output out;
  for (const auto& each : list_in(*answer, "tree")) {
    const auto* row = each.if_object();
    if (!row)
      continue;
    auto text = std::string(static_cast<size_t>(json::integer_or(*row, "depth")) * 2, ' ') + text_in(*row, "name");
    const registry::declaration declared{
      true, text_in(*row, "strategy"), static_cast<uint32_t>(json::integer_or(*row, "restarts_max")),
      static_cast<uint32_t>(json::integer_or(*row, "window_s")), text_in(*row, "children")};
    if (!declared.strategy.empty())
      text += "  " + registry::in_words(declared);
    if (const auto state = text_in(*row, "state"); state != "waiting" && state != "running")
      text += "  " + state;
    if (const auto restarts = json::integer_or(*row, "restarts"); restarts > 0)
      text += fmt::format("  {} restarts, last at {}: {}", restarts, text_in(*row, "crashed_at"),
                          text_in(*row, "last_error"));
    out.text += cli::line("{}", text);
  }
  out.json = std::move(*answer);
  return out;
}

std::string plain_path(const std::string& path) {
  const auto is_plain = [](char c) {
    return c > ' ' && c < 127 && std::string_view{"%&\"\\"}.find(c) == std::string_view::npos;
  };
  return std::ranges::all_of(path, is_plain) ? "" : "must be a path as `arrakisctl tree` shows it";
}
} // namespace

cli::command actors_command() {
  return {"actors",
          "Lists the actors of the daemon: what waits for each, how long, what it handled, its restarts.",
          "It shows at most 100 actors, those with the longest mailbox first. --sort rate measures for one second."
          " Handling times are of one message in 16.",
          {{"PATH", "Only actors at and below it, as `arrakisctl tree` shows it", false, false, {}, plain_path}},
          {{"--sort", "BY", "What comes first.", {"mailbox", "age", "restarts", "rate"}, {}}},
          {{"arrakisctl actors --sort age", "who has waited longest"},
           {"arrakisctl actors arrakis/work", "one branch of the tree"}},
          with_settings(actors),
          {}};
}

cli::command tree_command() {
  return {"tree",
          "Shows the supervision tree of the daemon: every supervisor with its strategy, and what restarted.",
          {},
          {},
          {},
          {{"arrakisctl tree", "which parts run, and what crashed last"}},
          with_settings(tree),
          {}};
}
} // namespace arrakis::ctl
