#pragma once
// The dead letter of a job that failed for good: an entry of the queue `<name>-dlq` under the job's own id. It has no
// personal data: the fields userId, reason, content and permissionOverwrites are redacted at any depth, and file paths
// are removed from the message.
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace arrakis::queue {
/// A job that failed for good.
struct dead_job {
  std::string id;
  std::string name;
  std::string data_json;
  std::string reason; ///< "CODE: sentence" or a sentence.
  int attempts_made = 0;
  int64_t failed_ms = 0;
};
/// The dead letter: {jobId, jobType, payload, redacted, error {code, message}, attemptsMade, failedAt, communityId}.
boost::json::object dead_letter(const dead_job&);

/// Data of a dead letter, to run the job again; nullopt when some of it was redacted.
std::optional<std::string> data_of(const boost::json::object& entry);

/// Replaces each absolute file path with two or more parts in `text`.
std::string without_paths(std::string_view text);
} // namespace arrakis::queue
