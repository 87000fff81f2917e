#pragma once
// The MessagePack that BullMQ's scripts unpack (https://github.com/msgpack/msgpack/blob/master/spec.md): an encoder
// only. Redis' cmsgpack knows no `bin`: all text is `str`.
#include <boost/json/fwd.hpp>
#include <cstdint>
#include <string>
#include <string_view>

namespace arrakis::queue {
class packer {
public:
  explicit packer(size_t bytes = 0) { out_.reserve(bytes); } ///< `bytes`: about so many will come.
  packer& nil();
  packer& boolean(bool);
  packer& integer(int64_t);
  packer& number(double);
  packer& text(std::string_view);
  packer& array(uint32_t count); ///< `count` values follow.
  packer& map(uint32_t count);   ///< `count` pairs of key and value follow.
  /// A whole tree.
  packer& json(const boost::json::value&);
  const std::string& bytes() const { return out_; }

private:
  packer& head(unsigned char kind, uint64_t number, int bytes);
  std::string out_;
};
} // namespace arrakis::queue
