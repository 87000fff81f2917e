#include "tests/tidy/rules.hpp"

#include "runtime/config_schema.hpp"
#include "tests/tidy/coroutines.hpp"
#include "tests/tidy/directions.hpp"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <map>
#include <set>

namespace arrakis::tidy {
namespace {
using findings = std::vector<finding>;

std::string lower(std::string_view text) {
  std::string out{text};
  for (char& c : out)
    c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return out;
}

// --- One file
// ------------------------------------------------------------------------------------------------------------

void sizes(const source& file, findings& out) {
  const bool program = file.is_cpp() || file.path.ends_with(".js") || file.path.ends_with(".mjs")
                    || file.path.ends_with(".py");
  if (!program)
    return;
  const auto lines = lines_of(file.text);
  if (lines.size() > file_lines_max)
    out.push_back({"file_length", file.path, 0,
                   fmt::format("{} lines, at most {}; split it by reason to exist", lines.size(), file_lines_max)});
  for (size_t i = 0; i < lines.size(); ++i) {
    const auto columns = std::count_if(lines[i].begin(), lines[i].end(), [](char c) { return (c & 0xc0) != 0x80; });
    if (static_cast<size_t>(columns) > line_columns_max)
      out.push_back(
        {"line_length", file.path, i + 1, fmt::format("{} columns, at most {}", columns, line_columns_max)});
  }
  if (file.is_cpp())
    for (const auto& function : functions_of(file))
      if (function.lines > function_lines_max)
        out.push_back({"function_length", file.path, function.line,
                       fmt::format("{} lines, at most {}; name a part of it", function.lines, function_lines_max)});
}

struct banned_word {
  std::string_view word, instead;
  bool in_tests_too = true;
  std::string_view only_in = ""; ///< A folder; empty: everywhere.
  std::string_view unless = "";  ///< Allowed when this follows.
};
constexpr banned_word banned_code[]{
  {"caf::infinite", "a deadline: ask(self, to, until, ...)", false},
  {"sleep_for", "the actor's clock: nap, delayed_send; in tests sim.advance"},
  {"sleep_until", "the actor's clock: nap, delayed_send; in tests sim.advance"},
  {"usleep", "the actor's clock: nap, delayed_send; in tests sim.advance"},
  {"system_clock::now", "arrakis::wall_ms of runtime/clock.hpp"},
  {"steady_clock::now", "the actor's clock: self->clock().now()", false, "actors/"},
  {"std::cout", "runtime/terminal.hpp in a program for a person, else runtime/log.hpp"},
  {"std::cerr", "runtime/log.hpp"},
  {"rand", "random_bytes or jitter of runtime/clock.hpp"},
  {"srand", "seed_jitter of runtime/clock.hpp"},
  {"std::random_device", "random_bytes of runtime/clock.hpp"},
  {"std::mt19937", "jitter of runtime/clock.hpp", false},
  {"std::mt19937_64", "jitter of runtime/clock.hpp", false},
  {"catch (...)", "the exception that is meant; what is not expected ends the actor"},
  {"shared_ptr", "a value or unique_ptr; what is shared is const", false, "actors/", "<const "},
  {"shared_ptr", "a value; what is shared is const", true, "schemas/", "<const "},
  {"detach()", "a joined thread, or a detached actor"},
  {"getenv", "runtime/config.hpp", false},
  {"gmtime", "iso8601 of runtime/clock.hpp"},
  {"localtime", "iso8601 of runtime/clock.hpp: all times are UTC"},
  {"strtol", "std::from_chars"},
  {"atoi", "std::from_chars"},
  {"sprintf", "fmt::format"},
  {"const_cast", "a parameter of the type that is meant"},
  {"EVP_PKEY_new_raw_public_key", "ed25519::public_key of runtime/ed25519.hpp, which refuses what is no key", false},
  {"EVP_EncodeBlock", "base64 of runtime/base64.hpp", false},
};
constexpr banned_word banned_comments[]{
  {"todo", "an issue, or do it now"},
  {"fixme", "an issue, or do it now"},
  {"xxx", "a sentence"},
  {"for now", "what holds and until when, or nothing"},
  {"placeholder", "the real thing"},
  {"stub", "the real thing"},
};
constexpr banned_word banned_includes[]{
  {"caf/all.hpp", "the headers that are used"},
  {"caf/io/all.hpp", "nothing: CAF stays inside the process (docs/architecture.md)"},
  {"cassert", "runtime/assert.hpp"},
  {"boost/asio.hpp", "the headers that are used"},
  {"iostream", "runtime/log.hpp"},
  {"regex", "a few lines of code: std::regex recurses on its input"},
};

void banned(const source& file, findings& out) {
  if (!file.is_cpp())
    return;
  for (const auto& b : banned_code) {
    if ((file.is_test() && !b.in_tests_too) || !file.path.starts_with(b.only_in))
      continue;
    for (auto at : places_of(file.code, b.word))
      if (b.unless.empty() || !std::string_view{file.code}.substr(at + b.word.size()).starts_with(b.unless))
        out.push_back({"banned", file.path, line_of(file.code, at), fmt::format("{}: use {}", b.word, b.instead)});
  }
  const auto comments = lower(file.comments);
  for (const auto& b : banned_comments)
    for (auto at : places_of(comments, b.word))
      out.push_back(
        {"banned", file.path, line_of(comments, at), fmt::format("\"{}\" in a comment: write {}", b.word, b.instead)});
  for (const auto& i : includes_of(file))
    for (const auto& b : banned_includes)
      if (i.path == b.word)
        out.push_back({"banned", file.path, i.line, fmt::format("<{}>: include {}", b.word, b.instead)});
}

void headers(const source& file, findings& out) {
  if (!file.is_header())
    return;
  if (!file.text.starts_with("#pragma once"))
    out.push_back({"header", file.path, 1, "begins with #pragma once"});
  // Seconds of compile time each (docs/decisions): paid where they are used, not where they are mentioned.
  constexpr std::array heavy{"boost/beast", "pqxx/",   "simdjson", "valijson/",
                             "nlohmann/",   "caf/io/", "spdlog/",  "runtime/toml.hpp"};
  for (const auto& i : includes_of(file))
    for (const auto* h : heavy)
      if (i.path.starts_with(h))
        out.push_back({"heavy_header", file.path, i.line,
                       fmt::format("{} in a header; include it in a .cpp behind this header", i.path)});
}

/// A library that must be compiled in one way everywhere, or that others need not know, comes in through one file.
void wrapped(const source& file, findings& out) {
  struct wrapper {
    std::string_view library, file, instead;
  };
  constexpr wrapper wrappers[]{{"toml++/", "runtime/toml.hpp", "runtime/toml.hpp"},
                               {"unicode/", "runtime/unicode.cpp", "runtime/unicode.hpp"},
                               {"spdlog/", "runtime/log.cpp", "runtime/log.hpp"},
                               {"CLI/", "runtime/cli/parse.cpp", "runtime/cli/command.hpp"}};
  for (const auto& i : includes_of(file))
    for (const auto& w : wrappers)
      if (i.path.starts_with(w.library) && file.path != w.file)
        out.push_back({"wrapped", file.path, i.line, fmt::format("<{}>: include \"{}\"", i.path, w.instead)});
}

void directions(const source& file, findings& out) {
  if (!file.is_cpp())
    return;
  for (const auto& i : includes_of(file)) {
    if (!i.quoted)
      continue;
    if (const auto fault = direction_fault(file.path, i.path); !fault.empty())
      out.push_back({"direction", file.path, i.line, fmt::format("{}: {}", i.path, fault)});
  }
}

/// Errors are values; an exception is caught where a library throws it, and in a main.
void catches(const source& file, findings& out) {
  if (!file.is_cpp() || file.is_test() || file.path.starts_with("adapters/") || file.path.starts_with("runtime/")
      || (file.path.starts_with("apps/") && file.name() == "main.cpp"))
    return;
  for (auto at : places_of(file.code, "catch"))
    out.push_back({"catch", file.path, line_of(file.code, at),
                   "catch only in an adapter, in runtime or in a main; let it end the actor"});
}

/// A program reads the configuration and ties; what runs is declared where it belongs.
void no_actor_in_apps(const source& file, findings& out) {
  if (!file.is_cpp() || file.is_test() || !file.path.starts_with("apps/"))
    return;
  for (const auto* word : {"spawn", "behavior_type", "stateful_actor", "stateful_pointer", "event_based_actor",
                           "typed_event_based_actor", "blocking_actor"})
    for (auto at : places_of(file.code, word))
      out.push_back({"actor_in_app", file.path, line_of(file.code, at),
                     fmt::format("{}: an actor lives in actors/, adapters/ or runtime/; apps/ only starts it", word)});
}

bool is_event(std::string_view name) {
  const auto is_part = [](std::string_view part) {
    return !part.empty() && part[0] >= 'a' && part[0] <= 'z' && std::all_of(part.begin(), part.end(), [](char c) {
      return c == '_' || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
    });
  };
  const auto dot = name.find('.');
  // Discord's 429 is a status and the name of what happened.
  return dot != std::string_view::npos && is_part(name.substr(0, dot))
      && (is_part(name.substr(dot + 1)) || name.substr(dot + 1) == "429");
}

/// Functions of this file that log an event which their caller names: `void report(const char* event, ...)`.
std::vector<std::string> event_writers(const source& file) {
  std::vector<std::string> out;
  for (const auto* parameter : {"const char* event", "std::string_view event"})
    for (auto at : places_of(file.code, parameter)) {
      const auto open = file.code.rfind('(', at);
      const auto name = open == std::string::npos ? open : file.code.find_last_of(" \n*&", open);
      const auto body = std::string_view{file.code}.substr(at, file.code.find("\n}", at) - at);
      if (name != std::string::npos && body.find("log::") != std::string_view::npos)
        out.push_back(file.code.substr(name + 1, open - name - 1));
    }
  return out;
}

/// The names of log events sort by what they are about: "queue.lock_lost".
void log_events(const source& file, findings& out) {
  if (!file.is_cpp() || file.is_test() || file.path == "runtime/log.hpp")
    return;
  std::vector<std::string> calls{"log::debug", "log::info",  "log::warn",
                                 "log::error", "log::write", "refresher::events"};
  for (auto& writer : event_writers(file))
    calls.push_back(std::move(writer));
  for (const auto& call : calls)
    for (auto at : places_of(file.code, call)) {
      const auto rest = std::string_view{file.code}.substr(at);
      const auto end = std::min({rest.find("{{"), rest.find(");"), rest.find("});")}); // Without the fields.
      const auto text = std::string_view{file.text}.substr(at, end);
      for (auto begin = text.find('"'); begin != std::string_view::npos;) {
        const auto close = std::min(text.find('"', begin + 1), text.size());
        if (!is_event(text.substr(begin + 1, close - begin - 1)))
          out.push_back({"log_event", file.path, line_of(file.code, at),
                         "an event is called <area>.<what_happened>: \"queue.lock_lost\""});
        begin = text.find('"', close + 1);
      }
    }
}

/// A write to Discord that does not pass the gate has no fence, no intent and no audit reason.
void one_gate(const source& file, findings& out) {
  const bool speaks_for_itself = file.path.starts_with("actors/gate/") || file.path.starts_with("actors/ingress/");
  if (!file.is_cpp() || file.is_test() || !file.path.starts_with("actors/") || speaks_for_itself)
    return;
  for (auto at : places_of(file.code, "discord::call")) {
    const auto statement = std::string_view{file.text}.substr(at, file.code.find(';', at) - at);
    for (auto method : {"\"POST", "\"PUT", "\"PATCH", "\"DELETE"})
      if (statement.find(method) != std::string_view::npos)
        out.push_back({"one_gate", file.path, line_of(file.code, at), "a write to Discord goes through actors/gate"});
  }
}

/// An actor that the registry does not know is seen by no operator.
void one_spawn(const source& file, findings& out) {
  const bool ours = file.path.starts_with("actors/") || file.path.starts_with("adapters/")
                 || file.path.starts_with("runtime/"); // In apps/ there is none: no_actor_in_apps.
  if (!ours || file.is_test() || file.path.ends_with(".test.hpp") || file.path.starts_with("runtime/registry/"))
    return;
  for (const auto* call : {".spawn(", ".spawn<", "->spawn(", "->spawn<", "spawn_class<", "spawn_functor<"})
    for (auto at = file.code.find(call); at != std::string::npos; at = file.code.find(call, at + 1))
      out.push_back({"one_spawn", file.path, line_of(file.code, at),
                     "an actor is spawned by registry::spawn of runtime/registry/spawn.hpp, which files it"});
}

/// Text for a terminal passes the one function that makes foreign text harmless there.
void terminals(const source& file, findings& out) {
  if (!file.is_cpp() || file.is_test() || file.path.starts_with("bench/") || file.path == "runtime/terminal.cpp")
    return;
  for (const auto* word : {"fmt::print", "fmt::vprint", "printf", "fprintf", "vfprintf", "puts", "fputs", "putchar",
                           "fputc", "putc", "perror", "psignal", "stdout", "stderr", "std::clog", "fwrite"})
    for (auto at : places_of(file.code, word))
      out.push_back(
        {"terminal", file.path, line_of(file.code, at),
         fmt::format("{}: use runtime/terminal.hpp, which shows foreign text so that nothing of it is obeyed", word)});
}

/// Text between signs of emphasis or quotation marks is a name that somebody else may have given.
void messages(const source& file, findings& out) {
  const bool speaks = file.path.starts_with("actors/") || file.path.starts_with("schemas/");
  if (!file.is_cpp() || file.is_test() || !speaks)
    return;
  for (const auto& [bare, instead] :
       {std::pair{"“{}", "quoted(name)"}, {"**{}", "bold(name)"}, {"“\" +", "quoted(name)"}, {"**\" +", "bold(name)"}})
    for (auto at = file.text.find(bare); at != std::string::npos; at = file.text.find(bare, at + 1))
      out.push_back({"message", file.path, line_of(file.text, at),
                     fmt::format("a foreign name in a message: use {} of runtime/foreign_text.hpp", instead)});
}

/// The project stands on its own feet.
void own_feet(const source& file, findings& out) {
  for (const std::string& word : {std::string{".."} + "/shared", std::string{"/work"} + "/shared"})
    for (auto at = file.text.find(word); at != std::string::npos; at = file.text.find(word, at + 1))
      out.push_back({"own_feet", file.path, line_of(file.text, at), word + " is not part of the project"});
}

void golden_lists(const source& file, findings& out) {
  if (!file.path.starts_with("schemas/golden/") || !file.path.ends_with(".txt"))
    return;
  std::string_view last;
  size_t number = 0;
  for (auto line : lines_of(file.text)) {
    ++number;
    if (line.empty() || line[0] == '#')
      continue;
    if (line <= last)
      out.push_back({"golden", file.path, number, "a golden list is sorted and names nothing twice"});
    last = line;
  }
}

// --- The tree
// ------------------------------------------------------------------------------------------------------------

void each_folder_has_a_test(const std::vector<source>& files, findings& out) {
  std::map<std::string, bool> tested;
  for (const auto& file : files) {
    if (!file.path.ends_with(".cpp") || file.path.starts_with("tests/") || file.path.starts_with("bench/"))
      continue;
    tested[file.folder()] |= file.is_test();
  }
  for (const auto& [folder, has] : tested)
    if (!has)
      out.push_back({"tested", folder + "/", 0, "no *.test.cpp lies beside the code"});
}

void no_dead_header(const std::vector<source>& files, findings& out) {
  std::set<std::string> included;
  for (const auto& file : files)
    for (auto& i : includes_of(file))
      included.insert(std::move(i.path));
  for (const auto& file : files)
    if (file.is_header() && !included.contains(file.path))
      out.push_back({"dead_header", file.path, 0, "nobody includes it"});
}

/// An extension is one folder and no edit elsewhere: tests/extensions/<kind>/<name>/ shows it as long as no other file
/// names it.
void extensions_stand_alone(const std::vector<source>& files, findings& out) {
  constexpr std::string_view extensions = "tests/extensions/";
  std::map<std::string, std::string> names; // By folder.
  for (const auto& file : files) {
    const auto kind_end = file.path.starts_with(extensions) ? file.path.find('/', extensions.size())
                                                            : std::string::npos;
    const auto name_end = kind_end == std::string::npos ? kind_end : file.path.find('/', kind_end + 1);
    if (name_end != std::string::npos)
      names[file.path.substr(0, name_end + 1)] = file.path.substr(kind_end + 1, name_end - kind_end - 1);
  }
  for (const auto& [folder, name] : names)
    for (const auto& file : files)
      if (!file.path.starts_with(folder))
        for (auto at : places_of(file.text, name))
          out.push_back({"extension", file.path, line_of(file.text, at),
                         fmt::format("names {}: an extension is its folder alone", folder)});
}

/// Every key of config/arrakis.toml is read by somebody, and what is read is a key.
void config_keys(const std::vector<source>& files, findings& out) {
  const auto toml = std::find_if(files.begin(), files.end(),
                                 [](const auto& f) { return f.path == "config/arrakis.toml"; });
  if (toml == files.end())
    return;
  const auto schema = config_schema::read(toml->text);
  std::set<std::string, std::less<>> read;
  for (const auto& file : files) {
    if (!file.path.ends_with(".cpp") || file.is_test() || file.path.starts_with("runtime/config"))
      continue;
    for (const auto* getter :
         {".text(\"", ".integer(\"", ".boolean(\"", ".milliseconds(\"", ".list(\"", ".secret(\"", ".table(\""})
      for (auto at = file.text.find(getter); at != std::string::npos; at = file.text.find(getter, at + 1)) {
        const auto begin = at + std::string_view{getter}.size();
        const auto name = file.text.substr(begin, file.text.find('"', begin) - begin);
        const bool secret = std::string_view{getter} == ".secret(\"";
        const auto key = secret ? name + "_file" : name;
        read.insert({name, key});
        if (schema.knows_section(name.substr(0, name.find('.'))) && !schema.find(key) && !schema.table_of(name + ".x"))
          out.push_back({"config_key", file.path, line_of(file.text, at), name + " is no key of config/arrakis.toml"});
      }
  }
  const auto named_somewhere = [&](const std::string& name) {
    return std::any_of(files.begin(), files.end(), [&](const source& f) {
      const bool code = f.path.ends_with(".cpp") || f.path.ends_with(".hpp");
      return code && !f.is_test() && f.text.find('"' + name + '"') != std::string::npos;
    });
  };
  for (const auto& key : schema.keys)
    if (!read.contains(key.name) && !named_somewhere(key.name))
      out.push_back({"config_key", toml->path, 0, key.name + " is read by nobody"});
}

/// A link in a page leads to a file or folder of the tree.
void links(const std::vector<source>& files, findings& out) {
  const auto is_there = [&](const std::string& path) {
    return std::any_of(files.begin(), files.end(), [&](const source& f) {
      return f.path == path || (f.path.starts_with(path) && f.path[path.size()] == '/');
    });
  };
  for (const auto& file : files) {
    if (!file.path.ends_with(".md"))
      continue;
    for (auto at = file.text.find("]("); at != std::string::npos; at = file.text.find("](", at + 1)) {
      auto target = file.text.substr(at + 2, file.text.find_first_of(")#\n", at + 2) - at - 2);
      if (target.empty() || target.find(':') != std::string::npos)
        continue;
      auto path = (std::filesystem::path{file.folder()} / target).lexically_normal().generic_string();
      if (path.ends_with('/'))
        path.pop_back();
      if (!is_there(path))
        out.push_back({"link", file.path, line_of(file.text, at), target + " does not exist"});
    }
  }
}
} // namespace

std::string to_string(const finding& f) {
  return f.line == 0 ? fmt::format("{}: {}: {}", f.path, f.rule, f.what)
                     : fmt::format("{}:{}: {}: {}", f.path, f.line, f.rule, f.what);
}

std::vector<finding> check(const std::vector<source>& files) {
  findings out;
  for (const auto& file : files)
    for (auto rule : {sizes, banned, headers, wrapped, directions, catches, no_actor_in_apps, log_events, one_gate,
                      one_spawn, terminals, messages, own_feet, golden_lists})
      rule(file, out);
  each_folder_has_a_test(files, out);
  no_dead_header(files, out);
  extensions_stand_alone(files, out);
  coroutines(files, out);
  config_keys(files, out);
  links(files, out);
  return out;
}
} // namespace arrakis::tidy
