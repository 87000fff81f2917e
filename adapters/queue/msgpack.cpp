#include "adapters/queue/msgpack.hpp"

#include <bit>
#include <boost/json.hpp>

namespace arrakis::queue {

packer& packer::head(unsigned char kind, uint64_t number, int bytes) {
  out_.push_back(static_cast<char>(kind));
  for (int shift = 8 * (bytes - 1); shift >= 0; shift -= 8)
    out_.push_back(static_cast<char>(number >> shift & 0xff));
  return *this;
}

packer& packer::nil() { return head(0xc0, 0, 0); }
packer& packer::boolean(bool x) { return head(x ? 0xc3 : 0xc2, 0, 0); }
packer& packer::number(double x) { return head(0xcb, std::bit_cast<uint64_t>(x), 8); }

packer& packer::integer(int64_t x) {
  if (x >= -32 && x < 128)
    return head(static_cast<unsigned char>(x), 0, 0);
  if (x < 0)
    return head(0xd3, static_cast<uint64_t>(x), 8);
  if (x <= 0xff)
    return head(0xcc, static_cast<uint64_t>(x), 1);
  if (x <= 0xffff)
    return head(0xcd, static_cast<uint64_t>(x), 2);
  if (x <= 0xffffffff)
    return head(0xce, static_cast<uint64_t>(x), 4);
  return head(0xcf, static_cast<uint64_t>(x), 8);
}

packer& packer::text(std::string_view x) {
  const auto size = x.size();
  if (size < 32)
    head(static_cast<unsigned char>(0xa0 | size), 0, 0);
  else if (size <= 0xff)
    head(0xd9, size, 1);
  else if (size <= 0xffff)
    head(0xda, size, 2);
  else
    head(0xdb, size, 4);
  out_.append(x);
  return *this;
}

packer& packer::array(uint32_t count) {
  if (count < 16)
    return head(static_cast<unsigned char>(0x90 | count), 0, 0);
  return count <= 0xffff ? head(0xdc, count, 2) : head(0xdd, count, 4);
}

packer& packer::map(uint32_t count) {
  if (count < 16)
    return head(static_cast<unsigned char>(0x80 | count), 0, 0);
  return count <= 0xffff ? head(0xde, count, 2) : head(0xdf, count, 4);
}

packer& packer::json(const boost::json::value& x) {
  switch (x.kind()) {
    case boost::json::kind::null: return nil();
    case boost::json::kind::bool_: return boolean(x.get_bool());
    case boost::json::kind::int64: return integer(x.get_int64());
    case boost::json::kind::uint64:
      return x.get_uint64() > INT64_MAX ? number(static_cast<double>(x.get_uint64()))
                                        : integer(static_cast<int64_t>(x.get_uint64()));
    case boost::json::kind::double_: return number(x.get_double());
    case boost::json::kind::string: return text({x.get_string().data(), x.get_string().size()});
    case boost::json::kind::array:
      array(static_cast<uint32_t>(x.get_array().size()));
      for (const auto& item : x.get_array())
        json(item);
      return *this;
    case boost::json::kind::object:
      map(static_cast<uint32_t>(x.get_object().size()));
      for (const auto& [key, value] : x.get_object())
        text({key.data(), key.size()}).json(value);
      return *this;
  }
  return *this;
}
} // namespace arrakis::queue
