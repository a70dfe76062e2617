// Emptying the oldest segment of the log: what is live in it is written anew at the end, then the
// segment goes. A step at a time, each waiting for the one before to be stored.
#pragma once

#include "broker/core/command.h"
#include "broker/core/state.h"

namespace zex::core {

/// Most messages that one step reads from the disk; their bytes are bounded by the store's reads.
inline constexpr std::size_t clean_messages = 1024;

/// Begins or goes on, where there is something to clean.
void clean(Turn& turn);

/// Messages that clean() asked for were read.
void messages_reread(Turn& turn, const Loaded& command);

}  // namespace zex::core
