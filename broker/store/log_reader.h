// Reads a whole log from its first record to its last, and tells what is damaged, and what is only
// the torn tail of writes that nobody was promised. Reads only.
//
// In the last segment bytes that are no record are damage if something proves that they were
// synced: the mark, or a `batch` record anywhere behind them. Else the log ends before them, and
// records behind them, which the disk happened to write earlier, do not count.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <zex/result.hpp>

#include "broker/facts/record.h"
#include "broker/log/recovered.h"
#include "broker/store/disk.h"
#include "broker/store/log_inspection.h"

namespace zex::store {

class LogVisitor {
  public:
    virtual ~LogVisitor() = default;
    /// False where the body is not what its kind has.
    virtual bool record(log::Place place, const facts::Header& header, std::string_view body) = 0;
    virtual void damage(const log::Damage& damage) = 0;
    virtual void cut(const log::Cut& cut) = 0;
};

/// Where the last segment ends.
struct LogEnd {
    std::uint64_t offset = 0;  ///< bytes of it that count
    bool is_empty = false;     ///< it has a good header, and nothing in it is good or was confirmed
};

/// `log` has segments. Damage that inspection found is told as well.
Result<LogEnd> read_log(Disk& disk, const std::string& directory, const InspectedLog& log,
                        LogVisitor& visitor, const log::Progress& progress);

}  // namespace zex::store
