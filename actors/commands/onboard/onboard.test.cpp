#include "tests/support/fakes/wizard.hpp"

#include <doctest/doctest.h>

using namespace arrakis;

namespace arrakis::commands::onboard {
const command& definition();
}

TEST_CASE("/onboard: the wizard answers, with the interaction as it came") {
  CHECK(test::heard_by_wizard(commands::onboard::definition()) == "open 7");
}
