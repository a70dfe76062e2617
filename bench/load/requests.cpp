#include "bench/load/requests.h"

#include <algorithm>

#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/load/requesters.h"

namespace bench {
namespace {

// A client of the library holds several files, a process may have so many.
constexpr unsigned kConnectionsPerProcess = 1000;

void write_all(int fd, const void* bytes, std::size_t size) {
    const auto* at = static_cast<const char*>(bytes);
    while (size > 0) {
        const ssize_t n = ::write(fd, at, size);
        if (n <= 0) fail_errno("a process of requesters has lost the other end");
        at += n;
        size -= static_cast<std::size_t>(n);
    }
}

void read_all(int fd, void* bytes, std::size_t size) {
    auto* at = static_cast<char*>(bytes);
    while (size > 0) {
        const ssize_t n = ::read(fd, at, size);
        if (n <= 0) fail("a process of requesters has ended early");
        at += n;
        size -= static_cast<std::size_t>(n);
    }
}

// A process of requesters; the two speak over a socket: "ready" one way, "go" the other, then what
// came of it.
class Crew {
  public:
    Crew(const Plan& plan, unsigned connections, double seconds) {
        int ends[2];
        if (::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0) fail_errno("socketpair");
        pid_ = ::fork();
        if (pid_ < 0) fail_errno("fork");
        if (pid_ == 0) {
            ::close(ends[0]);
            work(plan, connections, seconds, ends[1]);
        }
        ::close(ends[1]);
        fd_ = ends[0];
    }
    void await_ready() const { await(fd_); }
    void go() const { write_all(fd_, "g", 1); }
    void collect(Requests& total) const {
        std::uint64_t counts[3];
        read_all(fd_, &total.seconds, sizeof total.seconds);
        read_all(fd_, counts, sizeof counts);
        total.answered += counts[0];
        total.errors += counts[1];
        std::vector<std::uint32_t>& all = total.latencies_ns;
        all.resize(all.size() + counts[2]);
        read_all(fd_, all.data() + all.size() - counts[2], counts[2] * sizeof all[0]);
    }
    void await_end() const {
        write_all(fd_, "e", 1);
        ::waitpid(pid_, nullptr, 0);
        ::close(fd_);
    }

  private:
    static void await(int fd) {
        char word = 0;
        read_all(fd, &word, 1);
    }
    [[noreturn]] static void work(const Plan& plan, unsigned connections, double seconds, int fd) {
        {
            Requesters requesters(plan, connections);
            write_all(fd, "r", 1);
            await(fd);
            const Requests part = requesters.run(seconds);
            const std::uint64_t counts[3] = {part.answered, part.errors, part.latencies_ns.size()};
            write_all(fd, &part.seconds, sizeof part.seconds);
            write_all(fd, counts, sizeof counts);
            write_all(fd, part.latencies_ns.data(), counts[2] * sizeof part.latencies_ns[0]);
            await(fd);
        }
        ::_exit(0);
    }
    pid_t pid_ = 0;
    int fd_ = -1;
};

void answer(zex::Client& client, const zex::Delivery& request) {
    zex::Message reply;
    reply.payload.bytes = request.bytes();
    reply.correlation_id = request.correlation_id();
    must(client.post("", request.reply_to(), reply));
}

}  // namespace

Requests measure_requests(const Plan& plan, unsigned connections, double seconds) {
    std::vector<Crew> crews;  // first of all: a process with threads must not fork
    for (unsigned left = connections; left > 0;) {
        const unsigned part = std::min(left, kConnectionsPerProcess);
        crews.emplace_back(plan, part, seconds);
        left -= part;
    }

    BareContext context;
    zex::Client server = connect_zex(plan, context);
    must(server.declare_queue(plan.queue(0)));
    zex::ConsumeOptions options;
    options.no_ack = true;
    zex::Consumer requests = must(server.consume(
        plan.queue(0), options, [&server](zex::Delivery& request) { answer(server, request); }));

    for (const Crew& crew : crews) crew.await_ready();
    for (const Crew& crew : crews) crew.go();
    Requests total;
    for (const Crew& crew : crews) crew.collect(total);
    for (const Crew& crew : crews) crew.await_end();
    std::sort(total.latencies_ns.begin(), total.latencies_ns.end());
    must(requests.cancel());
    must(server.delete_queue(plan.queue(0)));
    return total;
}

}  // namespace bench
