#pragma once
// What is kept of a job that failed for good, in the queue `<name>-dlq` under the job's own id. Without personal data:
// the fields userId, reason, content and permissionOverwrites are redacted at any depth, and file paths leave the
// message.
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace arrakis::queue {
struct dead_job {
  std::string id;
  std::string name;
  std::string data_json;
  std::string reason; ///< "CODE: sentence" or a sentence.
  int attempts_made = 0;
  int64_t failed_ms = 0;
};
/// The entry: {jobId, jobType, payload, redacted, error {code, message}, attemptsMade, failedAt, communityId}.
boost::json::object dead_letter(const dead_job&);

/// The data to run again, out of an entry; nullopt when some of it was redacted.
std::optional<std::string> data_of(const boost::json::object& entry);

/// `text` with each file path (two or more parts, from the root) replaced.
std::string without_paths(std::string_view text);
} // namespace arrakis::queue
