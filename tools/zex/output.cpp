#include "tools/zex/output.h"

#include <algorithm>
#include <cerrno>
#include <climits>
#include <cstring>

#include <poll.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace zex::tool {

Output::Output(int fd, const Interrupt* interrupt) : fd_(fd), interrupt_(interrupt) {
    struct stat about {};
    pipe_ = ::fstat(fd, &about) == 0 && S_ISFIFO(about.st_mode);
}

std::optional<std::size_t> Output::unread() const {
    int bytes = 0;
    if (!pipe_ || ::ioctl(fd_, FIONREAD, &bytes) != 0 || bytes < 0) return std::nullopt;
    return static_cast<std::size_t>(bytes);
}

bool Output::reader_gone() const {
    pollfd watched{fd_, 0, 0};
    return ::poll(&watched, 1, 0) > 0 && (watched.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}

bool Output::flush() {
    std::string_view rest = buffer_;
    while (error_ == 0 && !rest.empty()) {
        if (interrupt_ != nullptr && !interrupt_->wait_writable(fd_)) {
            error_ = EINTR;
            break;
        }
        // Up to PIPE_BUF a write does not block on a pipe that is writable.
        const std::size_t part =
            interrupt_ == nullptr ? rest.size() : std::min<std::size_t>(rest.size(), PIPE_BUF);
        const ssize_t written = ::write(fd_, rest.data(), part);
        if (written >= 0) {
            rest.remove_prefix(static_cast<std::size_t>(written));
            written_ += static_cast<std::uint64_t>(written);
        }
        if (written < 0 && errno != EINTR) error_ = errno;
    }
    buffer_.clear();
    return error_ == 0;
}

Exit Output::finish(std::string_view what) {
    flush();
    if (error_ == 0 || error_ == EPIPE || error_ == EINTR) return Exit::ok;
    return fail(what, std::string("cannot write the output: ") + std::strerror(error_),
                Exit::io_error);
}

}  // namespace zex::tool
