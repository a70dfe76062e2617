// Many messages in one frame, as the rows R3 and R3a send them: key length (2 bytes), payload
// length (4 bytes), key, payload, again and again.
#pragma once

#include <cstdint>
#include <cstring>
#include <memory>
#include <string_view>

namespace bench {

class RecordWriter {
  public:
    explicit RecordWriter(std::size_t frame_bytes) : room_(frame_bytes) {}

    static std::size_t size(std::string_view key, std::string_view payload) {
        return kHead + key.size() + payload.size();
    }
    bool fits(std::string_view key, std::string_view payload) const {
        return used_ == 0 || used_ + size(key, payload) <= room_;
    }
    /// Requires fits().
    void add(std::string_view key, std::string_view payload) {
        const std::size_t need = size(key, payload);
        if (!buffer_) buffer_.reset(new char[need > room_ ? need : room_]);
        char* at = buffer_.get() + used_;
        const auto key_size = static_cast<std::uint16_t>(key.size());
        const auto payload_size = static_cast<std::uint32_t>(payload.size());
        std::memcpy(at, &key_size, 2);
        std::memcpy(at + 2, &payload_size, 4);
        std::memcpy(at + kHead, key.data(), key.size());
        std::memcpy(at + kHead + key.size(), payload.data(), payload.size());
        used_ += need;
    }
    std::size_t used() const { return used_; }
    std::unique_ptr<char[]> take() {
        used_ = 0;
        return std::move(buffer_);
    }

    static constexpr std::size_t kHead = 6;

  private:
    std::unique_ptr<char[]> buffer_;
    std::size_t room_;
    std::size_t used_ = 0;
};

/// Calls `on_record(key, payload)` for each record of a frame that RecordWriter made.
template <class OnRecord>
void for_each_record(std::string_view frame, OnRecord on_record) {
    while (frame.size() >= RecordWriter::kHead) {
        std::uint16_t key_size = 0;
        std::uint32_t payload_size = 0;
        std::memcpy(&key_size, frame.data(), 2);
        std::memcpy(&payload_size, frame.data() + 2, 4);
        const std::size_t size = RecordWriter::kHead + key_size + payload_size;
        if (size > frame.size()) return;
        on_record(frame.substr(RecordWriter::kHead, key_size),
                  frame.substr(RecordWriter::kHead + key_size, payload_size));
        frame.remove_prefix(size);
    }
}

}  // namespace bench
