#include "tests/support/fakes/wizard.hpp"

#include <doctest/doctest.h>

using namespace arrakis;

namespace arrakis::commands::resume {
const command& definition();
}

TEST_CASE("/resume: the wizard answers, with the interaction as it came") {
  CHECK(test::heard_by_wizard(commands::resume::definition()) == "resume 7");
}
