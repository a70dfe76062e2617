// How the library of failing calls is told which, when and how often: by its environment.
#pragma once

namespace zex::test {

inline constexpr char fail_call[] = "ZEX_FAIL_CALL";        ///< "pread", "pwrite" or "open"
inline constexpr char fail_path[] = "ZEX_FAIL_PATH";        ///< a part of the file's path
inline constexpr char fail_error[] = "ZEX_FAIL_ERROR";      ///< the error's number
inline constexpr char fail_trigger[] = "ZEX_FAIL_TRIGGER";  ///< path of the trigger

}  // namespace zex::test
