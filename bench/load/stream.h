// A TCP connection with a buffer each way: writes leave in 64 KiB pieces, and while they wait for
// room what arrives is read, so that a server which waits for us to read never waits for ever.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace bench {

class Stream {
  public:
    /// `endpoint` is host:port, both numeric.
    explicit Stream(const std::string& endpoint);
    ~Stream();
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;

    void write(std::string_view bytes) { out_.append(bytes); }
    void write_u8(std::uint8_t v) { out_.push_back(static_cast<char>(v)); }
    void write_u16(std::uint16_t v);  ///< network byte order, as the next two
    void write_u32(std::uint32_t v);
    void write_u64(std::uint64_t v);
    void write_decimal(std::uint64_t v);

    /// Call between messages.
    void flush_if_full() {
        if (out_.size() >= kWriteBytes) flush();
    }
    void flush();

    /// What was read and not yet skipped. Views into it hold until the next read().
    std::string_view input() const { return {in_.data() + begin_, end_ - begin_}; }
    void skip(std::size_t bytes) { begin_ += bytes; }
    /// Waits for more input; false where nothing came in time.
    bool read(int timeout_ms);

  private:
    static constexpr std::size_t kWriteBytes = 64 * 1024;
    static constexpr std::size_t kReadBytes = 256 * 1024;
    bool read_now();

    int fd_ = -1;
    std::string out_;
    std::vector<char> in_;
    std::size_t begin_ = 0;
    std::size_t end_ = 0;
};

}  // namespace bench
