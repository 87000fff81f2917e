#include "apps/sandbox/core/writer.hpp"

#include "runtime/file.hpp"
#include "runtime/log.hpp"

namespace arrakis::sandbox {

writer::writer(std::string path) : path_(std::move(path)), thread_([this] { run(); }) {}

writer::~writer() {
  {
    const std::lock_guard guard(lock_);
    ending_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

void writer::put(std::string text) {
  {
    const std::lock_guard guard(lock_);
    next_ = std::move(text);
  }
  wake_.notify_one();
}

void writer::run() {
  for (;;) {
    std::string text;
    {
      std::unique_lock guard(lock_);
      wake_.wait(guard, [this] { return next_ || ending_; });
      if (!next_)
        return;
      text = std::move(*next_);
      next_.reset();
    }
    if (auto error = file::replace(path_, text))
      log::error("sandbox.snapshot_failed", {{"error", text_of(error)}});
  }
}

} // namespace arrakis::sandbox
