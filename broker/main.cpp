// zexd: reads the settings, builds the parts, connects them, runs until it is told to stop.
//
// Threads: the main one becomes the broker thread; "zex-signals" waits for signals, "zex-log"
// writes the log, "zex-store" has the files; where libzmq serves an endpoint, its own and the
// monitor's.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <functional>
#include <optional>
#include <string>
#include <utility>
#include <variant>

#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include "broker/memory_limit.h"
#include "broker/service_notice.h"
#include "broker/settings.h"
#include "broker/shell/broker_loop.h"
#include "broker/shell/entropy.h"
#include "broker/shell/log.h"
#include "broker/signal_thread.h"
#include "broker/store/log_inspection.h"
#include "broker/store/posix_disk.h"

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
    options.on_ready = [] { zex::notify_service("READY=1"); };
    options.busy_poll = std::chrono::microseconds(from.net.busy_poll_us);
    return options;
}

/// Descriptors that are not for connections: the log, the store, ZeroMQ's own.
constexpr std::uint64_t other_descriptors = 80;

/// Connections are bounded by what the system allows: two descriptors each, since twice as many may
/// wait to be cut.
void fit_connections(zex::shell::Options& options, zex::shell::Log& log) {
    rlimit limit{};
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
    if (getrlimit(RLIMIT_NOFILE, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY) return;
    const std::uint64_t most =
        limit.rlim_cur > other_descriptors + 2 ? (limit.rlim_cur - other_descriptors) / 2 : 1;
    if (options.connections <= most) return;
    log.write(zex::shell::Log::Level::warn,
              "fewer connections than listen.connections_max: the system allows too few file "
              "descriptors (ulimit -n)",
              {{"connections", most},
               {"connections_max", options.connections},
               {"descriptors", std::uint64_t{limit.rlim_cur}}});
    options.connections = most;
}

const char* environment(const char* name) {
    return std::getenv(name);
}

/// To stdout, which may be a full disk.
int print(const std::string& text) {
    if (std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0) return EX_OK;
    std::perror("zexd: cannot write the output");
    return EX_IOERR;
}

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

/// What a SIGHUP may change: the level of the log.
void reload(int argc, char** argv, zex::shell::Log& log) {
    using Level = zex::shell::Log::Level;
    const auto invocation = zex::read_settings(argc, argv, environment);
    if (!invocation) {
        log.write(Level::warn, "SIGHUP: the settings are left as they are",
                  {{"why", invocation.error().reason}});
        return;
    }
    const std::string& level = invocation->settings.log.level;
    log.write(Level::info, "SIGHUP: the level of the log is read again", {{"level", level}});
    log.set_level(zex::shell::Log::level_named(level));
}

int run(const Settings& settings, zex::shell::Log log, const std::function<void()>& on_hangup) {
    zex::shell::Options options = shell_options(settings);
    fit_connections(options, log);
    zex::block_signals();
    auto context = zex::net::Context::make(static_cast<int>(settings.net.io_threads));
    if (!context) return fail(EX_SOFTWARE, context.error().reason);
    const zex::SteadyClock clock;
    auto loop = zex::shell::BrokerLoop::open(options, **context, clock, zex::shell::system_entropy,
                                             std::move(log));
    if (!loop && zex::store::is_of_the_data_directory(loop.error().code)) {
        return fail(exit_code_of(loop.error()), loop.error().text());
    }
    if (!loop) {
        const std::string& reason = loop.error().reason;
        const bool ipc = reason.find("ipc://") != std::string::npos;
        return fail(ipc ? EX_CANTCREAT : EX_UNAVAILABLE, way_out(reason));
    }
    const auto stop = [&] {
        zex::notify_service("STOPPING=1");
        (*loop)->stop();
    };
    const zex::SignalThread signals(stop, on_hangup);
    (*loop)->run();
    const std::optional<zex::Error>& failure = (*loop)->failure();
    return failure ? fail(exit_code_of(*failure), failure->text()) : EX_OK;
}

}  // namespace

int main(int argc, char** argv) {
    auto read = zex::read_all_settings(argc, argv, environment);
    zex::Mistakes mistakes = zex::unknown_variables(environ);
    if (auto* more = std::get_if<zex::Mistakes>(&read)) {
        mistakes.insert(mistakes.begin(), more->begin(), more->end());
    }
    for (const zex::Error& mistake : mistakes) fail(0, mistake.reason);
    if (!mistakes.empty()) return zex::exit_code(mistakes.front());
    const auto& invocation = std::get<zex::Invocation>(read);
    if (invocation.show != zex::Invocation::Show::nothing) {
        return print(invocation.text);
    }
    const Settings& settings = invocation.settings;
    if (invocation.check_config) {
        zex::store::PosixDisk disk;
        const std::string& directory = settings.storage.data_dir;
        if (!directory.empty()) {
            const zex::Status usable = zex::store::check_data_directory(disk, directory);
            if (!usable) return fail(exit_code_of(usable.error()), usable.error().text());
        }
        return print("the settings are good\n");
    }
    zex::shell::Log log(
        zex::shell::Log::level_named(settings.log.level),
        settings.log.format == "json" ? zex::shell::Log::Form::json : zex::shell::Log::Form::text);
    return run(settings, log, [&] { reload(argc, argv, log); });
}
