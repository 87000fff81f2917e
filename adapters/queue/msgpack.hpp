#pragma once
// MessagePack encoder for the arguments that BullMQ's scripts unpack (https://github.com/msgpack/msgpack/blob/master/
// spec.md). Redis' cmsgpack knows no `bin`: all text is `str`.
#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace arrakis::queue {
/// Writes one MessagePack value after the other.
class packer {
public:
  explicit packer(size_t bytes = 0) { out_.reserve(bytes); } ///< `bytes`: expected size.
  packer& nil();
  packer& boolean(bool);
  packer& integer(int64_t);
  packer& number(double);
  packer& text(std::string_view);
  packer& array(uint32_t count); ///< Begins an array of `count` values.
  packer& map(uint32_t count);   ///< Begins a map of `count` pairs of key and value.
  /// Writes a whole JSON tree.
  packer& json(const boost::json::value&);
  const std::string& bytes() const { return out_; }

private:
  packer& head(unsigned char kind, uint64_t number, int bytes);
  std::string out_;
};
} // namespace arrakis::queue
