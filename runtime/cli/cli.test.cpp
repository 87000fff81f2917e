#include "runtime/cli/output.hpp"
#include "runtime/process.hpp"
#include "tests/support/scratch.hpp"

#include <algorithm>
#include <boost/json/object.hpp>
#include <doctest/doctest.h>
#include <fmt/format.h>
#include <fstream>

namespace {
using namespace arrakis;
using namespace arrakis::cli;
using strings = std::vector<std::string>;

/// A program with a group, and what its commands were given.
struct fixture {
  arguments given;
  int runs = 0;
  command root;

  fixture() {
    const auto act = [this](const arguments& a) {
      given = a;
      ++runs;
      return 0;
    };
    root.name = "prog";
    root.help = "Does things.";
    root.options = {{"--config", "FILE", "Read FILE.", {}, {}}, json_option()};
    command freeze{"freeze", "Stops it.", "", {}, {yes_option()}, {{"prog sand freeze 7 a storm", "because"}}, act, {}};
    freeze.words = {{"ID", "Which.", true, false, {}, whole_number}, {"REASON", "Why.", false, true, {}, {}}};
    command list{"list", "Lists it.", "", {}, {}, {}, act, {}};
    list.words = {{"STATE", "Only these.", false, false, {"wet", "dry"}, {}}};
    root.commands = {{"sand", "About sand.", "", {}, {}, {}, {}, {freeze, list}}};
  }
  int operator()(const strings& words) { return cli::run(root, "1.2.3", words); }
};

std::string shell(const std::string& program, const strings& words, const std::string& output) {
  strings argv{program};
  argv.insert(argv.end(), words.begin(), words.end());
  process p{{.argv = argv, .output = output}};
  p.wait(std::chrono::seconds{60});
  return fmt::format("{}\n{}", p.exit_status().value_or(-1), test::content(output));
}

bool contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }
} // namespace

TEST_CASE("cli: words and options reach the command, options of the root from anywhere") {
  fixture prog;
  CHECK(prog({"--config", "a.toml", "sand", "freeze", "7", "a", "list", "of", "reasons", "--yes", "--json"}) == 0);
  CHECK(prog.runs == 1);
  CHECK(prog.given.number("ID") == 7);
  CHECK(prog.given.joined("REASON") == "a list of reasons"); // "list" is a command elsewhere.
  CHECK(prog.given.text("--config") == "a.toml");
  CHECK(prog.given.has("--yes"));
  CHECK(prog.given.has("--json"));
  CHECK(prog({"sand", "list"}) == 0);
  CHECK_FALSE(prog.given.has("STATE"));
  CHECK_FALSE(prog.given.has("--json"));
  CHECK(prog({"sand", "list", "dry", "--config=b.toml"}) == 0);
  CHECK(prog.given.text("STATE") == "dry");
  CHECK(prog.given.text("--config") == "b.toml");
}

TEST_CASE("cli: a command line that is not understood runs nothing and ends with 2") {
  fixture prog;
  for (const auto& words :
       {strings{}, strings{"sand"}, strings{"water"}, strings{"sand", "melt"}, strings{"sand", "freeze"},
        strings{"sand", "freeze", "x"}, strings{"sand", "freeze", "0"}, strings{"sand", "list", "wet", "dry"},
        strings{"sand", "list", "hot"}, strings{"sand", "list", "--yes"}, strings{"--config"}, strings{"--nothing"},
        strings{"sand", "list", "--nothing"}, strings{"help", "water"}, strings{"water", "--help"},
        strings{"completion"}, strings{"completion", "dos"}, strings{"man", "page"}}) {
    CAPTURE(fmt::format("{}", fmt::join(words, " ")));
    CHECK(prog(words) == misuse);
  }
  CHECK(prog.runs == 0);
}

TEST_CASE("cli: help and version are answered at every level with 0, whatever else is there") {
  fixture prog;
  for (const auto& words :
       {strings{"-h"}, strings{"--help"}, strings{"help"}, strings{"help", "sand"}, strings{"sand", "-h"},
        strings{"sand", "help"}, strings{"sand", "help", "freeze"}, strings{"help", "sand", "freeze"},
        strings{"sand", "freeze", "--help"}, strings{"sand", "freeze", "x", "-h"}, strings{"sand", "freeze", "help"},
        strings{"--config", "a", "sand", "help"}, strings{"--version"}, strings{"-V"}, strings{"completion", "--help"}})
    CHECK(prog(words) == success);
  CHECK(prog.runs == 0);
  CHECK(prog({"sand", "freeze", "7", "help", "is", "on", "its", "way"}) == success); // Negative control: a reason.
  CHECK(prog.runs == 1);
  const auto text = help_of(prog.root, {"sand", "freeze"});
  for (const auto* part : {"Stops it.", "Usage: prog sand freeze [--yes] ID [REASON...]", "Which.", "--config FILE",
                           "--json", "prog sand freeze 7 a storm"})
    CHECK(contains(text, part));
}

TEST_CASE("cli: a failure of the command is 1, and one that is printed beside a result as well") {
  fixture prog;
  auto& list = prog.root.commands[0].commands[1];
  list.run = printed([](const arguments&) -> caf::expected<output> { return fail(ec::not_found, "no sand"); });
  CHECK(prog({"sand", "list"}) == failure);
  list.run = printed([](const arguments&) -> caf::expected<output> {
    return output{boost::json::object{}, "a line\n", fail(ec::corrupt, "broken")};
  });
  CHECK(prog({"sand", "list"}) == failure);
}

TEST_CASE("cli: a table has headings, columns in line, and no foreign control characters") {
  CHECK(table({"ID", "NAME"}, {{"1", "Gara\x1b[31m"}, {"1000", "\xC3\x84"}}, "None.")
        == "ID    NAME\n1     Gara\\u001b[31m\n1000  \xC3\x84\n");
  CHECK(table({"ID"}, {}, "None.") == "None.\n");
}

TEST_CASE("cli: completion offers in bash, zsh and fish what the declaration has at each place") {
  fixture prog;
  test::scratch tmp{"cli"};
  for (const auto* name : {"bash", "zsh", "fish"})
    std::ofstream{tmp / name} << completion_of(prog.root, name);
  const auto bash = [&](const std::string& words, int at) {
    return shell("bash",
                 {"-c", fmt::format("source {}; COMP_WORDS=({}); COMP_CWORD={}; _prog; echo \"${{COMPREPLY[@]}}\"",
                                    tmp / "bash", words, at)},
                 tmp / ("bash" + std::to_string(std::hash<std::string>{}(words))));
  };
  CHECK(bash("prog ''", 1) == "0\nsand help --config --json --help --version\n");
  CHECK(bash("prog sand ''", 2) == "0\nfreeze list help --config --json --help\n");
  CHECK(bash("prog --config sand sand l", 4) == "0\nlist\n"); // The first "sand" is a file.
  CHECK(bash("prog sand list d", 3) == "0\ndry\n");
  CHECK(bash("prog sand freeze --y", 3) == "0\n--yes\n");
  const auto zsh = shell("zsh",
                         {"-c", fmt::format("compdef() {{ }}; _describe() {{ print -l -- ${{(P)2}} }}; source {};"
                                            " words=(prog sand ''); CURRENT=3; _prog",
                                            tmp / "zsh")},
                         tmp / "zsh.out");
  CHECK(contains(zsh, "freeze:Stops it.\nlist:Lists it.\nhelp:"));
  const auto fish = shell(
    "fish", {"--no-config", "-c", fmt::format("source {}; complete -C 'prog sand '", tmp / "fish")}, tmp / "fish.out");
  CHECK_MESSAGE(contains(fish, "freeze\tStops it."), fish);
  CHECK_MESSAGE(contains(fish, "list\tLists it."), fish);
  CHECK_MESSAGE(!contains(fish, "sand\t"), fish);
}

TEST_CASE("cli: the man page has every command, and mandoc finds nothing to mend in it") {
  fixture prog;
  test::scratch tmp{"cli"};
  std::ofstream{tmp / "prog.1"} << man_of(prog.root, "1.2.3");
  const auto seen = shell("mandoc", {"-T", "lint", "-W", "warning", tmp / "prog.1"}, tmp / "lint");
  // Without a date, which would change the page with each build, it has one warning.
  CHECK_MESSAGE(contains(seen, "1:12: WARNING: missing date"), seen);
  CHECK_MESSAGE(std::count(seen.begin(), seen.end(), '\n') == 2, seen);
  const auto page = shell("mandoc", {"-T", "ascii", tmp / "prog.1"}, tmp / "page");
  CHECK(contains(page, "Why."));
  std::ofstream{tmp / "bad.1"} << man_of(prog.root, "1.2.3") << ".XX nothing\n"; // Negative control.
  CHECK(contains(shell("mandoc", {"-T", "lint", "-W", "warning", tmp / "bad.1"}, tmp / "lint.bad"), "XX"));
}
