#pragma once
#include <boost/json.hpp>
#include <fstream>
#include <string>
#include <string_view>

namespace arrakis::sandbox {

/// Writes every REST answer and every dispatch as a line of JSON, for a schema check after a client's flow: {"answer":
/// {method, path, status, text}} and {"dispatch": {t, d}}. Contains message texts, never a bot's token.
class transcript {
public:
  /// Throws std::runtime_error when the file cannot be written. An empty path: nothing is written.
  explicit transcript(const std::string& path);
  void answer(std::string_view method, std::string_view path, int status, std::string_view text);
  void dispatch(std::string_view name, const boost::json::object& data);

private:
  void write(std::string_view kind, boost::json::object entry);
  std::ofstream out_;
};

} // namespace arrakis::sandbox
