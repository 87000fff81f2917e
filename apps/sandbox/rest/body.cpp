#include "apps/sandbox/rest/body.hpp"

#include "runtime/json.hpp"

#include <charconv>
#include <fmt/format.h>
#include <string>
#include <string_view>
#include <vector>

namespace arrakis::sandbox::rest {
namespace js = boost::json;
namespace {
constexpr size_t parts_max = 64;

struct part {
  std::string_view name, filename, type, content;
};

/// The value of `key` in a part's head: name="files[0]" or filename=a.txt.
std::string_view parameter(std::string_view head, std::string_view key) {
  const auto mark = fmt::format("{}=", key);
  size_t at = head.find(mark);
  while (at != std::string_view::npos && at > 0 && head[at - 1] != ' ' && head[at - 1] != ';')
    at = head.find(mark, at + 1); // "filename=" ends with "name="
  if (at == std::string_view::npos)
    return {};
  auto value = head.substr(at + mark.size());
  if (value.starts_with('"'))
    return value.substr(1, value.find('"', 1) - 1);
  return value.substr(0, value.find_first_of(";\r\n"));
}

std::string_view content_type(std::string_view head) {
  for (const std::string_view mark : {"Content-Type: ", "content-type: ", "Content-type: "})
    if (const auto at = head.find(mark); at != std::string_view::npos)
      return head.substr(at + mark.size(), head.find("\r\n", at) - at - mark.size());
  return "application/octet-stream";
}

/// The parts of a multipart body (RFC 7578); nothing when it is not one.
std::optional<std::vector<part>> parts_of(std::string_view type, std::string_view body) {
  const auto mark = type.find("boundary=");
  if (mark == std::string_view::npos)
    return std::nullopt;
  auto boundary = type.substr(mark + 9);
  boundary = boundary.starts_with('"') ? boundary.substr(1, boundary.find('"', 1) - 1)
                                       : boundary.substr(0, boundary.find(';'));
  const auto line = fmt::format("--{}", boundary);
  std::vector<part> parts;
  size_t at = body.find(line);
  while (at != std::string_view::npos && parts.size() < parts_max) {
    at += line.size();
    if (body.substr(at, 2) == "--")
      return parts;
    const auto head_end = body.find("\r\n\r\n", at);
    const auto next = head_end == std::string_view::npos ? head_end : body.find("\r\n" + line, head_end + 2);
    if (next == std::string_view::npos)
      return std::nullopt;
    const auto head = body.substr(at, head_end - at);
    parts.push_back({parameter(head, "name"), parameter(head, "filename"), content_type(head),
                     body.substr(head_end + 4, next < head_end + 4 ? 0 : next - head_end - 4)});
    at = next + 2;
  }
  return std::nullopt;
}

/// The index of a file's part, "files[3]" or the older "file"; nothing for a plain field.
std::optional<int64_t> file_index(const part& p) {
  if (p.filename.empty())
    return std::nullopt;
  int64_t index = 0;
  if (const auto at = p.name.find('['); at != std::string_view::npos)
    std::from_chars(p.name.data() + at + 1, p.name.data() + p.name.size(), index);
  return index;
}

/// Where the attachments of a body stand: in a callback's `data`, in a post's `message`, else in itself.
js::object& message_in(js::object& body) {
  for (const auto* key : {"data", "message"})
    if (auto* inner = body.if_contains(key); inner && inner->is_object())
      return inner->get_object();
  return body;
}

void forget_uploads(js::object& body) {
  if (auto* listed = message_in(body).if_contains("attachments"); listed && listed->is_array())
    for (auto& each : listed->get_array())
      if (auto* item = each.if_object())
        item->erase("upload");
}

void add_files(js::object& body, const std::vector<part>& parts) {
  auto& to = message_in(body);
  const auto* found = to.if_contains("attachments");
  auto listed = found && found->is_array() ? found->get_array() : js::array{};
  for (const auto& each : parts) {
    const auto index = file_index(each);
    if (!index)
      continue;
    js::object upload{{"upload", true},
                      {"filename", each.filename},
                      {"size", static_cast<int64_t>(each.content.size())},
                      {"content_type", each.type}};
    // The author's metadata of this file, under its index.
    const auto said = std::find_if(listed.begin(), listed.end(), [&](const js::value& v) {
      const auto* o = v.if_object();
      const auto* id = o ? o->if_contains("id") : nullptr;
      return id
          && ((id->is_int64() && id->as_int64() == *index)
              || (id->is_string() && id->as_string() == std::to_string(*index)));
    });
    if (said == listed.end()) {
      listed.push_back(std::move(upload));
      continue;
    }
    for (const auto* key : {"filename", "description"})
      if (const auto text = json::text_or(said->as_object(), key); !text.empty())
        upload[key] = text;
    *said = std::move(upload);
  }
  to["attachments"] = std::move(listed);
}

/// A form without `payload_json` gives its fields by name.
std::optional<js::value> json_of(const std::vector<part>& parts) {
  js::object fields;
  for (const auto& each : parts) {
    if (each.name == "payload_json") {
      auto parsed = json::parse(each.content);
      return parsed ? std::optional(std::move(*parsed)) : std::nullopt;
    }
    if (!file_index(each) && !each.name.empty())
      fields[each.name] = each.content;
  }
  return js::value(std::move(fields));
}
} // namespace

std::optional<js::value> body_of(const net::http_request& request) {
  const auto type = net::header(request.headers, "Content-Type");
  std::optional<js::value> body;
  std::vector<part> parts;
  if (type.starts_with("multipart/form-data")) {
    auto read = parts_of(type, request.body);
    if (!read)
      return std::nullopt;
    parts = std::move(*read);
    body = json_of(parts);
  } else if (request.body.empty()) {
    return js::value(nullptr);
  } else if (auto parsed = json::parse(request.body)) {
    body = std::move(*parsed);
  }
  if (body && body->is_object()) {
    forget_uploads(body->get_object());
    if (std::any_of(parts.begin(), parts.end(), [](const part& p) { return file_index(p).has_value(); }))
      add_files(body->get_object(), parts);
  }
  return body;
}

} // namespace arrakis::sandbox::rest
