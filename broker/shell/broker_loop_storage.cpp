// The part of BrokerLoop that has to do with the data directory: reading the log at the start,
// writing what is durable, and what the store tells.
#include <utility>
#include <variant>

#include "broker/log/recovered.h"
#include "broker/shell/broker_loop.h"
#include "broker/shell/entropy.h"
#include "broker/store/log_inspection.h"
#include "broker/store/log_store.h"

namespace zex::shell {
namespace {

/// How long stopping waits for what is still to be written.
constexpr Duration finish_patience = std::chrono::seconds(5);

/// What may be asked for while the log is being read.
bool is_served_while_starting(const wire::Operation& operation) {
    return std::holds_alternative<wire::Hello>(operation) ||
           std::holds_alternative<wire::Ping>(operation) ||
           std::holds_alternative<wire::Pong>(operation) ||
           std::holds_alternative<wire::StatusRequest>(operation);
}

}  // namespace

Status BrokerLoop::open_storage() {
    if (options_.data_dir.empty()) return {};
    if (Status usable = store::check_data_directory(disk_, options_.data_dir); !usable) {
        return usable;
    }
    const store::LogStore::Options log{.segment_bytes = options_.segment_bytes,
                                       .new_log_id = system_entropy() | 1};
    store_thread_ = std::make_unique<StoreThread>(
        std::make_unique<store::LogStore>(disk_, options_.data_dir, log),
        StoreWorker::Bounds{options_.free_bytes_min}, bell_.wakeup);
    store_.emplace(*store_thread_,
                   log::Appender::Bounds{static_cast<std::uint32_t>(options_.segment_bytes)});
    apply(core::StorageState{});
    return {};
}

bool BrokerLoop::is_starting() const {
    return store_ && store_->is_starting();
}

void BrokerLoop::take_store_events() {
    if (!store_) return;
    store_events_.clear();
    store_thread_->take(store_events_);
    for (StoreEvent& event : store_events_) {
        std::visit([this](auto& what) { on(what); }, event);
    }
    for (const core::Command& damage : store_->take_damage()) apply(damage);
}

/// At the end of each turn.
void BrokerLoop::write_facts() {
    if (store_) store_->end_turn(now_, core_.storage().awaited(), stop_by_.has_value());
}

void BrokerLoop::on(log::Recovered& recovered) {
    event_log_.recovered(options_.data_dir, recovered);
    counters_.records_damaged += recovered.damage.size();
    for (const log::RecoveredQueue& queue : recovered.queues) {
        for (const facts::SequenceRange& range : queue.missing) {
            counters_.messages_lost += range.last - range.first + 1;
        }
    }
    const core::Restored restored = store_->restore(recovered);
    apply(core::Restore{&restored});
    serve_held();
    if (options_.on_ready) options_.on_ready();
}

/// True where the request waits until the log is read, or was answered.
bool BrokerLoop::hold(Connection& connection, std::span<const std::string_view> frames,
                      const wire::Request& request) {
    if (is_served_while_starting(request.operation)) return false;
    // Who looks is told at once: what is there now is not what there will be.
    const bool looks = std::holds_alternative<wire::List>(request.operation);
    if (!looks && held_.hold(connection.id, frames)) return true;
    const char* const why =
        looks ? "the broker is starting and still reads its log; try again, or see `zex status`"
              : "the broker is reading its log and too many requests wait; see `zex status`";
    refuse(connection, request.id, error(ErrorCode::starting, why));
    return true;
}

/// A look at the head of a queue that is only being read from the disk, as after a start: it waits,
/// and sees the queue as it is.
bool BrokerLoop::waits_for_head(const wire::Operation& operation) const {
    const auto* peek = std::get_if<wire::Peek>(&operation);
    if (peek == nullptr) return false;
    const core::Queue* queue = core_.topology().queue(peek->queue);
    return queue != nullptr && queue->options.durable && queue->ready() > 0 &&
           queue->durable()->loading && queue->first_ready(1).empty();
}

void BrokerLoop::serve_held() {
    for (HeldRequests::Request& request : held_.take()) {
        const Connection* connection = connections_.find(request.from);
        if (connection == nullptr) {
            ++counters_.requests_dropped_starting;
            continue;
        }
        const std::vector<std::string_view> frames(request.frames.begin(), request.frames.end());
        receive(*connection->transport, request.from, frames, false);
    }
}

void BrokerLoop::perform(core::Load& effect) {
    store_->load(std::move(effect));
}

void BrokerLoop::perform(const core::ReportDamage& effect) {
    ++counters_.records_damaged;
    event_log_.damaged(effect);
}

void BrokerLoop::on(const StoreTrouble& trouble) {
    ++counters_.store_calls_failed;
    event_log_.store_trouble(trouble.error);
}

void BrokerLoop::on(const core::StorageState& state) {
    event_log_.storage_changed(state.refuses);
    apply(state);
}

void BrokerLoop::on(const core::StorageFailed& failed) {
    event_log_.storage_failed(failed.error);
    failure_ = failed.error;
    apply(failed);
    stop_asked_.store(true);
}

void BrokerLoop::back_up(Connection& connection, std::optional<std::uint64_t> id,
                         const wire::Backup& request) {
    if (!store_) {
        return refuse(connection, id,
                      error(ErrorCode::not_permitted,
                            "there is nothing to back up: this broker was started without a data "
                            "directory"));
    }
    const std::string backups = options_.data_dir + "/backups/";
    if (request.name.find('/') != std::string::npos || request.name.starts_with('.')) {
        return refuse(connection, id,
                      error(ErrorCode::bad_name,
                            "the name of a backup is that of a new directory in " + backups +
                                ": without '/', and not beginning with '.'",
                            "name"));
    }
    store_->back_up({backups + request.name, connection.id, id});
}

void BrokerLoop::on(const BackedUp& done) {
    event_log_.backed_up(done.job.directory, done.status);
    Connection* connection = connections_.find(done.job.connection);
    if (connection == nullptr) return;
    if (!done.status) return refuse(*connection, done.job.id, done.status.error());
    answer(*connection, {done.job.id, wire::Ok{}});
}

/// For `status`: how far the reading of the log is, and then what the log comes to.
void BrokerLoop::add_storage_numbers(std::vector<wire::CounterView>& rows) const {
    if (!store_) return;
    rows.push_back({"starting", is_starting() ? 1u : 0u});
    rows.push_back({"recovery_bytes_done", store_thread_->recovered_bytes()});
    rows.push_back({"recovery_bytes", store_thread_->recovery_bytes()});
    if (is_starting()) return;
    const log::Segments& segments = store_->segments();
    const std::uint64_t bytes = segments.bytes();
    rows.push_back({"log_segments", segments.count()});
    rows.push_back({"log_bytes", bytes});
    rows.push_back({"log_garbage_bytes", bytes - std::min(bytes, segments.live_bytes())});
    rows.push_back({"log_disk_bytes", store_->space().used_bytes});
    rows.push_back({"disk_free_bytes", store_->space().free_bytes});
}

/// What was said so far is on the disk, and answered.
void BrokerLoop::finish_storage() {
    if (!store_ || is_starting() || failure_) return;
    const auto finish = [this] {
        store_->end_turn(now_, core_.storage().awaited(), true);
        store_thread_->finish(finish_patience);
        take_store_events();
    };
    finish();
    apply(core::ShutDown{});  // writes down what nobody has seen
    finish();
}

}  // namespace zex::shell
