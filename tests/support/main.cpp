#define DOCTEST_CONFIG_IMPLEMENT
#include <doctest/doctest.h>
#include <openssl/crypto.h>

int main(int argc, char** argv) {
  // As in the programs: OpenSSL cleans up no sooner than the process ends. Servers that a test program keeps as statics
  // end after its own handler at exit, and what their threads still have of it would be lost.
  OPENSSL_init_crypto(OPENSSL_INIT_NO_ATEXIT, nullptr);
  return doctest::Context{argc, argv}.run();
}
