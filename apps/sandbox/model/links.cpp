#include "apps/sandbox/model/links.hpp"

#include <algorithm>
#include <fmt/format.h>

namespace arrakis::sandbox::model {

void check_link(form& f, const std::string& path, std::string_view url,
                std::initializer_list<std::string_view> schemes) {
  constexpr size_t scheme_max = 20;
  const auto colon = url.find(':');
  const bool blank = std::ranges::any_of(url,
                                         [](char c) { return static_cast<unsigned char>(c) <= 0x20 || c == 0x7f; });
  if (colon == std::string_view::npos || colon > scheme_max || blank)
    return f.fault(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.");
  std::string scheme{url.substr(0, colon)}, list;
  std::ranges::transform(scheme, scheme.begin(),
                         [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; });
  for (const auto one : schemes)
    list += fmt::format("{}'{}'", list.empty() ? "" : ", ", one);
  if (std::ranges::find(schemes, scheme) == schemes.end())
    f.fault(path, "URL_TYPE_INVALID_SCHEME",
            fmt::format("Scheme \"{}\" is not supported. Scheme must be one of ({}).", scheme, list));
  else if (!url.substr(colon).starts_with("://") || url.size() == colon + 3)
    f.fault(path, "URL_TYPE_INVALID_URL", "Not a well formed URL.");
}

} // namespace arrakis::sandbox::model
