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

/// Message of the present step of `r`, with a notice above it unless empty.
std::string screen(const record& r, const context& ctx, std::string_view notice = {});
/// Message that offers to continue an existing session or to start anew.
std::string offer_screen(const record& r);
/// Message with one embed and no components: results and explanations outside a session.
std::string note_screen(std::string_view title, std::string_view text, uint32_t color);
/// Message about the newest deployment, for /resume without a session; with Retry if it failed, “Check progress” if it
/// is open.
std::string deployment_screen(const deployment_state&, const moment& = {});
/// Message with a sentence alone, for refusals.
std::string sentence_screen(std::string_view sentence);

} // namespace arrakis::wizard::core
