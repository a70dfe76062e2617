#include "broker/store/backup.h"

#include <algorithm>
#include <string_view>

#include "broker/store/log_inspection.h"
#include "broker/store/mark_file.h"

namespace zex::store {
namespace {

constexpr std::size_t copy_bytes = std::size_t{1} << 20;

Status write_file(Disk& disk, const std::string& path, std::string_view bytes) {
    auto file = disk.open(path, Access::create);
    if (!file) return file.error();
    if (Status done = (*file)->write(0, bytes); !done) return done;
    return (*file)->sync();
}

Status require_empty(Disk& disk, const std::string& directory) {
    for (const std::string& path : {directory, log_directory(directory)}) {
        if (!disk.exists(path)) continue;
        auto entries = disk.list(path);
        if (!entries) return entries.error();
        if (entries->empty()) continue;
        return error(ErrorCode::not_empty, "the directory " + path + " holds " +
                                               entries->front().name +
                                               "; back up to a new or an empty one");
    }
    return {};
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

Status Backup::copy(Disk& disk, std::uint32_t segment, std::uint64_t bytes) const {
    auto source = disk.open(segment_path(from, segment), Access::read);
    if (!source) return source.error();
    auto target = disk.open(segment_path(to, segment), Access::create);
    if (!target) return target.error();
    std::string buffer(copy_bytes, '\0');
    for (std::uint64_t at = 0; at < bytes;) {
        const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(bytes - at, copy_bytes));
        auto got = (*source)->read(at, {buffer.data(), want});
        if (!got) return got.error();
        if (*got == 0) break;
        Status done = (*target)->write(at, std::string_view(buffer).substr(0, *got));
        if (!done) return done;
        at += *got;
    }
    return (*target)->sync();
}

Status Backup::make(Disk& disk) const {
    if (Status done = require_empty(disk, to); !done) return done;
    if (Status done = disk.make_directory(log_directory(to)); !done) return done;
    if (Status done = disk.sync_directory(parent_directory(to)); !done) return done;
    for (const std::uint32_t number : segments) {
        if (disk.link(segment_path(from, number), segment_path(to, number))) continue;
        if (Status done = copy(disk, number, UINT64_MAX); !done) return done;
    }
    if (Status done = copy(disk, mark.segment, mark.offset); !done) return done;
    if (Status done = disk.sync_directory(log_directory(to)); !done) return done;
    if (Status done = write_file(disk, in(to, mark_name), mark_file_bytes(mark)); !done) {
        return done;
    }
    if (Status done = disk.sync_directory(to); !done) return done;
    return write_identity(disk, to, identity);
}

}  // namespace zex::store
