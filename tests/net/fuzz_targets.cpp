#include "tests/net/fuzz_targets.h"

#include <array>
#include <memory>
#include <string>
#include <vector>

#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "common/base/check.h"
#include "common/net/poller.h"
#include "common/net/zmtp/engine.h"
#include "tests/net/zmtp_bytes.h"
#include "tests/support/temporary_directory.h"

namespace zex::test {
namespace {

constexpr net::zmtp::Protocol::Bounds bounds{2000, 1000};

/// The same is heard however the bytes are split, and little is held meanwhile.
void check_splits(const std::string& bytes, std::size_t fixed) {
    const Heard whole = heard_of(bytes, {bytes.size() + 1}, bounds);
    ZEX_CHECK(whole.output.size() <= 64 + 300 + 30 * bytes.size());
    const std::size_t third = 1 + bytes.size() / 3;
    for (const std::vector<std::size_t>& sizes :
         {std::vector<std::size_t>{1}, {fixed, 1, 2}, {third}, {3, 64, 9}}) {
        const Heard heard = heard_of(bytes, sizes, bounds);
        ZEX_CHECK(heard == whole);
        const std::size_t piece = *std::max_element(sizes.begin(), sizes.end());
        ZEX_CHECK(heard.refusal || heard.most_held <= 9000 + piece);
    }
}

/// One engine for all inputs: what an input leaves behind must not harm the next.
class EngineUnderTest {
  public:
    EngineUnderTest() {
        net::TransportOptions options;
        options.hello_bytes = 500;
        options.message_bytes = 3000;
        options.surplus_bytes = 1000;
        options.output_bytes = 4000;
        engine_ = std::make_unique<net::zmtp::Engine>(options, poller_, ids_);
        ZEX_CHECK(engine_->listen("ipc://" + path()).ok());
    }

    std::string path() const { return directory_.path + "/socket"; }

    void turn(std::uint8_t choice) {
        poller_.wait(Duration(0));
        engine_->begin_turn(now_);
        net::Transport::Message message;
        for (int i = 0; i < 1 + choice % 5 && engine_->receive(message); ++i) {
            std::size_t sum = 0;
            for (std::size_t at = 0; at < message.frame_count; ++at) {
                for (const char c : message.frames[at]) sum += static_cast<std::uint8_t>(c);
            }
            act_on(message.from, choice ^ static_cast<std::uint8_t>(sum));
        }
        engine_->take_events();
        engine_->flush();
        if (choice % 32 == 0) now_ = now_ + std::chrono::seconds(6);
    }

    std::size_t connections() const { return engine_->size(); }

  private:
    void act_on(ConnectionId id, std::uint8_t choice) {
        std::array<net::Outgoing, 2> frames{std::string("e"), std::string(choice * 30, 'b')};
        switch (choice % 8) {
            case 0:
                return engine_->cut(id);
            case 1:
                return engine_->close(id);
            case 2:
                return engine_->hear(id, false);
            case 3:
                return engine_->admit(id, choice % 16 == 3);
            default:
                engine_->send(id, frames);
        }
    }

    TemporaryDirectory directory_;
    net::Poller poller_;
    net::ConnectionIds ids_;
    std::unique_ptr<net::zmtp::Engine> engine_;
    Instant now_{std::chrono::seconds(1)};
};

int connected_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    path.copy(address.sun_path, sizeof address.sun_path - 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    ZEX_CHECK(fd >= 0);
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
        ::close(fd);
        return -1;
    }
    return fd;
}

}  // namespace

void fuzz_greeting(std::string_view bytes) {
    check_splits(std::string(bytes), 5);
}

void fuzz_handshake(std::string_view bytes) {
    check_splits(RawPeer::greeting() + std::string(bytes), 65);
}

void fuzz_frames(std::string_view bytes) {
    check_splits(opening() + std::string(bytes), opening().size());
}

void fuzz_engine(std::string_view bytes) {
    static EngineUnderTest engine;
    if (bytes.size() < 4) return;
    const auto next = [&bytes] {
        const auto byte = static_cast<std::uint8_t>(bytes.front());
        bytes.remove_prefix(1);
        return byte;
    };
    std::array<int, 3> peers{-1, -1, -1};
    while (!bytes.empty()) {
        int& fd = peers[next() % peers.size()];
        if (bytes.empty()) break;
        const std::uint8_t choice = next();
        if (fd < 0) {
            fd = connected_to(engine.path());
            if (fd >= 0 && choice % 4 != 0) {
                const std::string first = opening();
                [[maybe_unused]] const auto sent =
                    ::send(fd, first.data(), first.size(), MSG_NOSIGNAL);
            }
        } else if (choice % 16 == 1) {
            ::close(fd);
            fd = -1;
        } else if (choice % 16 == 2) {
            ::shutdown(fd, SHUT_WR);
        } else {
            const std::string_view part = bytes.substr(0, choice);
            [[maybe_unused]] const auto sent = ::send(fd, part.data(), part.size(), MSG_NOSIGNAL);
            bytes.remove_prefix(part.size());
        }
        engine.turn(choice);
    }
    for (const int fd : peers) {
        if (fd >= 0) ::close(fd);
    }
    for (int i = 0; i < 3; ++i) engine.turn(32);
}

}  // namespace zex::test
