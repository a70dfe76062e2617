// A run that cannot go on ends here: one line on stderr, exit code 1, a failed row in the tables.
// A load program has nobody to hand an error to.
#pragma once

#include <string_view>

namespace bench {

[[noreturn]] void fail(std::string_view what);
[[noreturn]] void fail_errno(std::string_view what);  ///< appends the text of errno

}  // namespace bench
