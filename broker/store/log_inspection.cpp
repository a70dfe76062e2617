#include "broker/store/log_inspection.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

namespace zex::store {
namespace {

Error refuse(ErrorCode code, std::string reason) {
    return error(code, std::move(reason));
}

/// The first bytes of a file, at most `size`.
Result<std::string> head(Disk& disk, const std::string& path, std::size_t size) {
    auto file = disk.open(path, Access::read);
    if (!file) return file.error();
    std::string bytes(size, '\0');
    auto got = read_fully(**file, 0, bytes);
    if (!got) return got.error();
    bytes.resize(*got);
    return bytes;
}

std::string_view second(std::string_view two_blocks) {
    return two_blocks.size() <= second_block_at ? std::string_view()
                                                : two_blocks.substr(second_block_at);
}

log::Damage damaged_block(std::string_view file, std::string reason) {
    log::Damage damage;
    damage.file = file;
    damage.reason = std::move(reason);
    return damage;
}

bool holds(const std::vector<DirectoryEntry>& entries, std::string_view name) {
    return std::ranges::find(entries, name, &DirectoryEntry::name) != entries.end();
}

Error too_new(const std::string& path, std::uint32_t version) {
    return refuse(ErrorCode::data_too_new, path + " has format version " + std::to_string(version) +
                                               ", and this program reads up to version " +
                                               std::to_string(format_version) +
                                               "; start the newer program on it");
}

Error not_whole(const std::string& directory, const std::string& name) {
    return refuse(ErrorCode::data_foreign,
                  directory + " holds " + name + " and no file " + std::string(identity_name) +
                      ", so it is not a whole data directory of zex; put the file back from a "
                      "backup, or use another directory");
}

Error unfinished_backup(const std::string& directory) {
    return refuse(ErrorCode::data_foreign,
                  directory + " holds a backup that was not finished; remove it and make another");
}

/// No identity: a new directory, or one that must not be taken for one.
Result<InspectedLog> without_identity(const std::string& directory,
                                      const std::vector<DirectoryEntry>& entries,
                                      const std::vector<DirectoryEntry>& log) {
    constexpr std::array<std::string_view, 3> beginnings = {lock_name, mark_name,
                                                            new_identity_name};
    bool has_log = false;
    for (const DirectoryEntry& entry : entries) {
        const bool is_directory = entry.kind == EntryKind::directory;
        const bool is_file = entry.kind == EntryKind::file;
        if (is_file && std::ranges::find(beginnings, entry.name) != beginnings.end()) continue;
        if (is_directory && entry.name == "lost+found") continue;
        if (!is_directory || entry.name != log_name) return not_whole(directory, entry.name);
        has_log = true;
    }
    // A start makes the lock before anything else; a backup has none.
    if (has_log && !holds(entries, lock_name)) return unfinished_backup(directory);
    const auto is_segment = [](const DirectoryEntry& entry) {
        return !is_reserve_name(entry.name);
    };
    if (std::ranges::any_of(log, is_segment)) {
        return refuse(ErrorCode::data_foreign, in(directory, identity_name) +
                                                   " is missing, and there are segments; put " +
                                                   "the file back from a backup");
    }
    InspectedLog found;
    found.fresh = true;
    return found;
}

/// A link or a pipe would lead elsewhere.
Status require_file(const std::string& directory, const DirectoryEntry& entry) {
    if (entry.kind == EntryKind::file) return {};
    return refuse(ErrorCode::data_foreign,
                  in(directory, entry.name) + " is not a regular file; put the file back");
}

/// Reads the first bytes of a file, and again if what `parse` makes of them is not whole.
template <class Parse>
auto parse_head(Disk& disk, const std::string& path, std::size_t size, const Parse& parse)
    -> Result<decltype(parse(std::string_view()))> {
    auto bytes = head(disk, path, size);
    if (!bytes) return bytes.error();
    auto parsed = parse(*bytes);
    if (parsed.is_whole()) return parsed;
    bytes = head(disk, path, size);
    if (!bytes) return bytes.error();
    return parse(*bytes);
}

/// Of a file with two blocks.
template <class T>
struct Pair {
    std::optional<T> one;
    std::optional<T> two;
    bool is_empty = false;
    bool is_whole() const { return one && two; }
};
template <class T>
struct Single {
    std::optional<T> one;
    bool is_whole() const { return one.has_value(); }
};

Status read_identity_file(Disk& disk, const std::string& directory, InspectedLog& found) {
    const std::string path = in(directory, identity_name);
    const auto read = parse_head(disk, path, two_blocks_size, [](std::string_view bytes) {
        return Pair<Identity>{read_identity(bytes), read_identity(second(bytes)), bytes.empty()};
    });
    if (!read) return read.error();
    const auto& [one, two, is_empty] = *read;
    if (!one && !two) {
        return refuse(ErrorCode::data_foreign,
                      path + (is_empty ? " is empty" : " is not one of zex, or damaged") +
                          "; put it back from a backup, or use another directory");
    }
    found.identity = one ? *one : *two;
    if (found.identity.version > format_version) return too_new(path, found.identity.version);
    found.identity_whole = one && two && one->log_id == two->log_id;
    if (!found.identity_whole) {
        found.damage.push_back(
            damaged_block(identity_name, "one of its two blocks is damaged; the other is used"));
    }
    return {};
}

Status read_mark_file(Disk& disk, const std::string& directory, bool is_there,
                      InspectedLog& found) {
    if (!is_there) {
        found.damage.push_back(
            damaged_block(mark_name, "the file is missing; how much was confirmed is not known"));
        return {};
    }
    const std::string path = in(directory, mark_name);
    auto read = parse_head(disk, path, two_blocks_size, [](std::string_view bytes) {
        return Pair<Mark>{read_mark(bytes), read_mark(second(bytes)), bytes.empty()};
    });
    if (!read) return read.error();
    for (std::optional<Mark>* block : {&read->one, &read->two}) {
        if (*block && (*block)->log_id != found.identity.log_id) block->reset();
        if (!*block) {
            found.damage.push_back(damaged_block(mark_name, "one of its two blocks is damaged"));
        } else if (!found.mark || (*block)->count > found.mark->count) {
            found.mark = *block;
        }
    }
    return {};
}

Status read_segment_file(Disk& disk, const std::string& directory, const InspectedLog& found,
                         InspectedSegment& segment) {
    const std::string path = segment_path(directory, segment.number);
    if (segment.bytes == 0) {
        return refuse(ErrorCode::data_damaged,
                      path + " is empty; put it back from a backup, or, to go on without what it " +
                          "held, make it 64 bytes long: truncate -s 64 " + path);
    }
    const auto read = parse_head(disk, path, block_size, [](std::string_view bytes) {
        return Single<SegmentHeader>{read_segment_header(bytes)};
    });
    if (!read) return read.error();
    const auto& header = read->one;
    if (!header) return {};
    if (header->version > format_version) return too_new(path, header->version);
    if (header->log_id != found.identity.log_id) {
        return refuse(ErrorCode::data_foreign,
                      path + " belongs to another log; put the right file back from a backup");
    }
    if (header->number == segment.number) segment.header = header;
    return {};
}

Error missing_segment(const std::string& directory, std::uint32_t number) {
    const std::string path = segment_path(directory, number);
    return refuse(ErrorCode::data_damaged,
                  path + " is missing; put it back from a backup, or, to go on without what it " +
                      "held, put 64 zeros there: truncate -s 64 " + path);
}

Status check_complete(const std::string& directory, const InspectedLog& found) {
    if (found.segments.empty() && !found.mark) {
        return refuse(ErrorCode::data_damaged,
                      in(directory, mark_name) + " is missing or damaged, and there are no " +
                          "segments; put them back from a backup, or use another directory");
    }
    std::uint32_t due = found.mark ? found.mark->first : found.segments.front().number;
    for (const InspectedSegment& segment : found.segments) {
        if (segment.number != due) return missing_segment(directory, due);
        ++due;
    }
    if (found.mark && due <= found.mark->segment) return missing_segment(directory, due);
    return {};
}

}  // namespace

std::string in(const std::string& directory, std::string_view name) {
    return directory + "/" + std::string(name);
}

std::string parent_directory(const std::string& path) {
    const auto slash = path.find_last_of('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

std::string log_directory(const std::string& directory) {
    return in(directory, log_name);
}

std::string segment_path(const std::string& directory, std::uint32_t number) {
    return in(log_directory(directory), segment_name(number));
}

Result<InspectedLog> inspect(Disk& disk, const std::string& directory) {
    auto there = disk.look(directory);
    if (!there) return there.error();
    if (!*there) return without_identity(directory, {}, {});
    if (**there != EntryKind::directory) {
        return refuse(ErrorCode::data_foreign, directory + " is not a directory");
    }
    auto entries = disk.list(directory);
    if (!entries) return entries.error();
    if (holds(*entries, unfinished_name)) return unfinished_backup(directory);
    std::vector<DirectoryEntry> log;
    if (holds(*entries, log_name)) {
        auto listed = disk.list(log_directory(directory));
        if (!listed) return listed.error();
        log = std::move(*listed);
    }
    if (!holds(*entries, identity_name)) return without_identity(directory, *entries, log);

    for (const DirectoryEntry& entry : *entries) {
        if (entry.name != identity_name && entry.name != mark_name) continue;
        if (Status whole = require_file(directory, entry); !whole) return whole.error();
    }
    InspectedLog found;
    if (Status read = read_identity_file(disk, directory, found); !read) return read.error();
    const bool has_mark = holds(*entries, mark_name);
    if (Status read = read_mark_file(disk, directory, has_mark, found); !read) return read.error();
    for (const DirectoryEntry& entry : log) {
        const auto number = segment_number(entry.name);
        if (!number) continue;
        if (found.mark && *number < found.mark->first) {
            found.removed.push_back(*number);
            continue;
        }
        if (Status whole = require_file(log_directory(directory), entry); !whole) {
            return whole.error();
        }
        found.segments.push_back({*number, entry.bytes, {}, {}});
        Status read = read_segment_file(disk, directory, found, found.segments.back());
        if (!read) return read.error();
    }
    if (Status whole = check_complete(directory, found); !whole) return whole.error();
    const bool removed_some = found.mark && found.mark->first > 1;
    found.fresh = found.segments.empty() && !removed_some;
    for (std::size_t i = 1; i < found.segments.size(); ++i) {
        if (found.segments[i].header) {
            found.segments[i - 1].end = found.segments[i].header->previous_end;
        }
    }
    return found;
}

bool is_of_the_data_directory(ErrorCode code) {
    switch (code) {
        case ErrorCode::data_in_use:
        case ErrorCode::data_foreign:
        case ErrorCode::data_too_new:
        case ErrorCode::data_damaged:
        case ErrorCode::disk_full:
        case ErrorCode::disk_error:
        case ErrorCode::storage_failed:
            return true;
        default:
            return false;
    }
}

Status check_data_directory(Disk& disk, const std::string& directory) {
    std::string path = directory;
    for (;;) {
        auto there = disk.look(path);
        if (!there) return there.error();
        if (*there && **there != EntryKind::directory) {
            return refuse(ErrorCode::data_foreign, path + " is not a directory");
        }
        if (*there) break;
        path = parent_directory(path);
    }
    if (Status writable = disk.check_writable(path); !writable) {
        if (path == directory) return writable;
        Error error = writable.error();
        error.reason += "; the data directory " + directory + " cannot be made there";
        return error;
    }
    if (path != directory) return {};  // it can be made
    auto lock = disk.lock(directory);
    if (!lock) return lock.error();
    auto file = disk.look(in(directory, lock_name));
    if (!file) return file.error();
    if (*file) {
        auto old = disk.lock_file(in(directory, lock_name));
        if (!old) return old.error();
    }
    auto log = inspect(disk, directory);
    if (!log) return log.error();
    auto segments = disk.look(log_directory(directory));
    if (!segments) return segments.error();
    return *segments ? disk.check_writable(log_directory(directory)) : Status();
}

}  // namespace zex::store
