#include "common/base/bytes.h"

#include <string>
#include <thread>

#include <catch2/catch.hpp>

namespace zex {

TEST_CASE("a slice holds a copy of its own") {
    std::string text = "payload";
    const Slice slice = Slice::copy_of(text);
    text.assign(7, 'x');
    CHECK(slice.view() == "payload");
    CHECK(slice.size() == 7);
}

TEST_CASE("an empty slice needs no block") {
    const Slice slice = Slice::copy_of("");
    CHECK(slice.view().empty());
    CHECK_FALSE(slice.block());
}

TEST_CASE("a part keeps the whole block alive") {
    Slice part;
    {
        const Slice whole = Slice::copy_of("0123456789");
        part = whole.part(3, 4);
    }
    CHECK(part.view() == "3456");
}

TEST_CASE("a reference that leaks is released by hand") {
    BlockRef ref = BlockRef::allocate(16);
    CHECK(ref->size() == 16);
    Block* const block = ref.leak();
    CHECK_FALSE(ref);
    const BlockRef again = BlockRef::adopt(block);
    CHECK(again.get() == block);
}

TEST_CASE("copies and moves count as they should") {
    BlockRef first = BlockRef::allocate(1);
    first->data()[0] = 'x';
    BlockRef second = first;
    BlockRef third = std::move(first);
    second = third;
    third = BlockRef();
    CHECK(second->data()[0] == 'x');
}

TEST_CASE("a block may be released on another thread") {
    Slice here = Slice::copy_of("shared");
    std::thread other([there = here]() mutable { there = Slice(); });
    CHECK(here.view() == "shared");
    here = Slice();
    other.join();
}

}  // namespace zex
