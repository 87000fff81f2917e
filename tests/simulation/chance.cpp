#include "tests/simulation/chance.hpp"

#include <openssl/rand.h>
#include <random>

// Deprecated in favour of providers, and the only way to replace the source in one process without a plug-in.
#pragma clang diagnostic ignored "-Wdeprecated-declarations"

namespace arrakis::simulation::chance {
namespace {
std::mt19937_64 engine;

int bytes(unsigned char* out, int count) {
  for (int i = 0; i < count; ++i)
    out[i] = static_cast<unsigned char>(engine());
  return 1;
}
int status() { return 1; }

const RAND_METHOD drawn{nullptr, bytes, nullptr, nullptr, bytes, status};
} // namespace

void seed(uint64_t value) {
  engine.seed(value);
  RAND_set_rand_method(&drawn);
}
void restore() { RAND_set_rand_method(RAND_OpenSSL()); }
} // namespace arrakis::simulation::chance
