#include "runtime/flow/refresher.hpp"

#include "runtime/error.hpp"
#include "runtime/log.hpp"

namespace arrakis {

flow<> refresher::run(refresher* self) {
  self->reading_ = true;
  do {
    self->again_ = false;
    const auto why = co_await self->read_();
    if (why && !self->failing_)
      log::warn(self->names_.failed, {{"error", text_of(why)}});
    if (!why && self->failing_)
      log::info(self->names_.recovered);
    self->failing_ = static_cast<bool>(why);
  } while (self->again_);
  self->reading_ = false;
}

void refresher::read_now() {
  if (reading_)
    again_ = true;
  else
    flows_.start(run(this));
}

void refresher::read_if_idle() {
  if (!reading_)
    flows_.start(run(this));
}
} // namespace arrakis
