#include "runtime/cli/output.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/json/object.hpp>
#include <charconv>
#include <fmt/format.h>
#include <fmt/ranges.h>

namespace arrakis::cli {
namespace {
using strings = std::vector<std::string>;

const command* child_of(const command& c, const std::string& name) {
  const auto found = std::ranges::find(c.commands, name, &command::name);
  return found == c.commands.end() ? nullptr : &*found;
}

/// The command that the first words name, and the index of the next word.
struct place {
  const command* at = nullptr;
  strings path;
  std::string full_name;
  strings left; ///< Words behind the path, without options.
};

place walk(const command& root, const strings& words) {
  place p{&root, {}, root.name, {}};
  for (size_t i = 0; i < words.size(); ++i) {
    const auto named = std::ranges::find(root.options, words[i], &option::name);
    if (named != root.options.end() && !named->value.empty())
      ++i;
    else if (const auto* next = p.left.empty() ? child_of(*p.at, words[i]) : nullptr) {
      p.at = next;
      p.path.push_back(words[i]);
      p.full_name += " " + words[i];
    } else if (!words[i].starts_with("-"))
      p.left.push_back(words[i]);
  }
  return p;
}

void complain(const place& p, const std::string& sentence) {
  terminal::print_lines(terminal::stream::error, fmt::format("{}: {}\nUsage: {}\nTry '{} --help'.\n", p.full_name,
                                                             sentence, usage_of(*p.at, p.full_name), p.full_name));
}

std::string names_of(const command& c) {
  strings names;
  for (const auto& each : c.commands)
    names.push_back(each.name);
  return fmt::format("{}", fmt::join(names, ", "));
}

/// The words that ask for help, also when all else is wrong; -1: none does.
int answer_help(const command& root, const strings& words) {
  const auto end = std::find(words.begin(), words.end(), "--");
  strings asked{words.begin(), end};
  const auto flags = std::erase_if(asked, [](const auto& w) { return w == "-h" || w == "--help"; });
  auto p = walk(root, asked);
  const bool word = !p.left.empty() && p.left.front() == "help" && (!p.at->commands.empty() || p.left.size() == 1);
  if (flags == 0 && !word)
    return -1;
  if (word) {
    strings rest{p.path};
    rest.insert(rest.end(), p.left.begin() + 1, p.left.end());
    p = walk(root, rest);
  }
  if (!p.left.empty() && !p.at->commands.empty()) {
    complain(p, fmt::format("there is no command '{}'. There are: {}.", p.left.front(), names_of(*p.at)));
    return misuse;
  }
  terminal::print_lines(terminal::stream::output, help_of(root, p.path));
  return success;
}

CLI::Validator validator(const strings& choices, const check& is_valid) {
  return {[choices, is_valid](std::string& value) -> std::string {
            if (!choices.empty() && std::ranges::find(choices, value) == choices.end())
              return fmt::format("'{}' is none of: {}", value, fmt::join(choices, ", "));
            const auto wrong = is_valid ? is_valid(value) : std::string{};
            return wrong.empty() ? wrong : fmt::format("'{}' {}", value, wrong);
          },
          ""};
}

/// The parser's objects, by the name of each word and option, for each command.
struct parsed {
  const command* what;
  CLI::App* app;
  std::vector<std::pair<std::string, CLI::Option*>> values;
};

void declare(CLI::App& app, const command& c, std::vector<parsed>& all) {
  parsed p{&c, &app, {}};
  app.set_help_flag();
  app.fallthrough();
  if (!c.commands.empty())
    app.require_subcommand(c.run ? 0 : 1, 1);
  for (const auto& o : c.options) {
    auto* added = o.value.empty() ? app.add_flag(o.name) : app.add_option(o.name)->expected(1)->type_name(o.value);
    if (!o.value.empty())
      added->check(validator(o.choices, o.is_valid));
    p.values.emplace_back(o.name, added);
  }
  for (const auto& w : c.words) {
    auto* added = app.add_option(w.name)->required(w.required)->check(validator(w.choices, w.is_valid));
    if (w.many)
      added->expected(-1)->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
    p.values.emplace_back(w.name, added);
  }
  all.push_back(std::move(p));
  for (const auto& each : c.commands)
    declare(*app.add_subcommand(each.name), each, all);
}

/// Error text of a parse error.
std::string sentence_of(const CLI::ParseError& e, const CLI::App& app, const place& p) {
  const bool required = dynamic_cast<const CLI::RequiredError*>(&e) != nullptr;
  if (!required && dynamic_cast<const CLI::ExtrasError*>(&e) == nullptr)
    return fmt::format("{}.", e.what());
  for (const auto& word : app.remaining(true))
    if (word.starts_with("-"))
      return fmt::format("'{}' was not expected.", word);
  if (!p.at->commands.empty() && !p.left.empty())
    return fmt::format("there is no command '{}'. There are: {}.", p.left.front(), names_of(*p.at));
  if (!p.at->run)
    return fmt::format("a command is missing. There are: {}.", names_of(*p.at));
  return required ? fmt::format("{}.", e.what())
                  : fmt::format("'{}' was not expected.", fmt::join(app.remaining(true), " "));
}

command completion_command(const std::string& program) {
  command c;
  c.name = "completion";
  c.help = "Prints the completion script of a shell.";
  c.words = {{"SHELL", "The shell that completes.", true, false, {"bash", "zsh", "fish"}, {}}};
  c.examples = {{fmt::format("{0} completion bash > /etc/bash_completion.d/{0}", program), "for all users of bash"},
                {fmt::format("{0} completion zsh > ~/.zfunc/_{0}", program), "for zsh, with ~/.zfunc in fpath"},
                {fmt::format("{0} completion fish > ~/.config/fish/completions/{0}.fish", program), "for fish"}};
  return c;
}

command man_command(const std::string& program) {
  command c;
  c.name = "man";
  c.help = "Prints the man page.";
  c.examples = {{fmt::format("{0} man > /usr/local/share/man/man1/{0}.1", program), "then: man " + program}};
  return c;
}

/// Both read the declaration that they are a part of.
void add_standard(command& root, const std::string& version) {
  root.commands.push_back(completion_command(root.name));
  root.commands.push_back(man_command(root.name));
  const auto whole = root;
  const auto with_result = [](std::string kind, std::string text) {
    return output{boost::json::object{{kind, text}}, text, {}};
  };
  for (auto& c : root.commands)
    if (c.name == "completion")
      c.run = printed([=](const arguments& given) -> caf::expected<output> {
        return with_result("script", completion_of(whole, given.text("SHELL")));
      });
    else if (c.name == "man")
      c.run = printed(
        [=](const arguments&) -> caf::expected<output> { return with_result("page", man_of(whole, version)); });
}

arguments read(const std::vector<parsed>& all) {
  arguments given;
  for (const auto& p : all)
    if (p.app->parsed() || p.app->get_parent() == nullptr)
      for (const auto& [name, value] : p.values)
        if (value->count() > 0)
          given.set(name, value->results());
  return given;
}
} // namespace

std::string whole_number(const std::string& text) {
  int64_t value = 0;
  const auto* end = text.data() + text.size();
  const auto [at, bad] = std::from_chars(text.data(), end, value);
  return bad == std::errc{} && at == end && value > 0 ? "" : "must be a whole number from 1";
}

std::string arguments::text(const std::string& name, const std::string& otherwise) const {
  const auto found = values_.find(name);
  return found == values_.end() || found->second.empty() ? otherwise : found->second.front();
}
std::string arguments::joined(const std::string& name) const {
  const auto found = values_.find(name);
  return found == values_.end() ? "" : fmt::format("{}", fmt::join(found->second, " "));
}
int64_t arguments::number(const std::string& name) const {
  const auto digits = text(name);
  int64_t value = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), value);
  return value;
}

int run(command root, const std::string& version, const std::vector<std::string>& words) {
  add_standard(root, version);
  if (const auto code = answer_help(root, words); code >= 0)
    return code;
  CLI::App app;
  std::vector<parsed> all;
  declare(app, root, all);
  app.set_version_flag("-V,--version", version);
  try {
    app.parse(strings{words.rbegin(), words.rend()});
  } catch (const CLI::CallForVersion&) {
    terminal::print_lines(terminal::stream::output, root.name + " " + version + "\n");
    return success;
  } catch (const CLI::ParseError& e) {
    const auto p = walk(root, words);
    complain(p, sentence_of(e, app, p));
    return misuse;
  }
  const auto* chosen = &root;
  for (const auto* at = &app; !at->get_subcommands().empty();) {
    at = at->get_subcommands().front();
    chosen = std::ranges::find(all, at, &parsed::app)->what;
  }
  return chosen->run(read(all));
}
} // namespace arrakis::cli
