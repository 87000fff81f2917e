#include "runtime/config_schema.hpp"

#include "runtime/assert.hpp"
#include "runtime/config_toml.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <numeric>

namespace arrakis::config_schema {
namespace {
std::string_view trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t\r");
  return first == std::string_view::npos ? std::string_view{}
                                         : text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> out;
  for (size_t begin = 0; begin <= text.size();) {
    const auto end = std::min(text.find(separator, begin), text.size());
    out.emplace_back(trimmed(text.substr(begin, end - begin)));
    begin = end + 1;
  }
  return out;
}

bool starts_with_word(std::string_view& text, std::string_view word) {
  if (!text.starts_with(word))
    return false;
  text = trimmed(text.substr(word.size()));
  return true;
}

/// Parsed comment above a key or a table.
struct comment {
  std::string sentence, allowed, open;
};

void read_comment(std::string_view line, comment& into) {
  if (starts_with_word(line, "allowed:"))
    into.allowed = line;
  else if (starts_with_word(line, "open:"))
    into.open = line;
  else
    into.sentence += (into.sentence.empty() ? "" : " ") + std::string{line};
}

/// "http | https" with blanks alone between them, as url::parse takes it.
std::string schemes_of(std::string_view text) { return fmt::format("{}", fmt::join(split(text, '|'), " ")); }

/// "secret", "one of a | b", "any of a | b", "address of http | https" or "1..9 unit".
void read_allowed(std::string_view text, config::key& key) {
  if (text.empty())
    return;
  if (text == "secret") {
    key.standard = secret{std::move(std::get<std::string>(key.standard))};
    return;
  }
  if (starts_with_word(text, "one of") || (key.several = starts_with_word(text, "any of"))) {
    key.choices = split(text, '|');
    return;
  }
  if (starts_with_word(text, "address of")) {
    key.schemes = schemes_of(text);
    return;
  }
  const auto* end = text.data() + text.size();
  auto [after, bad] = std::from_chars(text.data(), end, key.least);
  ARRAKIS_ASSERT(bad == std::errc{} && std::string_view(after, static_cast<size_t>(end - after)).starts_with(".."),
                 "a range is a..b");
  auto [rest, worse] = std::from_chars(after + 2, end, key.most);
  ARRAKIS_ASSERT(worse == std::errc{} && key.least <= key.most, "a range is a..b with a <= b");
  key.unit = trimmed({rest, static_cast<size_t>(end - rest)});
}

size_t edits(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 0; i < a.size(); ++i) {
    size_t diagonal = std::exchange(row[0], i + 1);
    for (size_t j = 0; j < b.size(); ++j) {
      const size_t replaced = diagonal + (a[i] == b[j] ? 0 : 1);
      diagonal = row[j + 1];
      row[j + 1] = std::min({replaced, diagonal + 1, row[j] + 1});
    }
  }
  return row.back();
}

std::string nearest_of(const std::vector<std::string>& names, std::string_view name) {
  std::string best;
  size_t fewest = 4; // More than three edits is another word, not a slip of the hand.
  for (const auto& each : names) {
    const auto n = edits(name, each);
    if (n < fewest) {
      fewest = n;
      best = each;
    }
  }
  return best;
}

/// Checks such an address: only its scheme, host, port and path are used.
std::string fault_of_address(const std::string& text, const std::string& schemes) {
  if (text.empty())
    return {};
  const auto parsed = url::parse(text, schemes);
  if (!parsed)
    return text_of(parsed.error());
  if (!parsed->authorization().empty())
    return "user and password are not sent";
  const bool has_query = parsed->target().lend([](std::string_view target) { return target.find('?') != target.npos; });
  return has_query ? "a query is not sent" : "";
}
} // namespace

std::string_view embedded_text() {
  static constexpr char text[] =
#include "runtime/arrakis_toml.inc"
    ;
  return {text, sizeof text - 1};
}

const config::key* schema::find(std::string_view name) const {
  const auto found = std::find_if(keys.begin(), keys.end(), [&](const auto& k) { return k.name == name; });
  return found == keys.end() ? nullptr : &*found;
}

const open_table* schema::table_of(std::string_view name) const {
  for (const auto& table : tables)
    if (name.size() > table.name.size() + 1 && name.starts_with(table.name) && name[table.name.size()] == '.')
      return &table;
  return nullptr;
}

bool schema::knows_section(std::string_view section) const {
  const auto of_section = [&](const auto& each) {
    return each.name.starts_with(section) && each.name.size() > section.size() && each.name[section.size()] == '.';
  };
  return std::ranges::any_of(keys, of_section) || std::ranges::any_of(tables, of_section);
}

std::string schema::nearest(std::string_view name) const {
  std::vector<std::string> names;
  for (const auto& key : keys)
    names.push_back(key.name);
  return nearest_of(names, name);
}

const std::vector<std::string>& chain_ids() {
  static const std::vector<std::string> ids{
#include "runtime/chain_ids.inc"
  };
  return ids;
}

bool open_table::knows(std::string_view key) const { return std::ranges::find(chain_ids(), key) != chain_ids().end(); }

std::string open_table::advice(std::string_view key) const {
  const auto near = nearest_of(chain_ids(), key);
  return near.empty() ? fmt::format("; allowed are {}", fmt::join(chain_ids(), ", "))
                      : fmt::format("; did you mean {}.{}?", name, near);
}

schema read(std::string_view text) {
  auto entries = config_toml::parse(text, "config/arrakis.toml");
  ARRAKIS_ASSERT(entries, "config/arrakis.toml is TOML");
  schema out;
  std::string section;
  comment above;
  for (const auto& raw : split(text, '\n')) {
    const std::string_view line = raw;
    if (line.empty()) {
      above = {};
    } else if (line[0] == '#') {
      read_comment(trimmed(line.substr(1)), above);
    } else if (line[0] == '[') {
      section = line.substr(1, line.find(']') - 1);
      if (!above.open.empty()) {
        std::string_view allowed = above.allowed;
        ARRAKIS_ASSERT(starts_with_word(allowed, "addresses of"), "an open table holds addresses");
        out.tables.push_back({section, above.sentence, above.open, schemes_of(allowed)});
      }
      above = {};
    } else {
      config::key key;
      key.name = section + "." + std::string{trimmed(line.substr(0, line.find('=')))};
      const auto found = std::find_if(entries->begin(), entries->end(),
                                      [&](const auto& e) { return e.name == key.name; });
      ARRAKIS_ASSERT(found != entries->end() && found->value, "each key of config/arrakis.toml stands in one line");
      key.standard = *found->value;
      key.sentence = above.sentence;
      read_allowed(above.allowed, key);
      ARRAKIS_ASSERT(!key.sentence.empty(), "each key of config/arrakis.toml has a sentence");
      ARRAKIS_ASSERT(!std::holds_alternative<int64_t>(key.standard) || !key.unit.empty(),
                     "each integer has a range with a unit");
      ARRAKIS_ASSERT(fault_of(key, key.standard).empty(), "each default is allowed");
      out.keys.push_back(std::move(key));
      above = {};
    }
  }
  return out;
}

const schema& get() {
  static const schema one = read(embedded_text());
  return one;
}

std::string must_be(const config::key& key) {
  if (!key.choices.empty())
    return fmt::format("must be one of {}{}", fmt::join(key.choices, ", "),
                       key.several ? ", or several of them with commas" : "");
  if (!key.schemes.empty())
    return fmt::format("must be an address with one of the schemes {}", fmt::join(split(key.schemes, ' '), ", "));
  switch (key.standard.index()) {
    case 0:
    case 4: return "must be a text in quotes";
    case 1:
      return fmt::format("must be a number, {}–{}{}", key.least, key.most,
                         key.unit.ends_with("number") ? "" : " " + key.unit);
    case 2: return "must be true or false";
    default: return "must be a list of texts in quotes";
  }
}

std::string fault_of(const config::key& key, const config::value& value) {
  if (value.index() != key.standard.index())
    return fmt::format("{} {}", key.name, must_be(key));
  if (const auto* number = std::get_if<int64_t>(&value); number && (*number < key.least || *number > key.most))
    return fmt::format("{} is {}; it {}", key.name, *number, must_be(key));
  const auto* text = std::get_if<std::string>(&value);
  if (text && !key.schemes.empty()) {
    const auto fault = fault_of_address(*text, key.schemes);
    return fault.empty() ? fault : fmt::format("{}: {}; it {}", key.name, fault, must_be(key));
  }
  if (!text || key.choices.empty())
    return {};
  for (const auto& part : key.several ? split(*text, ',') : std::vector{*text})
    if (std::find(key.choices.begin(), key.choices.end(), part) == key.choices.end())
      return fmt::format("{} is \"{}\"; it {}", key.name, part, must_be(key));
  return {};
}
} // namespace arrakis::config_schema
