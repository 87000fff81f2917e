#include "actors/outbox_relay/targets/target.hpp"

namespace arrakis::targets {

flow<caf::error> close(pointer self, int64_t row) {
  const auto until = within(self, self->state.opt.step);
  const outbox::close end{row, until};
  auto answer = co_await ask(self, self->state.outbox, until, end);
  co_return answer ? caf::error{} : std::move(answer.error());
}

flow<caf::error> mark_sent(pointer self, int64_t row, std::string queue, std::chrono::milliseconds closes_within) {
  const auto until = within(self, self->state.opt.step);
  outbox::mark_sent mark{{row}, until, std::move(queue), closes_within, self->state.opt.look_up};
  auto answer = co_await ask(self, self->state.outbox, until, std::move(mark));
  co_return answer ? caf::error{} : std::move(answer.error());
}

flow<caf::error> postpone(pointer self, int64_t row, std::chrono::milliseconds wait, std::string why) {
  const auto until = within(self, self->state.opt.step);
  outbox::postpone request{row, wait, std::move(why), until};
  auto answer = co_await ask(self, self->state.outbox, until, std::move(request));
  co_return answer ? caf::error{} : std::move(answer.error());
}

caf::error malformed(const outbox::row& row, const std::string& why) {
  return fail(ec::invalid, "outbox row " + std::to_string(row.id) + " (" + row.kind + "): " + why);
}

} // namespace arrakis::targets
