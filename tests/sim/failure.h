// What a simulated run throws when something is not as promised.
#pragma once

#include <stdexcept>
#include <string>

namespace zex::sim {

struct Failure : std::runtime_error {
    using std::runtime_error::runtime_error;
};

inline void require(bool good, const char* what) {
    if (!good) throw Failure(what);
}

template <class... Numbers>
[[noreturn]] void fail(const char* what, Numbers... numbers) {
    std::string text = what;
    ((text += ' ', text += std::to_string(numbers)), ...);
    throw Failure(text);
}

}  // namespace zex::sim
