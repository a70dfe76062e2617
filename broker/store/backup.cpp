#include "broker/store/backup.h"

#include <string_view>

#include "broker/store/directories.h"
#include "broker/store/log_inspection.h"
#include "broker/store/mark_file.h"

namespace zex::store {
namespace {

Status write_file(Disk& disk, const std::string& path, std::string_view bytes) {
    auto file = disk.open(path, Access::create);
    if (!file) return file.error();
    if (Status done = (*file)->write(0, bytes); !done) return done;
    return (*file)->sync();
}

Status require_empty(Disk& disk, const std::string& directory) {
    auto there = disk.look(directory);
    if (!there) return there.error();
    if (!*there) return {};
    auto entries = disk.list(directory);
    if (!entries) return entries.error();
    if (entries->empty()) return {};
    return error(ErrorCode::not_empty, "the directory " + directory + " holds " +
                                           entries->front().name +
                                           "; back up to a new or an empty one");
}

}  // namespace

Status write_identity(Disk& disk, const std::string& directory, const Identity& identity) {
    const std::string path = in(directory, new_identity_name);
    std::string bytes = to_block(identity);
    bytes.resize(second_block_at, '\0');
    bytes += to_block(identity);
    if (Status done = write_file(disk, path, bytes); !done) return done;
    if (Status done = disk.rename(path, in(directory, identity_name)); !done) return done;
    return disk.sync_directory(directory);
}

Status write_mark(Disk& disk, const std::string& directory, const Mark& mark) {
    Status done = write_file(disk, in(directory, mark_name), mark_file_bytes(mark));
    return done ? disk.sync_directory(directory) : done;
}

Status Backup::copy_log(Disk& disk) const {
    const std::string log = log_directory(to);
    if (Status done = disk.make_directory(log); !done) return done;
    for (const std::uint32_t number : segments) {
        const std::string source = segment_path(from, number);
        if (disk.link(source, segment_path(to, number))) continue;
        Status done = copy_file(disk, source, segment_path(to, number), UINT64_MAX);
        if (!done) return done;
    }
    if (open) {
        Status done = copy_file(disk, segment_path(from, open.segment),
                                segment_path(to, open.segment), open.offset);
        if (!done) return done;
    }
    return disk.sync_directory(log);
}

Status Backup::make(Disk& disk) const {
    if (Status done = require_empty(disk, to); !done) return done;
    if (Status done = make_directories(disk, to); !done) return done;
    const std::string unfinished = in(to, unfinished_name);
    if (Status done = write_file(disk, unfinished, {}); !done) return done;
    if (Status done = disk.sync_directory(to); !done) return done;
    if (Status done = sync_parents(disk, to); !done) return done;
    if (Status done = copy_log(disk); !done) return done;
    if (Status done = write_mark(disk, to, mark); !done) return done;
    if (Status done = write_identity(disk, to, identity); !done) return done;
    if (Status done = disk.remove(unfinished); !done) return done;
    return disk.sync_directory(to);
}

}  // namespace zex::store
