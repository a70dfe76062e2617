#include "common/net/frame.h"

#include <cstring>
#include <utility>

#include <zmq.h>

#include "common/base/check.h"

namespace zex::net {
namespace {

static_assert(sizeof(zmq_msg_t) == 64 && alignof(zmq_msg_t) <= alignof(void*));

// Below this a copy is cheaper than the allocation of libzmq's own bookkeeping.
constexpr std::size_t copy_below = 256;

zmq_msg_t* raw(void* storage) {
    return static_cast<zmq_msg_t*>(storage);
}

// libzmq takes its messages as non-const even where it only looks at them.
zmq_msg_t* raw(const void* storage) {
    return raw(const_cast<void*>(storage));
}

void release_string(void*, void* hint) {
    delete static_cast<std::string*>(hint);
}
void release_block(void*, void* hint) {
    static_cast<Block*>(hint)->release();
}

}  // namespace

Frame::Frame() {
    zmq_msg_init(raw(handle()));
}

Frame::~Frame() {
    zmq_msg_close(raw(handle()));
}

Frame::Frame(Frame&& other) noexcept : Frame() {
    zmq_msg_move(raw(handle()), raw(other.handle()));
}

Frame& Frame::operator=(Frame&& other) noexcept {
    if (this != &other) zmq_msg_move(raw(handle()), raw(other.handle()));
    return *this;
}

Frame Frame::copy_of(std::string_view bytes) {
    Frame frame;
    if (bytes.empty()) return frame;
    ZEX_CHECK(zmq_msg_init_size(raw(frame.handle()), bytes.size()) == 0);
    std::memcpy(zmq_msg_data(raw(frame.handle())), bytes.data(), bytes.size());
    return frame;
}

Frame Frame::adopt(std::string bytes) {
    if (bytes.size() < copy_below) return copy_of(bytes);
    Frame frame;
    auto* kept = new std::string(std::move(bytes));
    ZEX_CHECK(zmq_msg_init_data(raw(frame.handle()), kept->data(), kept->size(), release_string,
                                kept) == 0);
    return frame;
}

Frame Frame::of(Slice slice) {
    if (slice.size() < copy_below) return copy_of(slice.view());
    Frame frame;
    BlockRef block = slice.block();
    Block* kept = block.leak();
    ZEX_CHECK(zmq_msg_init_data(raw(frame.handle()), const_cast<char*>(slice.view().data()),
                                slice.size(), release_block, kept) == 0);
    return frame;
}

std::string_view Frame::view() const {
    return {static_cast<const char*>(zmq_msg_data(raw(handle()))), zmq_msg_size(raw(handle()))};
}

std::optional<int> Frame::source_fd() const {
    const int fd = zmq_msg_get(raw(handle()), ZMQ_SRCFD);
    if (fd < 0) return std::nullopt;
    return fd;
}

std::string_view Frame::peer_address() const {
    const char* address = zmq_msg_gets(raw(handle()), "Peer-Address");
    return address == nullptr ? std::string_view() : std::string_view(address);
}

}  // namespace zex::net
