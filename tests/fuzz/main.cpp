// libFuzzer's door to one of the targets in tests/net/fuzz_targets.h.
#include <cstddef>
#include <cstdint>

#include "tests/net/fuzz_targets.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    zex::test::FUZZ_TARGET({reinterpret_cast<const char*>(data), size});
    return 0;
}
