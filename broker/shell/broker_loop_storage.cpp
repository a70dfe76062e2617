// The part of BrokerLoop that has to do with the data directory: reading the log at the start,
// writing what is durable, and what the store tells.
#include <filesystem>
#include <utility>
#include <variant>

#include "broker/shell/broker_loop.h"
#include "common/base/text.h"

namespace zex::shell {
namespace {

/// How long stopping waits for what is still to be written.
constexpr Duration finish_patience = std::chrono::seconds(5);

/// How long what was settled waits for something else to be written with.
constexpr Duration settled_patience = std::chrono::milliseconds(10);

/// What may be asked for while the log is being read.
bool is_served_while_starting(const wire::Operation& operation) {
    return std::holds_alternative<wire::Hello>(operation) ||
           std::holds_alternative<wire::Ping>(operation) ||
           std::holds_alternative<wire::Pong>(operation) ||
           std::holds_alternative<wire::List>(operation) ||
           std::holds_alternative<wire::StatusRequest>(operation);
}

/// A directory that is not there, or has nothing in it, has no log; what cannot be told may.
bool may_have_log(const std::string& directory) {
    namespace fs = std::filesystem;
    std::error_code trouble;
    if (!fs::exists(directory, trouble) && !trouble) return false;
    return !fs::is_directory(directory, trouble) || !fs::is_empty(directory, trouble) || trouble;
}

}  // namespace

/// Nothing is written, not even the directory, before something durable is declared.
void BrokerLoop::open_storage() {
    if (options_.data_dir.empty()) return;
    starting_ = may_have_log(options_.data_dir);
    effects_.tape_to_come = starting_;
    if (starting_) return employ_storekeeper();
    const store::Recovered nothing;
    journal_.recovered(options_.data_dir, nothing);
    effects_.tape.emplace(nothing.next_segment, tape_bounds());
}

void BrokerLoop::employ_storekeeper() {
    storekeeper_ = std::make_unique<Storekeeper>(
        Storekeeper::Options{options_.data_dir, tape_bounds().segment_bytes,
                             options_.free_bytes_min, !starting_},
        bell_.wakeup);
}

facts::Tape::Bounds BrokerLoop::tape_bounds() const {
    return {static_cast<std::uint32_t>(options_.segment_bytes)};
}

void BrokerLoop::heed_store() {
    if (!storekeeper_) return;
    for (StoreEvent& event : storekeeper_->take()) {
        std::visit([this](const auto& what) { heed(what); }, event);
    }
}

/// At the end of each turn. What nobody waits for, which is what was settled, may wait a little,
/// so that it does not cost a write of its own.
void BrokerLoop::write_facts() {
    if (!effects_.tape || effects_.tape->empty()) return;
    const facts::Tape& tape = *effects_.tape;
    const bool awaited =
        tape.promises_sync() || core_.storage().awaited_batch == tape.batch() || stop_by_;
    if (!awaited) {
        if (!write_by_) write_by_ = now_ + settled_patience;
        if (now_ < *write_by_) return;
    }
    write_by_.reset();
    if (!storekeeper_) employ_storekeeper();
    storekeeper_->write(*effects_.tape);
}

void BrokerLoop::heed(const store::Recovered& recovered) {
    if (!starting_) return;  // of the log that this broker has just begun
    journal_.recovered(options_.data_dir, recovered);
    counters_.records_damaged += recovered.damage.size();
    for (const store::RecoveredQueue& queue : recovered.queues) {
        for (const facts::SequenceRange& range : queue.missing) {
            counters_.messages_lost += range.last - range.first + 1;
        }
    }
    effects_.tape.emplace(recovered.next_segment, tape_bounds());
    const core::Restored restored = Storekeeper::restored_from(recovered);
    apply(core::Restore{&restored});
    starting_ = false;
    serve_held();
}

/// True where the request waits until the log is read, or was answered.
bool BrokerLoop::hold(Connection& connection, std::span<const std::string_view> frames,
                      const wire::Request& request) {
    if (is_served_while_starting(request.operation)) return false;
    if (held_.hold(connection.id, frames)) return true;
    refuse(connection, request.id,
           error(ErrorCode::starting,
                 "the broker is reading its log and too many requests wait; see `zex status`"));
    return true;
}

void BrokerLoop::serve_held() {
    for (HeldRequests::Request& request : held_.take()) {
        const Connection* connection = connections_.find(request.from);
        if (connection == nullptr) continue;
        const std::vector<std::string_view> frames(request.frames.begin(), request.frames.end());
        receive(*connection->transport, request.from, frames, false);
    }
}

void BrokerLoop::perform(core::Load& effect) {
    storekeeper_->load(std::move(effect));
}

void BrokerLoop::perform(const core::RemoveSegment& effect) {
    storekeeper_->remove(effect);
}

void BrokerLoop::perform(const core::ReportDamage& effect) {
    ++counters_.records_damaged;
    journal_.damaged(effect);
}

void BrokerLoop::heed(const core::StorageState& state) {
    journal_.storage_changed(state.refuses);
    apply(state);
}

void BrokerLoop::heed(const core::StorageFailed& failed) {
    journal_.storage_failed(failed.error);
    failure_ = failed.error;
    apply(failed);
    stop_asked_.store(true);
}

void BrokerLoop::back_up(Connection& connection, std::optional<std::uint64_t> id,
                         const wire::Backup& request) {
    if (options_.data_dir.empty()) {
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
    write_facts();
    if (!storekeeper_) employ_storekeeper();
    storekeeper_->backup({backups + request.name, connection.id, id});
}

void BrokerLoop::heed(const BackupDone& done) {
    journal_.backed_up(done.job.directory, done.status);
    Connection* connection = connections_.find(done.job.connection);
    if (connection == nullptr) return;
    if (!done.status) return refuse(*connection, done.job.id, done.status.error());
    answer(*connection, {done.job.id, wire::Ok{}});
}

/// For `status`: how far the reading of the log is, and then what the log comes to.
void BrokerLoop::add_storage_numbers(std::vector<wire::CounterView>& rows) const {
    if (options_.data_dir.empty()) return;
    rows.push_back({"starting", starting_ ? 1u : 0u});
    rows.push_back({"recovery_bytes_done", storekeeper_ ? storekeeper_->recovered_bytes() : 0});
    rows.push_back({"recovery_bytes", storekeeper_ ? storekeeper_->recovery_bytes() : 0});
    if (starting_) return;
    const core::Segments& segments = core_.storage().segments;
    rows.push_back({"log_segments", segments.count()});
    rows.push_back({"log_bytes", segments.bytes()});
    rows.push_back({"log_garbage_bytes", segments.garbage()});
}

/// What was published is confirmed before goodbye is said.
void BrokerLoop::finish_storage() {
    if (!storekeeper_ || starting_ || failure_) return;
    write_facts();
    storekeeper_->finish(finish_patience);
    heed_store();
    write_facts();
}

}  // namespace zex::shell
