#include "common/net/zmtp/output_queue.h"

#include <algorithm>
#include <array>
#include <utility>

#include "common/base/check.h"
#include "common/net/zmtp/frame_header.h"

namespace zex::net::zmtp {
namespace {

constexpr std::size_t copied_below = 1024;     ///< a longer frame is a piece of its own
constexpr std::size_t piece_bytes = 16 << 10;  ///< copied together up to so many
constexpr std::size_t pieces_kept = 16;        ///< room that an empty queue keeps

}  // namespace

void OutputQueue::push_bytes(std::string_view bytes) {
    if (bytes.empty()) return;
    std::string* last = pieces_.size() > first_ ? pieces_.back().text() : nullptr;
    if (last == nullptr || last->size() + bytes.size() > piece_bytes) {
        last = pieces_.emplace_back(std::string()).text();
    }
    last->append(bytes);
    bytes_ += bytes.size();
}

void OutputQueue::push_message(std::span<Outgoing> frames) {
    for (std::size_t i = 0; i < frames.size(); ++i) {
        FrameHeader header;
        header.more = i + 1 < frames.size();
        header.size = frames[i].size();
        std::array<char, frame_header_max> bytes{};
        push_bytes({bytes.data(), write_header(header, bytes)});
        if (frames[i].size() < copied_below) {
            push_bytes(frames[i].view());
        } else {
            bytes_ += frames[i].size();
            pieces_.push_back(std::move(frames[i]));
        }
    }
}

std::size_t OutputQueue::gather(std::span<iovec> into) const {
    std::size_t count = 0;
    std::size_t offset = offset_;
    for (std::size_t at = first_; at < pieces_.size() && count < into.size(); ++at) {
        const std::string_view rest = pieces_[at].view().substr(offset);
        offset = 0;
        into[count++] = {const_cast<char*>(rest.data()), rest.size()};
    }
    return count;
}

void OutputQueue::written(std::size_t bytes) {
    ZEX_CHECK(bytes <= bytes_);
    bytes_ -= bytes;
    offset_ += bytes;
    while (first_ < pieces_.size() && offset_ >= pieces_[first_].size()) {
        offset_ -= pieces_[first_].size();
        pieces_[first_++] = Outgoing();
    }
    if (first_ == pieces_.size()) {
        pieces_.clear();
        if (pieces_.capacity() > pieces_kept) pieces_.shrink_to_fit();
        first_ = 0;
    } else if (first_ > pieces_.size() / 2) {
        pieces_.erase(pieces_.begin(), pieces_.begin() + static_cast<std::ptrdiff_t>(first_));
        first_ = 0;
    }
}

}  // namespace zex::net::zmtp
