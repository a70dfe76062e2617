#include "broker/log/appender.h"

#include <algorithm>
#include <utility>

#include "common/base/check.h"

namespace zex::log {

void Appender::make_room(std::size_t size) {
    const bool fresh = end_.offset == segment_header_size;
    const bool fits = end_.offset + size + batch_record_size <= bounds_.segment_bytes;
    if (!fresh && !fits) end_ = {end_.segment + 1, segment_header_size};
    if (!open_.chunks.empty() && open_.chunks.back().begin.segment == end_.segment) return;
    open_.chunks.push_back({end_, {}});
    open_.chunks.back().bytes.reserve(std::max(last_chunk_bytes_, size + batch_record_size));
}

void Appender::promise(const facts::Records& records) {
    open_.sync = open_.sync || records.sync();
    if (const auto within = records.sync_within_ms()) {
        open_.sync_within_ms = std::min(open_.sync_within_ms.value_or(*within), *within);
    }
}

void Appender::count_facts(const facts::Records& records) {
    facts_ += records.count();
    fact_bytes_ += records.bytes().size();
}

Batch Appender::take(Place synced) {
    ZEX_CHECK(!empty());
    std::string& out = open_.chunks.back().bytes;
    facts::put_header(out, {facts::Kind::batch, 0, 0, batch_record_size, 0, open_.number});
    out += synced_body(synced);
    end_.offset += batch_record_size;
    last_chunk_bytes_ = out.size();
    open_.facts = facts_;
    open_.fact_bytes = fact_bytes_;
    const std::uint64_t next = open_.number + 1;
    return std::exchange(open_, Batch{next, {}, false, {}, 0, 0});
}

}  // namespace zex::log
