// zexd: reads the settings, builds the parts, connects them, runs until it is told to stop.
//
// Threads: the main one becomes the broker thread; "zex-signals" waits for SIGINT and SIGTERM;
// where libzmq serves an endpoint, its own and the monitor's.
#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <thread>

#include <pthread.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sysexits.h>
#include <unistd.h>

#include "broker/memory_limit.h"
#include "broker/settings.h"
#include "broker/shell/broker_loop.h"
#include "broker/shell/entropy.h"
#include "broker/shell/log.h"
#include "common/base/check.h"
#include "common/net/wakeup.h"

namespace {

using zex::Settings;

zex::core::Limits core_limits(const Settings& from) {
    zex::core::Limits limits;
    limits.sessions = from.limits.sessions_max;
    limits.exchanges = from.limits.exchanges_max;
    limits.queues = from.limits.queues_max;
    limits.bindings = from.limits.bindings_max;
    limits.session_consumers = from.limits.consumers_per_session_max;
    limits.queue_messages = from.limits.queue_messages_max;
    limits.queue_bytes = from.limits.queue_bytes_max;
    limits.memory_bytes = zex::resolve_memory_limit(from.limits.memory_bytes_max);
    limits.durable_queue_messages = from.storage.queue_messages_max;
    limits.durable_queue_bytes = from.storage.queue_bytes_max;
    limits.durable_memory_bytes = from.storage.memory_bytes;
    limits.message_bytes = from.limits.message_bytes_max;
    limits.batch_messages = from.limits.batch_messages_max;
    limits.batch_bytes = std::max(limits.batch_bytes, limits.message_bytes);
    limits.credit = from.delivery.credit;
    limits.credit_bytes = from.delivery.credit_bytes;
    limits.credit_max = from.delivery.credit_max;
    limits.heartbeat_ms = from.session.heartbeat_ms;
    limits.heartbeat_min_ms = from.session.heartbeat_min_ms;
    limits.heartbeat_max_ms = std::max(limits.heartbeat_max_ms, limits.heartbeat_ms);
    limits.heartbeat_timeout_ms = from.session.heartbeat_timeout_ms;
    limits.grace_ms = from.session.grace_ms;
    limits.grace_max_ms = from.session.grace_max_ms;
    return limits;
}

zex::shell::Options shell_options(const Settings& from) {
    zex::shell::Options options;
    options.endpoints = from.listen.endpoints;
    options.core = core_limits(from);
    options.data_dir = from.storage.data_dir;
    options.segment_bytes = from.storage.segment_bytes;
    options.free_bytes_min = from.storage.free_bytes_min;
    options.connections = from.listen.connections_max;
    options.hello_timeout = std::chrono::milliseconds(from.session.hello_timeout_ms);
    options.libzmq = from.net.transport == "libzmq";
    options.unread_bytes = from.limits.unread_bytes_max;
    options.answer_bytes = from.limits.answer_bytes_max;
    options.output_bytes = from.net.output_bytes;
    options.output_bytes_all = from.limits.output_bytes_max;
    options.address_connections = from.listen.connections_per_address_max;
    options.address_rate = from.listen.connections_per_address_rate;
    options.abstract_ipc = from.listen.allow_abstract_ipc;
    options.frame_bytes = from.delivery.frame_bytes;
    options.receive_queue = from.net.receive_queue_messages;
    options.send_queue = from.net.send_queue_messages;
    options.backlog = from.net.backlog;
    options.busy_poll = std::chrono::microseconds(from.net.busy_poll_us);
    return options;
}

/// As many connections as the system lets there be.
void raise_descriptor_limit() {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
}

sigset_t stop_signals() {
    sigset_t set;
    sigemptyset(&set);
    sigaddset(&set, SIGINT);
    sigaddset(&set, SIGTERM);
    return set;
}

/// Every thread made from now on leaves these signals to SignalThread.
void block_stop_signals() {
    const sigset_t set = stop_signals();
    ZEX_CHECK(pthread_sigmask(SIG_BLOCK, &set, nullptr) == 0);
    signal(SIGPIPE, SIG_IGN);
}

/// Stops the loop at the first SIGINT or SIGTERM, the process at the second.
class SignalThread {
  public:
    explicit SignalThread(zex::shell::BrokerLoop& loop) : loop_(loop) {
        const sigset_t set = stop_signals();
        fd_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
        ZEX_CHECK(fd_ >= 0);
        thread_ = std::thread([this] { wait(); });
    }
    ~SignalThread() {
        done_.ring();
        thread_.join();
        close(fd_);
    }
    SignalThread(const SignalThread&) = delete;
    SignalThread& operator=(const SignalThread&) = delete;

  private:
    void wait() {
        pthread_setname_np(pthread_self(), "zex-signals");
        std::array<zex::net::PollItem, 2> items{{{nullptr, fd_}, {nullptr, done_.fd()}}};
        int seen = 0;
        while (zex::net::poll(items, std::nullopt) && !items[1].ready) {
            signalfd_siginfo info{};
            while (read(fd_, &info, sizeof info) == sizeof info) {
                if (++seen > 1) _exit(128 + static_cast<int>(info.ssi_signo));
                loop_.stop();
            }
        }
    }

    zex::shell::BrokerLoop& loop_;
    int fd_ = -1;
    zex::net::Wakeup done_;
    std::thread thread_;
};

int fail(int code, const std::string& reason) {
    std::fprintf(stderr, "zexd: %s\n", reason.c_str());
    return code;
}

/// Of a broker that ended by itself: sysexits(3).
int exit_code_of(const zex::Error& failure) {
    switch (failure.code) {
        case zex::ErrorCode::data_in_use:
            return EX_TEMPFAIL;
        case zex::ErrorCode::data_foreign:
        case zex::ErrorCode::data_too_new:
        case zex::ErrorCode::data_damaged:
            return EX_DATAERR;
        case zex::ErrorCode::disk_full:
            return EX_CANTCREAT;
        default:
            return EX_IOERR;
    }
}

std::string way_out(const std::string& reason) {
    if (reason.find("in use") == std::string::npos &&
        reason.find("another process") == std::string::npos) {
        return reason;
    }
    return reason + "; stop what listens there, or choose another endpoint with --listen";
}

int run(const Settings& settings, zex::shell::Log log) {
    raise_descriptor_limit();
    block_stop_signals();
    auto context = zex::net::Context::make(static_cast<int>(settings.net.io_threads));
    if (!context) return fail(EX_SOFTWARE, context.error().reason);
    const zex::SteadyClock clock;
    auto loop = zex::shell::BrokerLoop::open(shell_options(settings), **context, clock,
                                             zex::shell::system_entropy, std::move(log));
    if (!loop) {
        const std::string& reason = loop.error().reason;
        const bool ipc = reason.find("ipc://") != std::string::npos;
        return fail(ipc ? EX_CANTCREAT : EX_UNAVAILABLE, way_out(reason));
    }
    const SignalThread signals(**loop);
    (*loop)->run();
    const std::optional<zex::Error>& failure = (*loop)->failure();
    return failure ? fail(exit_code_of(*failure), failure->text()) : EX_OK;
}

}  // namespace

int main(int argc, char** argv) {
    const auto invocation =
        zex::read_settings(argc, argv, [](const char* name) { return std::getenv(name); });
    if (!invocation) {
        return fail(zex::exit_code(invocation.error()), invocation.error().reason);
    }
    if (invocation->show != zex::Invocation::Show::nothing) {
        std::fputs(invocation->text.c_str(), stdout);
        return EX_OK;
    }
    if (invocation->check_config) {
        std::puts("the settings are good");
        return EX_OK;
    }
    const Settings& settings = invocation->settings;
    zex::shell::Log log(
        zex::shell::Log::level_named(settings.log.level),
        settings.log.format == "json" ? zex::shell::Log::Form::json : zex::shell::Log::Form::text);
    for (const std::string& warning : zex::unknown_variables(environ)) {
        log.write(zex::shell::Log::Level::warn, warning);
    }
    return run(settings, log);
}
