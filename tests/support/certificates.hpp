#pragma once
// Authorities and certificates for "localhost", made for a test by openssl and good for a day.
#include "runtime/process.hpp"

#include <chrono>
#include <doctest/doctest.h>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

namespace arrakis::test {

/// Runs openssl in `folder`, at most 20 s.
inline void openssl(std::vector<std::string> arguments, const std::string& folder) {
  arguments.insert(arguments.begin(), "openssl");
  process made{{.argv = std::move(arguments), .folder = folder, .output = folder + "/openssl.txt"}};
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds{20};
  while (made.running() && std::chrono::steady_clock::now() < end)
    std::this_thread::yield();
  REQUIRE(made.exit_status() == 0);
}

/// Makes {name}.pem and {name}.key in `folder`.
inline void make_authority(const std::string& folder, const std::string& name) {
  openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "1",
           "-keyout", name + ".key", "-out", name + ".pem", "-subj", "/CN=" + name},
          folder);
}
/// Makes {name}.pem and {name}.key in `folder`, signed by the authority `by` of the same folder.
inline void make_certificate(const std::string& folder, const std::string& name, const std::string& by) {
  std::ofstream{folder + "/names"} << "subjectAltName=DNS:localhost\n";
  openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", name + ".key",
           "-out", name + ".csr", "-subj", "/CN=" + name},
          folder);
  openssl({"x509", "-req", "-in", name + ".csr", "-CA", by + ".pem", "-CAkey", by + ".key", "-CAcreateserial", "-days",
           "1", "-extfile", "names", "-out", name + ".pem"},
          folder);
}
} // namespace arrakis::test
