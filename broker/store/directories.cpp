#include "broker/store/directories.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "broker/store/log_inspection.h"

namespace zex::store {
namespace {

constexpr std::size_t copy_bytes = std::size_t{1} << 20;

}  // namespace

Status make_directories(Disk& disk, const std::string& path) {
    auto there = disk.look(path);
    if (!there) return there.error();
    if (*there) return {};
    const std::string parent = parent_directory(path);
    if (Status done = make_directories(disk, parent); !done) return done;
    if (Status done = disk.make_directory(path); !done) return done;
    return disk.sync_directory(parent);
}

Status sync_parents(Disk& disk, const std::string& path) {
    std::string parent = parent_directory(path);
    if (Status done = disk.sync_directory(parent); !done) return done;
    while (parent != "/" && parent != ".") {
        parent = parent_directory(parent);
        Status done = disk.sync_directory(parent);
        if (!done && done.error().may_retry()) return {};  // it is not ours
        if (!done) return done;
    }
    return {};
}

Status copy_file(Disk& disk, const std::string& from, const std::string& to, std::uint64_t bytes) {
    auto source = disk.open(from, Access::read);
    if (!source) return source.error();
    auto target = disk.open(to, Access::create);
    if (!target) return target.error();
    std::string buffer(copy_bytes, '\0');
    for (std::uint64_t at = 0; at < bytes;) {
        const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(bytes - at, copy_bytes));
        auto got = read_fully(**source, at, {buffer.data(), want});
        if (!got) return got.error();
        if (*got == 0) break;
        Status done = (*target)->write(at, std::string_view(buffer).substr(0, *got));
        if (!done) return done;
        at += *got;
    }
    return (*target)->sync();
}

}  // namespace zex::store
