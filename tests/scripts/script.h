// A script: blocks of commands and the effects that they have, in a text file that people read.
//
//   # comment
//   a {"op":"publish","exchange":"","key":"q","id":1} | payload
//   ----
//   a <- {"op":"confirm","id":1,"queues":1}
//
// Commands of a block: `NAME {envelope}` with ` | body` where there is one (the client NAME sends
// it; the first one connects), `lose NAME` (its connection breaks), `block NAME` and `ready NAME`
// (its pipe is full, has room again), `advance 500ms` or `advance 30s`, `tick`, `shut down`.
// Effects: `NAME <- {envelope}` with ` | body`, `attach NAME`, `hang up NAME`. The broker's version
// is written as VERSION. Expectations end at an empty line.
#pragma once

#include <string>
#include <vector>

namespace zex::scripts {

/// The lines before the `----` (commands, comments, empty lines) and those after it.
struct Block {
    std::vector<std::string> commands;
    std::vector<std::string> expected;
};

std::vector<Block> parse(const std::string& text);
std::string write(const std::vector<Block>& blocks);

/// Runs all blocks through one Core in JSON; gives them with the effects that they had.
std::vector<Block> play(const std::vector<Block>& blocks);

}  // namespace zex::scripts
