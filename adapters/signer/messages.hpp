#pragma once
#include "runtime/deadline.hpp"
#include "runtime/message.hpp"

#include <caf/typed_actor.hpp>
#include <string>
#include <vector>

namespace arrakis::signer {
struct sign { std::string bytes; deadline until; };                          ///< -> signature by the newest key
struct verify { std::string bytes; std::string signature; deadline until; };  ///< -> verdict; any version still kept
struct rotate { deadline until; };                                            ///< -> key_version
struct public_keys { deadline until; };
struct signature { std::string text; int key_version = 0; };                  ///< text: vault:v{n}:{base64}
struct verdict { bool valid = false; int key_version = 0; std::string why; };
struct key_version { int number = 0; };
struct keys { std::vector<std::pair<int, std::string>> hex_by_version; };
using handle = caf::typed_actor<caf::replies_to<sign>::with<signature>, caf::replies_to<verify>::with<verdict>,
                                caf::replies_to<rotate>::with<key_version>, caf::replies_to<public_keys>::with<keys>>;
} // namespace arrakis::signer
