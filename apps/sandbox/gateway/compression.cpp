#include "apps/sandbox/gateway/compression.hpp"

#include "runtime/assert.hpp"

#include <zlib.h>
#include <zstd.h>

namespace arrakis::sandbox::gateway {
namespace {
constexpr size_t part_bytes = 16'384;

class zlib_compression final : public compression {
public:
  zlib_compression() {
    const int rc = deflateInit(&z_, Z_BEST_SPEED);
    ARRAKIS_ASSERT(rc == Z_OK, "zlib gives a context");
  }
  zlib_compression(const zlib_compression&) = delete;
  zlib_compression& operator=(const zlib_compression&) = delete;
  ~zlib_compression() override { deflateEnd(&z_); }

  std::string compress(std::string_view message) override {
    std::string out;
    z_.next_in = reinterpret_cast<Bytef*>(
      const_cast<char*>(message.data())); // zlib's field is not const; it only reads
    z_.avail_in = static_cast<uInt>(message.size());
    do {
      char part[part_bytes];
      z_.next_out = reinterpret_cast<Bytef*>(part);
      z_.avail_out = sizeof part;
      deflate(&z_, Z_SYNC_FLUSH);
      out.append(part, sizeof part - z_.avail_out);
    } while (z_.avail_out == 0);
    return out;
  }

private:
  z_stream z_{};
};

class payload_compression final : public compression {
public:
  std::string compress(std::string_view message) override {
    auto bytes = compressBound(message.size());
    std::string out(bytes, '\0');
    const int rc = compress2(reinterpret_cast<Bytef*>(out.data()), &bytes,
                             reinterpret_cast<const Bytef*>(message.data()), message.size(), Z_BEST_SPEED);
    ARRAKIS_ASSERT(rc == Z_OK, "zlib compresses what is in memory");
    out.resize(bytes);
    return out;
  }
};

class zstd_compression final : public compression {
public:
  zstd_compression() : context_(ZSTD_createCCtx()) {
    ARRAKIS_ASSERT(context_ != nullptr, "zstd gives a context");
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, 1);
  }
  zstd_compression(const zstd_compression&) = delete;
  zstd_compression& operator=(const zstd_compression&) = delete;
  ~zstd_compression() override { ZSTD_freeCCtx(context_); }

  std::string compress(std::string_view message) override {
    std::string out;
    ZSTD_inBuffer in{message.data(), message.size(), 0};
    size_t left = 0;
    do {
      char part[part_bytes];
      ZSTD_outBuffer to{part, sizeof part, 0};
      left = ZSTD_compressStream2(context_, &to, &in, ZSTD_e_flush);
      ARRAKIS_ASSERT(!ZSTD_isError(left), "zstd compresses what is in memory");
      out.append(part, to.pos);
    } while (left > 0);
    return out;
  }

private:
  ZSTD_CCtx* context_;
};
} // namespace

std::unique_ptr<compression> zlib_stream() { return std::make_unique<zlib_compression>(); }
std::unique_ptr<compression> zstd_stream() { return std::make_unique<zstd_compression>(); }

std::unique_ptr<compression> zlib_payload() { return std::make_unique<payload_compression>(); }

std::unique_ptr<compression> compression_named(std::string_view name) {
  if (name == "zlib-stream")
    return zlib_stream();
  if (name == "zstd-stream")
    return zstd_stream();
  return nullptr;
}

} // namespace arrakis::sandbox::gateway
