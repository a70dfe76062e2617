#include "common/base/ascii.h"

#include <string>

#include <catch2/catch.hpp>

namespace zex {

TEST_CASE("a byte beyond ASCII is seen at every place of texts of every length") {
    for (std::size_t size = 0; size < 70; ++size) {
        const std::string plain(size, '\x7f');
        CHECK(is_ascii(plain));
        for (std::size_t at = 0; at < size; ++at) {
            std::string text = plain;
            text[at] = '\x80';
            CHECK_FALSE(is_ascii(text));
        }
    }
}

TEST_CASE("what stands behind a text is not looked at") {
    const std::string behind = "0123456789\xff";
    for (std::size_t size = 0; size < behind.size(); ++size) {
        CHECK(is_ascii(std::string_view(behind).substr(0, size)));
    }
}

}  // namespace zex
