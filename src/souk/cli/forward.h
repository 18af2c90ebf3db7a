// Verbs that write a shop which another process serves: that process does them, on the shop it has open, for whoever asks through
// SHOP/control.sock (serve/control.h).
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "souk/cli/console.h"
#include "souk/serve/control.h"

namespace souk::cli {

// Has the serving process do the command and shows what it says. Its exit status; nothing when nobody serves this shop.
std::optional<int> forward(const Console& console, const std::string& shop, const std::vector<std::string>& arguments);

// Does what others forward, until the result is gone. `shop` must be open for writing.
Result<std::unique_ptr<serve::ControlServer>> serve_commands(const std::shared_ptr<engine::Shop>& shop);

}  // namespace souk::cli
