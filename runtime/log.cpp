#include "runtime/log.hpp"

#include "runtime/clock.hpp"
#include "runtime/log_level.hpp"
#include "runtime/log_output.hpp"

#include <atomic>
#include <fmt/format.h>
#include <memory>
#include <spdlog/details/null_mutex.h>
#include <spdlog/logger.h>
#include <spdlog/sinks/base_sink.h>
#include <unistd.h>

namespace arrakis::log {
namespace {
std::atomic<level> lowest_shown{level::info};
std::atomic<void (*)(std::string_view)> replaced{nullptr};

std::string_view name_of(level l) {
  switch (l) {
    case level::debug: return "debug";
    case level::info: return "info";
    case level::warn: return "warn";
    case level::error: return "error";
  }
  return "error";
}

/// The length of the well-formed UTF-8 sequence at `at`, 0 when there is none (Unicode 15, table 3-7).
size_t sequence_at(std::string_view text, size_t at) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[at + i]); };
  const auto b0 = byte(0);
  const size_t length = b0 < 0x80               ? 1
                      : b0 >= 0xc2 && b0 < 0xe0 ? 2
                      : b0 >= 0xe0 && b0 < 0xf0 ? 3
                      : b0 >= 0xf0 && b0 < 0xf5 ? 4
                                                : 0;
  if (length == 0 || at + length > text.size())
    return 0;
  for (size_t i = 1; i < length; ++i)
    if ((byte(i) & 0xc0) != 0x80)
      return 0;
  const bool overlong_or_beyond = (b0 == 0xe0 && byte(1) < 0xa0) || (b0 == 0xed && byte(1) >= 0xa0)
                               || (b0 == 0xf0 && byte(1) < 0x90) || (b0 == 0xf4 && byte(1) >= 0x90);
  return overlong_or_beyond ? 0 : length;
}

/// Escapes well-formed sequences that act on a viewer of the log: the controls of C1, U+2028 and U+2029 (line ends to
/// some readers), the Bidi_Control characters, U+FEFF. Written out here: a log line must not wait for ICU.
bool acts_on_reader(std::string_view sequence) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(sequence[i]); };
  if (sequence.size() == 2)
    return (byte(0) == 0xc2 && byte(1) < 0xa0) || (byte(0) == 0xd8 && byte(1) == 0x9c);
  if (sequence.size() != 3)
    return false;
  const auto last = byte(2);
  return (byte(0) == 0xe2 && byte(1) == 0x80 && (last == 0x8e || last == 0x8f || (last >= 0xa8 && last <= 0xae)))
      || (byte(0) == 0xe2 && byte(1) == 0x81 && last >= 0xa6 && last <= 0xa9)
      || (byte(0) == 0xef && byte(1) == 0xbb && last == 0xbf);
}

/// Handles sequences of two or three bytes.
unsigned code_point_of(std::string_view sequence) {
  unsigned value = static_cast<unsigned char>(sequence[0]) & (sequence.size() == 2 ? 0x1fU : 0x0fU);
  for (const char c : sequence.substr(1))
    value = (value << 6) | (static_cast<unsigned char>(c) & 0x3fU);
  return value;
}

/// Escapes a field: the line stays one line of valid JSON and harmless to its reader, whatever a peer has written.
void append_quoted(std::string& out, std::string_view text) {
  out += '"';
  for (size_t at = 0; at < text.size();) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c == '"' || c == '\\') {
      out += '\\';
      out += static_cast<char>(c);
      ++at;
    } else if (c == '\n') {
      out += "\\n";
      ++at;
    } else if (c < 0x20 || c == 0x7f) {
      out += fmt::format("\\u{:04x}", c);
      ++at;
    } else if (const auto length = sequence_at(text, at)) {
      const auto sequence = text.substr(at, length);
      if (acts_on_reader(sequence))
        out += fmt::format("\\u{:04x}", code_point_of(sequence));
      else
        out += sequence;
      at += length;
    } else {
      out += "\\ufffd";
      ++at;
    }
  }
  out += '"';
}

/// Locks by itself.
class standard_error_sink : public spdlog::sinks::base_sink<spdlog::details::null_mutex> {
  void sink_it_(const spdlog::details::log_msg& message) override {
    output_.write({message.payload.data(), message.payload.size()});
  }
  void flush_() override {}
  output output_{STDERR_FILENO};
};

spdlog::logger& standard_error() {
  static spdlog::logger logger = [] {
    spdlog::logger made{"arrakis", std::make_shared<standard_error_sink>()};
    made.set_level(spdlog::level::trace); // Filtered by log::write before a line is built.
    return made;
  }();
  return logger;
}
} // namespace

void write(level l, std::string_view event, std::initializer_list<field> fields) {
  if (l < lowest_shown.load(std::memory_order_relaxed))
    return;
  std::string line;
  line.reserve(160);
  line += "{\"time\":";
  append_quoted(line, iso8601(wall_ms()));
  line += ",\"level\":";
  append_quoted(line, name_of(l));
  line += ",\"event\":";
  append_quoted(line, event);
  for (const auto& f : fields) {
    line += ',';
    append_quoted(line, f.key);
    line += ':';
    append_quoted(line, f.value);
  }
  line += '}';
  if (auto sink = replaced.load(std::memory_order_relaxed))
    sink(line);
  else
    standard_error().info(spdlog::string_view_t{line.data(), line.size()});
}

bool is_shown(level l) { return l >= lowest_shown.load(std::memory_order_relaxed); }
void set_level(level lowest) { lowest_shown.store(lowest, std::memory_order_relaxed); }
void set_sink(void (*sink)(std::string_view line)) { replaced.store(sink, std::memory_order_relaxed); }
} // namespace arrakis::log
