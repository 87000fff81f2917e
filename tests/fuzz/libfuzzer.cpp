// Makes a program for libFuzzer out of the one harness that ARRAKIS_FUZZ_TARGET names.
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace arrakis::fuzz {
void ARRAKIS_FUZZ_TARGET(std::string_view bytes);
} // namespace arrakis::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  arrakis::fuzz::ARRAKIS_FUZZ_TARGET({reinterpret_cast<const char*>(bytes), size});
  return 0;
}
