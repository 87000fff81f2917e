#include "runtime/config.hpp"

#include "runtime/assert.hpp"
#include "runtime/config_environment.hpp"
#include "runtime/config_schema.hpp"
#include "runtime/config_toml.hpp"
#include "runtime/ed25519.hpp"
#include "runtime/file.hpp"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <iterator>
#include <optional>
#include <set>
#include <sys/stat.h>
#include <unistd.h>

namespace arrakis {
namespace {
constexpr std::string_view env_prefix = "ARRAKIS_";
constexpr std::string_view file_suffix = "_file";
constexpr size_t file_bytes_max = 1 << 20; // A configuration or secret larger than 1 MiB is the wrong file.
constexpr std::chrono::seconds pipe_patience{5};

std::string variable_of(std::string_view name) {
  std::string out{env_prefix};
  for (char c : name)
    out += c == '.' ? '_' : c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
  return out;
}

std::string lower(std::string text) {
  for (char& c : text)
    c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

/// Error text for a file that this user may not read, with the remedy.
std::string unreadable(const std::string& path) {
  const auto user = ::geteuid();
  struct stat seen {};
  if (::stat(path.c_str(), &seen) != 0)
    return fmt::format("{}: uid {} may not enter a folder above it; let it (chmod o+x)", path, user);
  return fmt::format("{}: uid {} may not read it: it belongs to uid {} and has mode {:04o}; run: chown {} '{}'", path,
                     user, seen.st_uid, seen.st_mode & 07777, user, path);
}

caf::expected<secret> read_file(const std::string& path) {
  auto text = file::read_given(path, file_bytes_max, pipe_patience);
  if (text)
    return secret{std::move(*text)};
  switch (code_of(text.error())) {
    case ec::timeout:
    case ec::corrupt: return std::move(text.error());
    case ec::refused: return fail(ec::refused, unreadable(path));
    default:
      return fail(ec::not_found, fmt::format("{}: cannot be read; check that it exists and who may read it", path));
  }
}

/// Removes line ends at the end, which editors, pipes and Kubernetes secrets add.
std::string_view trimmed_end(std::string_view text) {
  while (text.ends_with('\n') || text.ends_with('\r'))
    text.remove_suffix(1);
  return text;
}
secret trimmed_end(const secret& text) {
  return text.lend([](std::string_view plain) { return secret{trimmed_end(plain)}; });
}

/// user:password@ of an address, or password= of a connection string.
bool holds_password(std::string_view text) {
  if (text.find("password=") != std::string_view::npos)
    return true;
  const auto scheme = text.find("://");
  if (scheme == std::string_view::npos)
    return false;
  const auto authority = text.substr(scheme + 3, text.find('/', scheme + 3) - scheme - 3);
  const auto at = authority.rfind('@');
  return at != std::string_view::npos && authority.substr(0, at).find(':') != std::string_view::npos;
}

/// Splits at separators; trims the parts and drops empty ones.
template <class Text = std::string>
std::vector<Text> split_list(std::string_view text, char separator = ',') {
  constexpr std::string_view blanks = " \t\r\n";
  std::vector<Text> out;
  for (size_t begin = 0; begin < text.size();) {
    const auto end = std::min(text.find(separator, begin), text.size());
    const auto part = text.substr(begin, end - begin);
    if (const auto first = part.find_first_not_of(blanks); first != std::string_view::npos)
      out.emplace_back(part.substr(first, part.find_last_not_of(blanks) - first + 1));
    begin = end + 1;
  }
  return out;
}

std::vector<secret> split_secrets(const secret& text, char separator = ',') {
  return text.lend([=](std::string_view plain) { return split_list<secret>(plain, separator); });
}

/// The text of a variable as a value of the kind of `standard`; empty when it is none.
std::optional<config::value> from_text(std::string_view text, const config::value& standard) {
  if (std::holds_alternative<secret>(standard))
    return secret{text};
  if (std::holds_alternative<std::string>(standard))
    return std::string{text};
  if (std::holds_alternative<std::vector<std::string>>(standard))
    return split_list(text);
  if (std::holds_alternative<bool>(standard))
    return text == "true"  ? std::optional<config::value>{true}
         : text == "false" ? std::optional<config::value>{false}
                           : std::nullopt;
  int64_t number = 0;
  const auto [end, bad] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (bad != std::errc{} || end != text.data() + text.size())
    return std::nullopt;
  return number;
}

caf::expected<url> parse_address(const secret& text, const config_schema::open_table& table) {
  return text.lend([&](std::string_view plain) { return url::parse(plain, table.schemes); });
}

std::string shown(const config::value& value) {
  if (const auto* text = std::get_if<std::string>(&value))
    return fmt::format("\"{}\"", *text);
  if (const auto* number = std::get_if<int64_t>(&value))
    return fmt::format("{}", *number);
  if (const auto* flag = std::get_if<bool>(&value))
    return *flag ? "true" : "false";
  if (!std::holds_alternative<std::vector<std::string>>(value))
    return "(set)";
  return fmt::format("[{}]", fmt::join(std::get<std::vector<std::string>>(value), ", "));
}
} // namespace

/// Builds a configuration and collects every fault, so that one run shows all.
class config_loader {
public:
  explicit config_loader(const config* before) : before_(before) {
    for (const auto& key : schema_.keys)
      result_.settings_[key.name] = {key.standard, "default"};
  }

  void overlay_file(const std::string& path, std::vector<config_toml::entry> entries) {
    for (auto& entry : entries) {
      const auto source = fmt::format("{}:{}", path, entry.line);
      if (const auto* key = schema_.find(entry.name)) {
        file_value(*key, entry, source);
      } else if (const auto* table = schema_.table_of(entry.name)) {
        table_entry(*table, entry, source);
      } else if (schema_.find(entry.name + std::string{file_suffix})) {
        fault("{}: {} is a secret; put it into a file and name that in {}_file, or set {}", source, entry.name,
              entry.name, variable_of(entry.name));
      } else {
        const auto near = schema_.nearest(entry.name);
        fault("{}: {} is unknown{}", source, entry.name,
              near.empty() ? "; allowed are the keys of config/arrakis.toml" : fmt::format("; did you mean {}?", near));
      }
    }
  }

  /// Removes variables that are not settings: empty ones, and those that Kubernetes sets for a Service.
  config::environment set_variables(const config::environment& env) {
    config::environment out;
    for (const auto& [variable, text] : env) {
      if (!variable.starts_with(env_prefix))
        continue;
      auto value = trimmed_end(text);
      const bool of_kubernetes = value.lend(
        [&](std::string_view plain) { return config_environment::is_of_kubernetes(variable, plain); });
      if (of_kubernetes) {
        if (is_of_a_section(variable))
          result_.notices_.push_back(variable + " is left out: Kubernetes writes it for a Service");
      } else if (!value.empty()) {
        out.emplace(variable, std::move(value));
      }
    }
    return out;
  }

  void overlay_environment(const config::environment& env) {
    for (const auto& [variable, text] : env)
      if (!known_variable(variable, text))
        unknown_variable(variable);
  }

  void read_secrets(const config::environment& env) {
    for (const auto& key : schema_.keys) {
      if (!key.name.ends_with(file_suffix))
        continue;
      const auto name = key.name.substr(0, key.name.size() - file_suffix.size());
      const auto& path = std::get<std::string>(result_.settings_.at(key.name).value);
      if (const auto set = env.find(variable_of(name)); set != env.end())
        result_.secrets_[name] = set->second;
      else if (!path.empty())
        secret_file(name, path);
      else if (const auto plain = result_.settings_.find(name); plain != result_.settings_.end())
        result_.secrets_[name] = std::get<secret>(plain->second.value);
    }
  }

  /// Checks that involve several keys.
  void check_together() {
    if (result_.integer("queue.renew_ms") * 3 > result_.integer("queue.lock_ms"))
      fault("{}: queue.renew_ms is more than a third of queue.lock_ms: one lost renewal would lose the lock",
            source_of("queue.renew_ms"));
    if (result_.text("postgres.mode") == "external")
      for (auto name : {"postgres.dsn", "postgres.relay_dsn"})
        if (result_.secret(name).empty())
          fault("{}: {} (or {}_file) is needed when postgres.mode is external", source_of("postgres.mode"), name, name);
    if (result_.text("redis.mode") == "external" && result_.secret("redis.url").empty())
      fault("{}: redis.url (or redis.url_file) is needed when redis.mode is external", source_of("redis.mode"));
    const auto& public_key = result_.text("discord.public_key");
    if (public_key.empty())
      return;
    if (const auto key = ed25519::public_key::parse(public_key); !key)
      fault("{}: discord.public_key is not a key: {}; it must be 64 hex digits, as the developer portal shows them",
            source_of("discord.public_key"), text_of(key.error()));
  }

  caf::expected<config> take() {
    if (faults_.empty())
      return std::move(result_);
    return failed<config>(ec::invalid, fmt::format("{}", fmt::join(faults_, "\n")));
  }

private:
  template <class... Args>
  void fault(fmt::format_string<Args...> format, Args&&... args) {
    faults_.push_back(fmt::format(format, std::forward<Args>(args)...));
  }

  const std::string& source_of(std::string_view name) const { return result_.settings_.find(name)->second.source; }

  /// `chain = [addresses]`, or `chain_file = "path"`.
  void table_entry(const config_schema::open_table& table, config_toml::entry& entry, const std::string& source) {
    auto key = entry.name.substr(table.name.size() + 1);
    const auto* path = entry.value ? std::get_if<std::string>(&*entry.value) : nullptr;
    auto* list = entry.value ? std::get_if<std::vector<std::string>>(&*entry.value) : nullptr;
    if (path && key.ends_with(file_suffix))
      address_file(table, key.substr(0, key.size() - file_suffix.size()), *path, source);
    else if (list)
      address_list(table, key, {std::move_iterator{list->begin()}, std::move_iterator{list->end()}}, source, false);
    else
      fault("{}: {} must be a list of texts in quotes", source, entry.name);
  }

  /// Reads one address for each line; ignores lines that begin with #.
  void address_file(const config_schema::open_table& table, const std::string& key, const std::string& path,
                    const std::string& source) {
    const auto text = read_file(path);
    if (!text) {
      fault("{}: {}.{}{}: {}", source, table.name, key, file_suffix, text_of(text.error()));
      return;
    }
    auto lines = split_secrets(*text, '\n');
    std::erase_if(lines, [](const secret& line) {
      return line.lend([](std::string_view plain) { return plain.starts_with('#'); });
    });
    if (lines.empty())
      fault("{}: {}.{}{}: {} holds no address", source, table.name, key, file_suffix, path);
    address_list(table, key, std::move(lines), source, true);
  }

  /// `may_hold_secrets`: where the list stands.
  void address_list(const config_schema::open_table& table, const std::string& key, std::vector<secret> list,
                    const std::string& source, bool may_hold_secrets) {
    const auto name = table.name + "." + key;
    if (!table.knows(key)) {
      fault("{}: {} is unknown{}", source, name, table.advice(key));
      return;
    }
    for (size_t i = 0; i < list.size(); ++i) {
      const auto parsed = parse_address(list[i], table);
      if (!parsed)
        fault("{}: {}: address {} is none: {}", source, name, i + 1, text_of(parsed.error()));
      else if (!may_hold_secrets && !parsed->authorization().empty())
        fault("{}: {}: address {} holds a password; put the addresses into a file, one a line, and name it in {}_file, "
              "or set {}",
              source, name, i + 1, name, variable_of(name));
    }
    result_.settings_[name] = {std::move(list), source};
  }

  void file_value(const config::key& key, config_toml::entry& entry, const std::string& source) {
    auto* text = entry.value ? std::get_if<std::string>(&*entry.value) : nullptr;
    const bool has_password = text && holds_password(*text);
    if (text && std::holds_alternative<secret>(key.standard))
      entry.value = secret{std::move(*text)};
    const auto wrong = entry.value ? config_schema::fault_of(key, *entry.value)
                                   : key.name + " " + config_schema::must_be(key);
    if (!wrong.empty()) {
      fault("{}: {}", source, wrong);
      return;
    }
    if (has_password)
      fault("{}: {} holds a password; put the value into a file and name it in {}_file, or set {}", source, key.name,
            key.name, variable_of(key.name));
    else
      result_.settings_[key.name] = {std::move(*entry.value), source};
  }

  bool known_variable(const std::string& variable, const secret& text) {
    for (const auto& key : schema_.keys) {
      if (variable_of(key.name) == variable) {
        const auto value = text.lend([&](std::string_view plain) { return from_text(plain, key.standard); });
        const auto wrong = value ? config_schema::fault_of(key, *value) : key.name + " " + config_schema::must_be(key);
        if (wrong.empty())
          result_.settings_[key.name] = {*value, variable};
        else
          fault("{}: {}", variable, wrong);
        return true;
      }
      if (key.name.ends_with(file_suffix)
          && variable_of(key.name.substr(0, key.name.size() - file_suffix.size())) == variable)
        return true; // A secret; see read_secrets.
    }
    for (const auto& table : schema_.tables) {
      const auto prefix = variable_of(table.name) + "_";
      if (variable.size() > prefix.size() && variable.starts_with(prefix)) {
        const auto key = lower(variable.substr(prefix.size()));
        if (key.ends_with(file_suffix) && !table.knows(key))
          text.lend([&](std::string_view path) {
            address_file(table, key.substr(0, key.size() - file_suffix.size()), std::string{path}, variable);
          });
        else
          address_list(table, key, split_secrets(text), variable, true);
        return true;
      }
    }
    return false;
  }

  bool is_of_a_section(const std::string& variable) const {
    const auto name = lower(variable.substr(env_prefix.size()));
    const auto end = name.find('_');
    return end != std::string::npos && schema_.knows_section(name.substr(0, end));
  }

  /// Finds misspelt variables: other programs use this prefix too, but one whose first word is a known section is a
  /// slip.
  void unknown_variable(const std::string& variable) {
    if (!is_of_a_section(variable))
      return;
    auto name = lower(variable.substr(env_prefix.size()));
    name[name.find('_')] = '.';
    const auto near = schema_.nearest(name);
    fault("{}: there is no key {}{}", variable, name,
          near.empty() ? "" : fmt::format("; did you mean {}?", variable_of(near)));
  }

  void secret_file(const std::string& name, const std::string& path) {
    auto text = read_file(path);
    if (const auto kept = kept_secret(name, path); !text && code_of(text.error()) == ec::refused && kept) {
      result_.notices_.push_back(
        fmt::format("{}{}: {}; the value of before is kept until a restart", name, file_suffix, text_of(text.error())));
      result_.secrets_[name] = *kept;
      return;
    }
    if (!text) {
      fault("{}: {}{}: {}", source_of(name + std::string{file_suffix}), name, file_suffix, text_of(text.error()));
      return;
    }
    auto value = trimmed_end(*text);
    if (value.empty())
      fault("{}: {}{}: {} is empty", source_of(name + std::string{file_suffix}), name, file_suffix, path);
    result_.secrets_[name] = std::move(value);
  }

  /// Secret that was read from the same file before.
  std::optional<secret> kept_secret(const std::string& name, const std::string& path) const {
    const auto file = name + std::string{file_suffix};
    if (!before_ || before_->text(file) != path || before_->secret(name).empty())
      return std::nullopt;
    return before_->secret(name);
  }

  const config* before_;
  const config_schema::schema& schema_ = config_schema::get();
  config result_;
  std::vector<std::string> faults_;
};

caf::expected<config> config::load(const std::string& path, const environment& env) { return load(nullptr, path, env); }

caf::expected<config> config::reload(const config& before, const std::string& path, const environment& env) {
  return load(&before, path, env);
}

caf::expected<config> config::load(const config* before, const std::string& path, const environment& env) {
  config_loader loader{before};
  if (!path.empty()) {
    auto text = read_file(path);
    if (!text)
      return text.error();
    auto entries = text->lend([&](std::string_view plain) { return config_toml::parse(plain, path); });
    if (!entries)
      return entries.error();
    loader.overlay_file(path, std::move(*entries));
  }
  const auto set = loader.set_variables(env);
  loader.overlay_environment(set);
  loader.read_secrets(set);
  loader.check_together();
  return loader.take();
}

config::environment config::process_environment() {
  environment out;
  for (char** at = environ; at && *at; ++at) {
    const std::string_view pair{*at};
    const auto equals = pair.find('=');
    if (pair.starts_with(env_prefix) && equals != std::string_view::npos)
      out.emplace(pair.substr(0, equals), pair.substr(equals + 1));
  }
  return out;
}

const std::vector<config::key>& config::keys() { return config_schema::get().keys; }

const config::value& config::at(std::string_view name) const {
  const auto found = settings_.find(name);
  ARRAKIS_ASSERT(found != settings_.end(), fmt::format("config key {} is in config/arrakis.toml", name));
  return found->second.value;
}

const std::string& config::text(std::string_view name) const {
  const auto* found = std::get_if<std::string>(&at(name));
  ARRAKIS_ASSERT(found, fmt::format("config key {} is a text", name));
  return *found;
}

int64_t config::integer(std::string_view name) const {
  const auto* found = std::get_if<int64_t>(&at(name));
  ARRAKIS_ASSERT(found, fmt::format("config key {} is an integer", name));
  return *found;
}

bool config::boolean(std::string_view name) const {
  const auto* found = std::get_if<bool>(&at(name));
  ARRAKIS_ASSERT(found, fmt::format("config key {} is true or false", name));
  return *found;
}

std::chrono::milliseconds config::milliseconds(std::string_view name) const {
  const auto number = integer(name);
  const auto* key = config_schema::get().find(name);
  ARRAKIS_ASSERT(key->unit == "seconds" || key->unit == "milliseconds", fmt::format("config key {} is a time", name));
  return std::chrono::milliseconds{key->unit == "seconds" ? number * 1000 : number};
}

const std::vector<std::string>& config::list(std::string_view name) const {
  const auto* found = std::get_if<std::vector<std::string>>(&at(name));
  ARRAKIS_ASSERT(found, fmt::format("config key {} is a list", name));
  return *found;
}

arrakis::secret config::secret(std::string_view name) const {
  ARRAKIS_ASSERT(config_schema::get().find(fmt::format("{}{}", name, file_suffix)),
                 fmt::format("{}_file is in config/arrakis.toml", name));
  const auto found = secrets_.find(name);
  return found == secrets_.end() ? arrakis::secret{} : found->second;
}

std::map<std::string, std::vector<url>> config::addresses(std::string_view table) const {
  const auto& tables = config_schema::get().tables;
  const auto known = std::ranges::find(tables, table, &config_schema::open_table::name);
  ARRAKIS_ASSERT(known != tables.end(), fmt::format("{} is an open table of config/arrakis.toml", table));
  std::map<std::string, std::vector<url>> out;
  for (const auto& [name, setting] : settings_) {
    if (config_schema::get().table_of(name) != &*known)
      continue;
    auto& list = out[name.substr(table.size() + 1)];
    for (const auto& text : std::get<std::vector<arrakis::secret>>(setting.value)) {
      auto parsed = parse_address(text, *known);
      ARRAKIS_ASSERT(parsed, "an address was judged when it was read");
      list.push_back(std::move(*parsed));
    }
  }
  return out;
}

std::vector<std::string> config::differences(const config& other) const {
  std::set<std::string> names;
  const auto compare = [&](const config& one, const config& two) {
    for (const auto& [name, setting] : one.settings_) {
      const auto there = two.settings_.find(name);
      if (!name.ends_with(file_suffix) && (there == two.settings_.end() || there->second.value != setting.value))
        names.insert(name);
    }
    for (const auto& [name, held] : one.secrets_) {
      const auto there = two.secrets_.find(name);
      if (!(held == (there == two.secrets_.end() ? arrakis::secret{} : there->second)))
        names.insert(name);
    }
  };
  compare(*this, other);
  compare(other, *this);
  return {names.begin(), names.end()};
}

std::string config::describe() const {
  std::string out;
  std::map<std::string, std::vector<std::string>> origins;
  for (const auto& table : config_schema::get().tables)
    for (const auto& [key, list] : addresses(table.name))
      for (const auto& address : list)
        origins[table.name + "." + key].push_back(address.origin());
  for (const auto& [name, setting] : settings_) {
    const auto held = secrets_.find(name);
    const auto value = config_schema::get().table_of(name) ? shown(origins[name])
                     : held == secrets_.end()              ? shown(setting.value)
                     : held->second.empty()                ? "\"\""
                                                           : "(set)";
    out += fmt::format("{} = {}  ({})\n", name, value, setting.source);
  }
  for (const auto& [name, held] : secrets_)
    if (!settings_.contains(name) && !held.empty())
      out += fmt::format("{} = (set)\n", name);
  return out;
}
} // namespace arrakis
