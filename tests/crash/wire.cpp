#include "tests/crash/wire.hpp"

#include "adapters/queue/scripts.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <fmt/format.h>
#include <openssl/sha.h>
#include <set>
#include <vector>

namespace arrakis::crash {
namespace {
bool is_hex(char c) { return std::isxdigit(static_cast<unsigned char>(c)) != 0; }
bool is_digit(char c) { return std::isdigit(static_cast<unsigned char>(c)) != 0; }

std::string lower(std::string_view text) {
  std::string out{text};
  std::ranges::transform(out, out.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return out;
}

size_t number_in(std::string_view digits) {
  size_t n = 0;
  std::from_chars(digits.data(), digits.data() + digits.size(), n);
  return n;
}

// --- HTTP

std::string path_shape(std::string_view target) {
  target = target.substr(0, target.find('?'));
  if (target.starts_with("/api/v10"))
    target.remove_prefix(8);
  std::string out;
  size_t segment = 0;
  bool tokens = false; // /webhooks/{id}/{token}, /interactions/{id}/{token}
  while (!target.empty()) {
    target.remove_prefix(1);
    const auto part = target.substr(0, target.find('/'));
    target.remove_prefix(part.size());
    tokens |= segment == 0 && (part == "webhooks" || part == "interactions");
    out += "/" + (tokens && segment == 2 ? std::string{"t"} : shape_of(part));
    ++segment;
  }
  return out;
}

class http : public dialect {
public:
  request next_request(std::string_view bytes) override {
    const auto length = whole(bytes, true);
    if (length == 0)
      return {};
    const auto line = bytes.substr(0, bytes.find("\r\n"));
    const auto method = line.substr(0, line.find(' '));
    const auto rest = line.substr(std::min(line.size(), method.size() + 1));
    return {length, fmt::format("{} {}", method, path_shape(rest.substr(0, rest.find(' '))))};
  }
  size_t next_answer(std::string_view bytes) override { return whole(bytes, false); }

private:
  static size_t whole(std::string_view bytes, bool asks) {
    const auto end = bytes.find("\r\n\r\n");
    if (end == std::string_view::npos)
      return 0;
    const auto head = lower(bytes.substr(0, end + 2));
    const auto body = end + 4;
    if (const auto at = head.find("\r\ncontent-length:"); at != std::string::npos) {
      auto text = std::string_view{head}.substr(at + 17);
      text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
      const auto length = body + number_in(text);
      return bytes.size() >= length ? length : 0;
    }
    const bool bare = asks || head.starts_with("http/1.1 204") || head.starts_with("http/1.1 304");
    if (bare || head.find("\r\ntransfer-encoding: chunked") == std::string::npos)
      return body;
    const auto last = bytes.find("0\r\n\r\n", body);
    return last == std::string_view::npos ? 0 : last + 5;
  }
};

// --- PostgreSQL

size_t integer_at(std::string_view bytes, size_t at) {
  size_t n = 0;
  for (size_t i = 0; i < 4; ++i)
    n = n << 8 | static_cast<unsigned char>(bytes[at + i]);
  return n;
}

/// "insert outbox", "read communities": what a statement does to which table; "renew deployments" of a lease; empty for
/// the one that begins each transaction.
std::string deed_of(std::string_view sql) {
  std::vector<std::string> words;
  std::string word;
  for (const char c : lower(sql) + " ")
    if (std::isalnum(static_cast<unsigned char>(c)) || c == '_')
      word += c;
    else if (!word.empty())
      words.push_back(std::exchange(word, {}));
  const auto after = [&](std::string_view key) {
    const auto found = std::ranges::find(words, key);
    return found == words.end() || found + 1 == words.end() ? std::string{} : *(found + 1);
  };
  if (words.empty())
    return {};
  if (words[0] == "insert")
    return "insert " + after("into");
  if (words[0] == "update")
    return (after("set") == "lease_until" ? "renew " : "update ") + after("update");
  if (words[0] == "delete")
    return "delete " + after("from");
  if (words[0] != "select" && words[0] != "with")
    return words[0];
  if (words.size() > 1 && words[1] == "set_config")
    return {};
  const auto table = after("from");
  return "read " + (table.empty() ? after(words[0]) : table);
}

class postgres : public dialect {
public:
  request next_request(std::string_view bytes) override {
    if (!begun_)
      return first(bytes);
    std::vector<std::string_view> statements;
    for (size_t at = 0; bytes.size() >= at + 5;) {
      const auto length = 1 + integer_at(bytes, at + 1);
      if (bytes.size() < at + length)
        return {};
      const char type = bytes[at];
      const auto payload = bytes.substr(at + 5, length - 5);
      at += length;
      if (type == 'X')
        return {at, {}, false};
      if (type == 'Q')
        statements.push_back(payload.substr(0, payload.find('\0')));
      if (type == 'P') { // The statement's name, then its text.
        const auto text = payload.substr(payload.find('\0') + 1);
        statements.push_back(text.substr(0, text.find('\0')));
      }
      if (type == 'Q' || type == 'S')
        return {at, step_of(statements)};
    }
    return {};
  }
  size_t next_answer(std::string_view bytes) override {
    for (size_t at = 0; bytes.size() >= at + 5;) {
      const auto length = 1 + integer_at(bytes, at + 1);
      if (bytes.size() < at + length)
        return 0;
      const char type = bytes[at];
      at += length;
      if (type == 'Z') {
        status_ = bytes[at - 1];
        return at;
      }
    }
    return 0;
  }

private:
  request first(std::string_view bytes) {
    if (bytes.size() < 4 || bytes.size() < integer_at(bytes, 0))
      return {};
    begun_ = true;
    return {integer_at(bytes, 0), {}};
  }
  std::string step_of(const std::vector<std::string_view>& statements) {
    std::string step;
    for (const auto text : statements) {
      const auto word = lower(text.substr(0, text.find_first_of(" ;")));
      if (word == "begin" || word == "rollback") {
        deeds_.clear();
        open_ = word == "begin";
      } else if (word == "commit") {
        step = "COMMIT " + summary();
        deeds_.clear();
        open_ = false;
      } else if (open_ || status_ != 'I') {
        if (auto deed = deed_of(text); !deed.empty())
          deeds_.push_back(std::move(deed));
      } else {
        step = "STATEMENT " + deed_of(text);
      }
    }
    return step;
  }
  std::string summary() const {
    std::string out;
    std::set<std::string> said;
    for (const auto& deed : deeds_)
      if (!deed.starts_with("read ") && said.insert(deed).second)
        out += (out.empty() ? "" : ", ") + deed;
    return !out.empty() ? out : deeds_.empty() ? "nothing" : deeds_.front();
  }

  bool begun_ = false;
  bool open_ = false; ///< A BEGIN was sent.
  char status_ = 'I'; ///< Of the last ReadyForQuery: I idle, T in a transaction, E in a failed one.
  std::vector<std::string> deeds_;
};

// --- Redis

/// The end of the value at `at`; 0: not whole. An array's elements go to `words` when they are strings.
size_t value_end(std::string_view bytes, size_t at, std::vector<std::string_view>* words) {
  const auto line = bytes.find("\r\n", at);
  if (line == std::string_view::npos)
    return 0;
  const auto text = bytes.substr(at + 1, line - at - 1);
  const char type = bytes[at];
  at = line + 2;
  if (type != '$' && type != '*')
    return at;
  if (text.starts_with('-'))
    return at;
  auto left = number_in(text);
  if (type == '$') {
    if (bytes.size() < at + left + 2)
      return 0;
    if (words)
      words->push_back(bytes.substr(at, left));
    return at + left + 2;
  }
  for (; left > 0; --left)
    if (at = at < bytes.size() ? value_end(bytes, at, words) : 0; at == 0)
      return 0;
  return at;
}

class redis : public dialect {
public:
  explicit redis(scripts& known) : known_(known) {}
  request next_request(std::string_view bytes) override {
    std::vector<std::string_view> words;
    const auto end = bytes.empty() ? 0 : value_end(bytes, 0, &words);
    return end == 0 ? request{} : request{end, step_of(words)};
  }
  size_t next_answer(std::string_view bytes) override { return bytes.empty() ? 0 : value_end(bytes, 0, nullptr); }

private:
  std::string step_of(const std::vector<std::string_view>& words) {
    // The commands of a connection of its own accord: its greeting, and whether the server takes writes
    // (adapters/redis/watch.cpp).
    constexpr std::array own{"PING", "AUTH", "SELECT", "CLIENT", "SCRIPT", "HELLO", "INFO", "SETRANGE"};
    if (words.empty())
      return {};
    if (words.size() == 3 && words[0] == "SCRIPT" && words[1] == "LOAD")
      known_.learn(words[2]);
    if (std::ranges::find(own, words[0]) != own.end())
      return {};
    if (words[0] != "EVALSHA" && words[0] != "EVAL")
      return fmt::format("{} {}", words[0], words.size() > 1 ? shape_of(words[1]) : "");
    if (words[0] == "EVAL")
      known_.learn(words[1]);
    const auto name = words[0] == "EVAL" ? std::string{"script"} : known_.name_of(std::string{words[1]});
    return fmt::format("{} {} {}", words[0], name, words.size() > 3 ? shape_of(words[3]) : "");
  }
  scripts& known_;
};

const std::map<std::string, std::string>& bullmq_names() {
  static const std::map<std::string, std::string> names = [] {
    using namespace queue::lua;
    std::map<std::string, std::string> out;
    for (const auto* each :
         {&add_standard_job_9, &add_delayed_job_6, &add_prioritized_job_9, &move_to_active_11, &move_to_finished_14,
          &move_to_delayed_8, &retry_job_11, &extend_locks_1, &move_stalled_jobs_to_wait_8, &update_job_scheduler_12,
          &update_progress_3, &add_log_2, &pause_7, &get_counts_1, &get_ranges_1, &get_state_v2_8, &reprocess_job_8,
          &remove_job_2, &clean_jobs_in_set_3})
      out.emplace(each->sha1, each->name);
    return out;
  }();
  return names;
}
} // namespace

std::string shape_of(std::string_view text) {
  std::string out;
  for (size_t at = 0; at < text.size();) {
    size_t digits = at, hex = at;
    while (digits < text.size() && is_digit(text[digits]))
      ++digits;
    while (hex < text.size() && (is_hex(text[hex]) || text[hex] == '-'))
      ++hex;
    if (digits - at >= 15 || hex - at >= 24) {
      out += 'x';
      at = std::max(digits, hex - at >= 24 ? hex : digits);
    } else {
      // A whole word at a time: hex letters inside a name are no id.
      do
        out += text[at++];
      while (at < text.size() && std::isalnum(static_cast<unsigned char>(text[at]))
             && std::isalnum(static_cast<unsigned char>(text[at - 1])));
    }
  }
  return out;
}

void scripts::learn(std::string_view text) {
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest{};
  SHA1(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  std::string hex;
  for (const auto byte : digest)
    hex += fmt::format("{:02x}", byte);
  const std::scoped_lock lock{guard_};
  texts_.emplace(std::move(hex), text);
}

std::string scripts::name_of(const std::string& sha1) const {
  const auto found = bullmq_names().find(sha1);
  return found == bullmq_names().end() ? sha1.substr(0, 8) : found->second;
}

std::map<std::string, std::string> scripts::all() const {
  const std::scoped_lock lock{guard_};
  return texts_;
}

std::unique_ptr<dialect> http_dialect() { return std::make_unique<http>(); }
std::unique_ptr<dialect> postgres_dialect() { return std::make_unique<postgres>(); }
std::unique_ptr<dialect> redis_dialect(scripts& known) { return std::make_unique<redis>(known); }

bool comes_by_the_clock(std::string_view step) {
  return step.starts_with("COMMIT renew ") || step.starts_with("EVALSHA extendLock");
}

} // namespace arrakis::crash
