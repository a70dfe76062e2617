#include "tools/zex/lines.h"

#include <cerrno>
#include <cstring>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace zex::tool {
namespace {

constexpr std::size_t read_size = 64 * 1024;

Error cannot_read(std::string_view what) {
    return error(ErrorCode::bad_argument,
                 "cannot read " + std::string(what) + ": " + std::strerror(errno));
}

Error too_long(std::string_view what) {
    return error(ErrorCode::bad_argument,
                 std::string(what) + " is longer than " + std::to_string(longest_body) + " bytes");
}

/// Appends what one read gives; false at the end.
Result<bool> read_more(int fd, std::string& to) {
    const std::size_t before = to.size();
    to.resize(before + read_size);
    ssize_t got = -1;
    do {
        got = ::read(fd, to.data() + before, read_size);
    } while (got < 0 && errno == EINTR);
    to.resize(before + (got > 0 ? static_cast<std::size_t>(got) : 0));
    if (got < 0) return cannot_read("the input");
    return got > 0;
}

}  // namespace

Result<Input> Input::open(const std::string& path) {
    const int fd = path == "-" ? STDIN_FILENO : ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return cannot_read("'" + path + "'");
    Input input(fd, 0);
    struct stat about {};
    if (::fstat(fd, &about) != 0) return cannot_read("'" + path + "'");
    if (S_ISDIR(about.st_mode)) {
        return error(ErrorCode::bad_argument, "'" + path + "' is a directory");
    }
    if (S_ISREG(about.st_mode)) input.size_ = static_cast<std::uint64_t>(about.st_size);
    return input;
}

Input::Input(Input&& other) noexcept : fd_(std::exchange(other.fd_, -1)), size_(other.size_) {}

Input::~Input() {
    if (fd_ > STDIN_FILENO) ::close(fd_);
}

Status Lines::fill() {
    buffer_.erase(0, begin_);
    scanned_ = buffer_.size();
    begin_ = 0;
    if (buffer_.size() > longest_body) return too_long("a line");
    if (interrupt_ != nullptr && !interrupt_->wait_readable(input_.fd())) {
        // What stands before the interrupt without a line end is not a line.
        buffer_.clear();
        scanned_ = 0;
        ended_ = true;
        return {};
    }
    const std::size_t before = buffer_.size();
    const auto more = read_more(input_.fd(), buffer_);
    if (!more) return more.error();
    bytes_read_ += buffer_.size() - before;
    ended_ = !*more;
    return {};
}

Result<std::optional<std::string_view>> Lines::next() {
    using Line = std::optional<std::string_view>;
    for (;;) {
        const std::size_t end = buffer_.find('\n', scanned_);
        if (end != std::string::npos) {
            const std::string_view line(buffer_.data() + begin_, end - begin_);
            begin_ = scanned_ = end + 1;
            return Line(line);
        }
        if (ended_) {
            const std::string_view rest(buffer_.data() + begin_, buffer_.size() - begin_);
            begin_ = scanned_ = buffer_.size();
            return rest.empty() ? Line() : Line(rest);
        }
        if (Status filled = fill(); !filled) return filled.error();
    }
}

Result<std::string> read_all(const Input& input) {
    std::string text;
    for (;;) {
        const auto more = read_more(input.fd(), text);
        if (!more) return more.error();
        if (!*more) return text;
        if (text.size() > longest_body) return too_long("the file");
    }
}

}  // namespace zex::tool
