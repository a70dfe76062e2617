#include "common/net/wait.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <ctime>

#include <poll.h>

#include "common/base/check.h"

namespace zex::net {

void wait_readable(std::span<WaitItem> items, Duration timeout) {
    constexpr std::size_t most = 8;
    ZEX_CHECK(items.size() <= most);
    std::array<pollfd, most> raw{};
    for (std::size_t i = 0; i < items.size(); ++i) raw[i] = {items[i].fd, POLLIN, 0};
    const auto ns = std::max(timeout, Duration{0});
    const auto seconds = std::chrono::duration_cast<std::chrono::seconds>(ns);
    const timespec longest{static_cast<std::time_t>(seconds.count()),
                           static_cast<long>((ns - seconds).count())};
    const int count = ::ppoll(raw.data(), items.size(), &longest, nullptr);
    for (std::size_t i = 0; i < items.size(); ++i) {
        items[i].ready = count > 0 && raw[i].revents != 0;
    }
}

}  // namespace zex::net
