#include "broker/store/log_inspection.h"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>
#include <utility>

#include "broker/facts/record.h"

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
    auto got = (*file)->read(0, bytes);
    if (!got) return got.error();
    bytes.resize(*got);
    return bytes;
}

std::string_view second(std::string_view two_blocks) {
    return two_blocks.size() <= second_block_at ? std::string_view()
                                                : two_blocks.substr(second_block_at);
}

Damage damaged_block(std::string_view file, std::string reason) {
    Damage damage;
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

/// No identity: a new directory, or one that must not be taken for one.
Result<InspectedLog> without_identity(const std::string& directory,
                                      const std::vector<DirectoryEntry>& entries,
                                      const std::vector<DirectoryEntry>& log) {
    constexpr std::array<std::string_view, 3> beginnings = {lock_name, mark_name,
                                                            new_identity_name};
    for (const DirectoryEntry& entry : entries) {
        if (std::ranges::find(beginnings, entry.name) != beginnings.end()) continue;
        return refuse(ErrorCode::data_foreign,
                      directory + " holds " + entry.name + " and no file " +
                          std::string(identity_name) +
                          ", so it is not a whole data directory of zex; put the file back from a "
                          "backup, or use another directory");
    }
    if (!log.empty()) {
        return refuse(ErrorCode::data_foreign, in(directory, identity_name) +
                                                   " is missing, and there are segments; put " +
                                                   "the file back from a backup");
    }
    InspectedLog found;
    found.fresh = true;
    return found;
}

Status read_identity_file(Disk& disk, const std::string& directory, InspectedLog& found) {
    const std::string path = in(directory, identity_name);
    auto bytes = head(disk, path, two_blocks_size);
    if (!bytes) return bytes.error();
    const auto one = read_identity(*bytes);
    const auto two = read_identity(second(*bytes));
    if (!one && !two) {
        return refuse(ErrorCode::data_foreign,
                      path + (bytes->empty() ? " is empty" : " is not one of zex, or damaged") +
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
    auto bytes = head(disk, in(directory, mark_name), two_blocks_size);
    if (!bytes) return bytes.error();
    std::array<std::optional<Mark>, 2> blocks = {read_mark(*bytes), read_mark(second(*bytes))};
    for (std::optional<Mark>& block : blocks) {
        if (block && block->log_id != found.identity.log_id) block.reset();
        if (!block) {
            found.damage.push_back(damaged_block(mark_name, "one of its two blocks is damaged"));
        } else if (!found.mark || block->count > found.mark->count) {
            found.mark = block;
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
    auto bytes = head(disk, path, block_size);
    if (!bytes) return bytes.error();
    const auto header = read_segment_header(*bytes);
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
    if (!disk.exists(directory)) return without_identity(directory, {}, {});
    auto entries = disk.list(directory);
    if (!entries) return entries.error();
    std::vector<DirectoryEntry> log;
    if (disk.exists(log_directory(directory))) {
        auto listed = disk.list(log_directory(directory));
        if (!listed) return listed.error();
        log = std::move(*listed);
    }
    if (!holds(*entries, identity_name)) return without_identity(directory, *entries, log);

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
        found.segments.push_back({*number, entry.bytes, {}, {}});
        Status read = read_segment_file(disk, directory, found, found.segments.back());
        if (!read) return read.error();
    }
    if (Status whole = check_complete(directory, found); !whole) return whole.error();
    found.fresh = found.segments.empty();
    for (std::size_t i = 1; i < found.segments.size(); ++i) {
        if (found.segments[i].header) {
            found.segments[i - 1].end = found.segments[i].header->previous_end;
        }
    }
    return found;
}

}  // namespace zex::store
