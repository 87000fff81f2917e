#pragma once
// The screens that the admin sees: Discord message data (embeds and component rows) as JSON text.
// https://discord.com/developers/docs/components/reference: 5 rows, 5 buttons a row, 25 options a select.
#include "actors/wizard/core/record.hpp"
#include "actors/wizard/core/steps.hpp"

#include <string>
#include <string_view>

namespace arrakis::wizard::core {

/// Colours of the embeds, 0xRRGGBB.
inline constexpr uint32_t color_wizard = 0x5865F2, color_success = 0x00FF00, color_failure = 0xFF0000,
                          color_notice = 0xFFA500;

/// The present step of `r`, with a notice above it when there is one.
std::string screen(const record& r, const context& ctx, std::string_view notice = {});
/// A session exists already: go on with it or start anew.
std::string offer_screen(const record& r);
/// One embed without components: results and explanations outside a session.
std::string note_screen(std::string_view title, std::string_view text, uint32_t color);
/// How the newest deployment stands, for /resume without a session; a failed one has its Retry button, an open one
/// “Check progress”.
std::string deployment_screen(const deployment_state&, const moment& = {});
/// A sentence alone, for refusals.
std::string sentence_screen(std::string_view sentence);

} // namespace arrakis::wizard::core
