#include "runtime/terminal.hpp"

#include <poll.h>
#include <stdexcept>
#include <unistd.h>

namespace arrakis::terminal {

void write(stream to, std::string_view text) {
  // The last lines must not keep a program from ending: the reader of its errors may hang.
  if (pollfd reader{STDERR_FILENO, POLLOUT, 0}; to == stream::error && ::poll(&reader, 1, 1'000) <= 0)
    return;
  auto* file = to == stream::output ? stdout : stderr;
  const bool done = std::fwrite(text.data(), 1, text.size(), file) == text.size() && std::fflush(file) == 0;
  if (!done && to == stream::output)
    throw std::runtime_error{"standard output cannot be written"};
}

void print_lines(stream to, std::string_view text) { write(to, lines_for_terminal(text)); }

void print_document(std::string_view text) {
  if (::isatty(STDOUT_FILENO) == 1)
    print_lines(stream::output, text);
  else
    write(stream::output, text);
}

} // namespace arrakis::terminal
