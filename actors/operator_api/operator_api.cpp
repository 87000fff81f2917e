#include "actors/operator_api/operator_api.hpp"

#include "runtime/clock.hpp"
#include "runtime/json.hpp"
#include "runtime/registry/reader.hpp"
#include "runtime/utf8.hpp"

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/object.hpp>
#include <charconv>
#include <filesystem>
#include <map>
#include <optional>

namespace arrakis::operator_api {
namespace {
namespace bj = boost::json;
constexpr size_t path_bytes_max = 512, limit_standard = 100;

net::http_response problem(int status, std::string_view code, std::string_view message) {
  return net::json_response(status,
                            json::print(bj::object{{"error", bj::object{{"code", code}, {"message", message}}}}));
}

struct query {
  std::string path;
  std::string sort = "mailbox";
  size_t limit = limit_standard;
};

/// Every parameter is one of ours, once, without percent-encoding: paths and numbers need none.
std::optional<query> parse(std::string_view target) {
  query q;
  const auto mark = target.find('?');
  auto rest = mark == std::string_view::npos ? std::string_view{} : target.substr(mark + 1);
  std::map<std::string_view, std::string_view> given;
  while (!rest.empty()) {
    const auto pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(rest.size(), pair.size() + 1));
    const auto equals = pair.find('=');
    if (equals == std::string_view::npos || !given.emplace(pair.substr(0, equals), pair.substr(equals + 1)).second)
      return std::nullopt;
  }
  const auto is_plain = [](char c) { return c > ' ' && c < 127 && c != '%' && c != '"' && c != '\\'; };
  for (const auto& [name, value] : given)
    if (name == "path" && value.size() <= path_bytes_max && std::ranges::all_of(value, is_plain)) {
      q.path = value;
    } else if (name == "sort" && (value == "mailbox" || value == "age" || value == "restarts" || value == "rate")) {
      q.sort = value;
    } else if (name == "limit") {
      const auto end = value.data() + value.size();
      const auto read = std::from_chars(value.data(), end, q.limit);
      if (read.ec != std::errc{} || read.ptr != end || q.limit < 1 || q.limit > actors_max)
        return std::nullopt;
    } else {
      return std::nullopt;
    }
  return q;
}

/// Mean of the sampled messages, in microseconds.
double mean_us(uint64_t samples, uint64_t ns) {
  return samples == 0 ? 0 : static_cast<double>(ns) / static_cast<double>(samples) / 1'000;
}

bj::object json_of(const registry::row& r) {
  bj::object out{{"path", r.path},
                 {"kind", r.kind},
                 {"state", std::string{registry::word(r.state)}},
                 {"mailbox", r.mailbox},
                 {"oldest_ms", r.oldest_ms},
                 {"handled", r.handled},
                 {"handling_us", bj::object{{"samples", r.sampled},
                                            {"sum", static_cast<double>(r.sampled_ns) / 1'000},
                                            {"mean", mean_us(r.sampled, r.sampled_ns)},
                                            {"max", static_cast<double>(r.longest_ns) / 1'000}}},
                 {"requests", r.requests},
                 {"restarts", r.restarts}};
  if (!r.key.empty())
    out["key"] = std::string{utf8_head(r.key, r.key.size())};
  if (r.tenant != 0)
    out["tenant"] = std::to_string(r.tenant);
  if (r.crashed_ms != 0) {
    out["crashed_at"] = iso8601(r.crashed_ms);
    out["last_error"] = std::string{utf8_head(r.last_error, r.last_error.size())};
  }
  return out;
}

bj::object json_of(const registry::kind_row& k) {
  bj::array buckets;
  for (size_t i = 0; i < k.buckets.size(); ++i) {
    bj::object one{{"count", k.buckets[i]}};
    if (i < registry::bucket_bounds_us.size())
      one["at_most_us"] = registry::bucket_bounds_us[i];
    buckets.push_back(std::move(one));
  }
  return {
    {"kind", k.kind}, {"samples", k.sampled}, {"mean_us", mean_us(k.sampled, k.sampled_ns)}, {"buckets", buckets}};
}

uint64_t weight(const registry::row& r, std::string_view sort) {
  return sort == "age" ? r.oldest_ms : sort == "restarts" ? r.restarts : sort == "rate" ? r.handled : r.mailbox;
}

net::http_response actors(registry::tree_node root, const query& q) {
  auto rows = registry::actors(root.deepest(q.path));
  const auto is_wanted = [&, below = q.path + "/"](const registry::row& r) {
    return q.path.empty() || r.path == q.path || r.path.starts_with(below);
  };
  std::erase_if(rows, [&](const auto& r) { return !is_wanted(r); });
  const auto total = rows.size();
  const auto shown = std::min(total, q.limit);
  std::partial_sort(rows.begin(), rows.begin() + static_cast<std::ptrdiff_t>(shown), rows.end(),
                    [&](const auto& a, const auto& b) {
                      const auto x = weight(a, q.sort), y = weight(b, q.sort);
                      return x != y ? x > y : a.path < b.path;
                    });
  rows.resize(shown);
  bj::array list, kinds;
  for (const auto& r : rows)
    list.push_back(json_of(r));
  for (const auto& k : registry::kinds())
    if (k.sampled > 0)
      kinds.push_back(json_of(k));
  return net::json_response(200, json::print(bj::object{{"total", total}, {"actors", list}, {"kinds", kinds}}));
}

net::http_response tree(registry::tree_node root) {
  std::map<std::string, registry::row> declared;
  for (auto& r : registry::declared_actors(root))
    declared.emplace(r.path, std::move(r));
  bj::array list;
  for (const auto& node : registry::declared_tree(root)) {
    bj::object one{{"path", node.path}, {"name", node.name}, {"depth", node.depth}};
    if (node.declared.supervises) {
      one["strategy"] = node.declared.strategy;
      one["restarts_max"] = node.declared.restarts_max;
      one["window_s"] = node.declared.window_s;
    }
    if (!node.declared.dynamic_children.empty())
      one["children"] = node.declared.dynamic_children;
    const auto found = declared.find(node.path);
    one["state"] = found == declared.end() ? "ended" : std::string{registry::word(found->second.state)};
    if (found != declared.end() && found->second.restarts > 0) {
      one["restarts"] = found->second.restarts;
      one["crashed_at"] = iso8601(found->second.crashed_ms);
      one["last_error"] = std::string{utf8_head(found->second.last_error, found->second.last_error.size())};
    }
    list.push_back(std::move(one));
  }
  return net::json_response(200, json::print(bj::object{{"tree", list}}));
}

net::http_response answer(registry::tree_node root, const net::http_request& request) {
  const std::string_view target{request.target};
  const auto path = target.substr(0, target.find('?'));
  if (path != "/tree" && path != "/actors")
    return problem(404, "ERR_NOT_FOUND", "no such page; /tree, /actors");
  if (request.method != "GET") {
    auto out = problem(405, "ERR_INVALID_INPUT", "GET only");
    out.headers.emplace_back("Allow", "GET"); // RFC 9110 15.5.6
    return out;
  }
  const auto wanted = parse(target);
  if (!wanted || (path == "/tree" && target.find('?') != std::string_view::npos))
    return problem(400, "ERR_INVALID_INPUT",
                   "the parameters of /actors are path, sort (mailbox, age, restarts or rate) and limit (1 to 1000)");
  return path == "/tree" ? tree(root) : actors(root, *wanted);
}
} // namespace

std::string socket_path(const std::string& state_folder) {
  return (std::filesystem::absolute(state_folder).lexically_normal() / "operator.sock").string();
}

net::http_server_options listener_options(const std::string& state_folder) {
  net::http_server_options o;
  o.address = "unix:" + socket_path(state_folder);
  o.same_user_only = true;
  o.connections_max = 8;
  o.body_bytes_max = 0;
  o.header_bytes_max = 2'048;
  o.read = std::chrono::seconds{5};
  o.idle = std::chrono::seconds{5};
  return o;
}

net::http_server::handler handler(registry::tree_node root) {
  return [root](const net::http_request& request, const net::responder& respond) { respond(answer(root, request)); };
}
} // namespace arrakis::operator_api
