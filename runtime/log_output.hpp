#pragma once
// Output of log lines. It never blocks on the reader: a hanging reader (a collector, a terminal stopped by Ctrl-S)
// would otherwise block every thread that logs, and the clean stop.
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>

namespace arrakis::log {

/// Writes lines to a descriptor, which the caller owns. A line is written at once while the reader keeps up; else it
/// is buffered, in order, and written as soon as there is room. Lines beyond `kept_max` bytes are dropped, and a line
/// (log.lines_dropped) tells their number. Failed writes (broken pipe, full disk) lose lines. Thread-safe.
class output {
public:
  explicit output(int fd, size_t kept_max = 1 << 20) : fd_(fd), kept_max_(kept_max) {}
  /// Gives the reader one second for buffered lines.
  ~output();
  output(const output&) = delete;
  output& operator=(const output&) = delete;
  /// Writes a line, given without its end.
  void write(std::string_view line);

private:
  void write_what_fits();
  void keep(std::string_view line);
  void start_writer();
  void run_writer();

  int fd_;
  size_t kept_max_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::string kept_;     ///< Lines with their ends; the first may have been written in part.
  uint64_t dropped_ = 0; ///< Since the last log.lines_dropped.
  bool stopping_ = false;
  std::thread writer_; ///< Writes buffered lines; started with the first one.
};

} // namespace arrakis::log
