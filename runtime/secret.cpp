#include "runtime/secret.hpp"

#include <openssl/crypto.h>

namespace arrakis {

void wipe(void* bytes, size_t count) noexcept { OPENSSL_cleanse(bytes, count); }

void wipe(std::string& text) noexcept {
  text.resize(text.capacity()); // No allocation: what lies behind the end belongs to the text from here on.
  wipe(text.data(), text.size());
  text.clear();
}

bool detail::equal_bytes(const char* a, const char* b, size_t count) noexcept {
  return CRYPTO_memcmp(a, b, count) == 0;
}

} // namespace arrakis
