#include "tests/store/simulated_disk.h"

#include <algorithm>
#include <utility>

namespace zex::test {

using store::Access;
using store::DirectoryEntry;
using store::DirectoryLock;
using store::File;

namespace {

Error wrong(const std::string& what, ErrorCode code = ErrorCode::disk_error) {
    return error(code, what + ": simulated");
}

std::string parent(const std::string& path) {
    return path.substr(0, path.find_last_of('/'));
}

/// So many of the bytes from `offset` on fill their sectors.
std::size_t whole_sectors(std::uint64_t offset, std::size_t bytes) {
    const std::uint64_t end = (offset + bytes) / SimulatedDisk::sector * SimulatedDisk::sector;
    return end > offset ? static_cast<std::size_t>(end - offset) : 0;
}

}  // namespace

class SimulatedFile final : public File {
  public:
    SimulatedFile(SimulatedDisk& disk, std::shared_ptr<SimulatedDisk::Inode> inode, bool writes)
        : disk_(disk), inode_(std::move(inode)), writes_(writes) {}

    Result<std::size_t> read(std::uint64_t offset, std::span<char> into) override {
        if (Status begun = disk_.begin_any("read"); !begun) return begun.error();
        const std::string& from = inode_->now;
        const auto skip = static_cast<std::size_t>(std::min<std::uint64_t>(offset, from.size()));
        std::size_t most = into.size();
        if (++disk_.reads_ % 3 == 0 && disk_.short_reads) most = std::min(most / 2 + 1, most);
        const std::size_t got = from.copy(into.data(), most, skip);
        if (disk_.reads_ == disk_.lie_at_) std::fill_n(into.data(), got, 'z');
        return got;
    }
    Status write(std::uint64_t offset, std::string_view bytes) override {
        const SimulatedDisk::Change change{false, offset, std::string(bytes)};
        disk_.writing_ = &change;
        disk_.writing_to_ = inode_.get();
        Status begun = begin("write");
        disk_.writing_ = nullptr;
        if (!begun) {
            // Part of it is there all the same.
            const SimulatedDisk::Change part{
                false, offset,
                std::string(bytes.substr(0, whole_sectors(offset, bytes.size() / 2)))};
            if (!disk_.stopped()) make(part);
            return begun;
        }
        if (Status room = disk_.grow(*inode_, offset + bytes.size()); !room) return room;
        make(change);
        return {};
    }
    Status sync() override {
        Status begun = begin("fdatasync", true);
        if (begun) {
            inode_->synced = inode_->now;
        } else if (disk_.stopped()) {
            return begun;
        }
        inode_->unsynced.clear();  // also where it failed: Linux takes the pages for clean
        return begun ? begun : wrong("fdatasync", ErrorCode::storage_failed);
    }
    Status truncate(std::uint64_t bytes) override {
        if (Status begun = begin("ftruncate"); !begun) return begun;
        make({true, bytes, {}});
        return {};
    }
    Status preallocate(std::uint64_t bytes) override {
        if (Status begun = begin("fallocate"); !begun) return begun;
        if (bytes <= inode_->now.size()) return {};
        if (Status room = disk_.grow(*inode_, bytes); !room) return room;
        make({true, bytes, {}});
        return {};
    }
    Result<std::uint64_t> size() override {
        if (Status begun = disk_.begin_any("fstat"); !begun) return begun.error();
        return std::uint64_t{inode_->now.size()};
    }

  private:
    Status begin(const char* what, bool is_sync = false) {
        if (!writes_) return wrong(std::string(what) + " of a file opened to read");
        return disk_.begin_call(what, is_sync);
    }
    void make(const SimulatedDisk::Change& change) {
        SimulatedDisk::apply(inode_->now, change);
        inode_->unsynced.push_back(change);
    }

    SimulatedDisk& disk_;
    std::shared_ptr<SimulatedDisk::Inode> inode_;
    const bool writes_;
};

class SimulatedLock final : public DirectoryLock {
  public:
    SimulatedLock(SimulatedDisk& disk, std::string path) : disk_(disk), path_(std::move(path)) {}
    ~SimulatedLock() override { disk_.locks_.erase(path_); }

  private:
    SimulatedDisk& disk_;
    const std::string path_;
};

Status SimulatedDisk::begin_any(const std::string& what, bool is_sync) {
    if (stopped()) return wrong(what);
    ++all_calls_;
    if (all_calls_ == fail_any_at_ && !(is_sync && only_passing)) {
        return wrong(what, fail_any_with_);
    }
    if (fault) {
        if (const auto code = fault(what)) return wrong(what, *code);
    }
    return {};
}

Status SimulatedDisk::begin_call(const std::string& what, bool is_sync) {
    if (Status begun = begin_any(what, is_sync); !begun) return begun;
    ++calls_;
    if (before_call) before_call(calls_);
    if (stopped()) return wrong(what);
    if (calls_ == fail_at_) return wrong(what, fail_with_);
    return {};
}

std::uint64_t SimulatedDisk::used() const {
    std::set<const Inode*> counted;
    std::uint64_t sum = 0;
    for (const auto& [name, inode] : names_) {
        if (counted.insert(inode.get()).second) sum += inode->now.size();
    }
    return sum;
}

Status SimulatedDisk::grow(Inode& inode, std::uint64_t size) {
    if (size <= inode.now.size() || capacity_ == UINT64_MAX) return {};
    if (used() + size - inode.now.size() > capacity_) return wrong("no room", ErrorCode::disk_full);
    return {};
}

void SimulatedDisk::apply(std::string& bytes, const Change& change) {
    if (change.is_resize) {
        bytes.resize(change.offset, '\0');
        return;
    }
    if (bytes.size() < change.offset + change.bytes.size()) {
        bytes.resize(change.offset + change.bytes.size(), '\0');
    }
    bytes.replace(change.offset, change.bytes.size(), change.bytes);
}

void SimulatedDisk::keep_part(std::string& bytes, const Change& change, std::mt19937_64& random) {
    if (change.is_resize) {
        if (random() % 2 == 0) apply(bytes, change);
        return;
    }
    for (std::uint64_t at = change.offset; at < change.offset + change.bytes.size();) {
        const std::uint64_t end = std::min<std::uint64_t>((at / sector + 1) * sector,
                                                          change.offset + change.bytes.size());
        if (random() % 2 == 0) {
            apply(bytes, {false, at, change.bytes.substr(at - change.offset, end - at)});
        }
        at = end;
    }
}

void SimulatedDisk::apply(Names& names, std::set<std::string>& directories,
                          const Renaming& change) {
    if (change.is_directory) directories.insert(change.name);
    if (!change.gone.empty()) names.erase(change.gone);
    if (change.inode) names[change.name] = change.inode;
}

void SimulatedDisk::change_names(Renaming change) {
    apply(names_, directories_, change);
    unsynced_names_.push_back(std::move(change));
}

std::unique_ptr<SimulatedDisk> SimulatedDisk::copy() const {
    return after(Crash::all_kept, 0);
}

std::unique_ptr<SimulatedDisk> SimulatedDisk::after(Crash crash, std::uint64_t seed) const {
    std::mt19937_64 random(seed);
    auto out = std::make_unique<SimulatedDisk>();
    const bool keeps_all = crash == Crash::all_kept || crash == Crash::last_write_torn;
    Names names = keeps_all ? names_ : synced_names_;
    out->directories_ = keeps_all ? directories_ : synced_directories_;
    if (crash == Crash::unsynced_in_part) {
        for (const Renaming& change : unsynced_names_) {
            if (random() % 2 == 0) apply(names, out->directories_, change);
        }
    }
    std::map<const Inode*, std::shared_ptr<Inode>> copies;
    for (const auto& [name, inode] : names) {
        std::shared_ptr<Inode>& to = copies[inode.get()];
        if (!to) {
            to = std::make_shared<Inode>();
            to->now = keeps_all ? inode->now : inode->synced;
            if (crash == Crash::unsynced_in_part) {
                for (const Change& change : inode->unsynced) keep_part(to->now, change, random);
                if (writing_ && writing_to_ == inode.get()) keep_part(to->now, *writing_, random);
            }
            if (crash == Crash::last_write_torn && writing_ && writing_to_ == inode.get()) {
                const std::uint64_t end = writing_->offset + writing_->bytes.size();
                const std::uint64_t cut = (writing_->offset / sector +
                                           random() % ((end - writing_->offset) / sector + 2)) *
                                          sector;
                if (cut > writing_->offset) {
                    apply(to->now, {false, writing_->offset,
                                    writing_->bytes.substr(0, cut - writing_->offset)});
                }
            }
            to->synced = to->now;
        }
        out->names_[name] = to;
    }
    // What a lost directory held is lost; parents stand before their children.
    std::erase_if(out->directories_, [&](const std::string& name) {
        return !parent(name).empty() && !out->directories_.contains(parent(name));
    });
    std::erase_if(out->names_, [&](const auto& entry) {
        return !parent(entry.first).empty() && !out->directories_.contains(parent(entry.first));
    });
    out->synced_names_ = out->names_;
    out->synced_directories_ = out->directories_;
    out->links = links;
    return out;
}

std::unique_ptr<SimulatedDisk> SimulatedDisk::after_kill() const {
    auto out = std::make_unique<SimulatedDisk>();
    std::map<const Inode*, std::shared_ptr<Inode>> copies;
    const auto copied = [&](const std::shared_ptr<Inode>& inode) -> std::shared_ptr<Inode> {
        if (!inode) return nullptr;
        std::shared_ptr<Inode>& to = copies[inode.get()];
        if (!to) to = std::make_shared<Inode>(*inode);
        return to;
    };
    for (const auto& [name, inode] : names_) out->names_[name] = copied(inode);
    for (const auto& [name, inode] : synced_names_) out->synced_names_[name] = copied(inode);
    for (Renaming change : unsynced_names_) {
        change.inode = copied(change.inode);
        out->unsynced_names_.push_back(std::move(change));
    }
    out->directories_ = directories_;
    out->synced_directories_ = synced_directories_;
    out->links = links;
    out->capacity_ = capacity_;
    return out;
}

std::vector<std::string> SimulatedDisk::files() const {
    std::vector<std::string> out;
    for (const auto& [name, inode] : names_) out.push_back(name);
    return out;
}

Result<std::unique_ptr<File>> SimulatedDisk::open(const std::string& path, Access access) {
    if (access != Access::create) {
        if (Status begun = begin_any("open"); !begun) return begun.error();
    }
    const bool there = names_.contains(path);
    if (access == Access::create) {
        if (Status begun = begin_call("creat"); !begun) return begun.error();
        if (there) {
            names_[path]->unsynced.push_back({true, 0, {}});
            names_[path]->now.clear();
        } else {
            change_names({{}, path, std::make_shared<Inode>(), false});
        }
    } else if (!there) {
        return wrong("open of " + path + ", which is not there");
    }
    return std::unique_ptr<File>(
        std::make_unique<SimulatedFile>(*this, names_[path], access != Access::read));
}

Result<std::vector<DirectoryEntry>> SimulatedDisk::list(const std::string& directory) {
    if (Status begun = begin_any("readdir"); !begun) return begun.error();
    std::vector<DirectoryEntry> out;
    for (const auto& [name, inode] : names_) {
        if (parent(name) != directory) continue;
        const std::uint64_t bytes = inode->now.size();
        out.push_back({name.substr(directory.size() + 1), store::EntryKind::file, bytes, bytes});
    }
    for (const std::string& name : directories_) {
        if (parent(name) != directory) continue;
        out.push_back({name.substr(directory.size() + 1), store::EntryKind::directory, 0, 0});
    }
    std::ranges::sort(out, {}, &DirectoryEntry::name);
    return out;
}

Result<std::optional<store::EntryKind>> SimulatedDisk::look(const std::string& path) {
    if (Status begun = begin_any("stat"); !begun) return begun.error();
    using Found = std::optional<store::EntryKind>;
    if (names_.contains(path)) return Found(store::EntryKind::file);
    if (path == "/" || directories_.contains(path)) return Found(store::EntryKind::directory);
    return Found();
}

Status SimulatedDisk::check_writable(const std::string&) {
    if (Status begun = begin_any("access"); !begun) return begun;
    return writable ? Status() : wrong("access");
}

Status SimulatedDisk::make_directory(const std::string& path) {
    if (path == "/" || directories_.contains(path)) return {};
    if (Status begun = begin_call("mkdir"); !begun) return begun;
    const std::string above = parent(path);
    if (!above.empty() && !directories_.contains(above)) return wrong("mkdir of " + path);
    change_names({{}, path, nullptr, true});
    return {};
}

Status SimulatedDisk::rename(const std::string& from, const std::string& to) {
    if (Status begun = begin_call("rename"); !begun) return begun;
    if (!names_.contains(from)) return wrong("rename of " + from);
    change_names({from, to, names_[from], false});
    return {};
}

Status SimulatedDisk::remove(const std::string& path) {
    if (Status begun = begin_call("unlink"); !begun) return begun;
    if (!names_.contains(path)) return {};
    change_names({path, {}, nullptr, false});
    return {};
}

Status SimulatedDisk::link(const std::string& from, const std::string& to) {
    if (Status begun = begin_call("link"); !begun) return begun;
    if (!links || !names_.contains(from) || names_.contains(to)) return wrong("link of " + from);
    change_names({{}, to, names_[from], false});
    return {};
}

Status SimulatedDisk::sync_directory(const std::string& path) {
    if (Status begun = begin_call("fsync of a directory", true); !begun) {
        // Opening the directory may fail as well, which is no failed sync.
        return begun.error().code == ErrorCode::disk_full
                   ? wrong("fsync", ErrorCode::storage_failed)
                   : begun;
    }
    std::vector<Renaming> rest;
    for (Renaming& change : unsynced_names_) {
        const std::string& name = change.name.empty() ? change.gone : change.name;
        if (parent(name) == (path == "/" ? "" : path)) {
            apply(synced_names_, synced_directories_, change);
        } else {
            rest.push_back(std::move(change));
        }
    }
    unsynced_names_ = std::move(rest);
    return {};
}

Result<std::unique_ptr<DirectoryLock>> SimulatedDisk::lock_name(const std::string& path) {
    if (!locks_.insert(path).second) return wrong("flock of " + path, ErrorCode::data_in_use);
    return std::unique_ptr<DirectoryLock>(std::make_unique<SimulatedLock>(*this, path));
}

Result<std::unique_ptr<DirectoryLock>> SimulatedDisk::lock(const std::string& directory) {
    if (Status begun = begin_any("flock"); !begun) return begun.error();
    return lock_name(directory);
}

Result<std::unique_ptr<DirectoryLock>> SimulatedDisk::lock_file(const std::string& path) {
    if (Status begun = begin_call("flock"); !begun) return begun.error();
    if (!names_.contains(path)) change_names({{}, path, std::make_shared<Inode>(), false});
    return lock_name(path);
}

Result<std::uint64_t> SimulatedDisk::free_bytes(const std::string&) {
    if (Status begun = begin_any("statvfs"); !begun) return begun.error();
    return capacity_ == UINT64_MAX ? UINT64_MAX : capacity_ - std::min(capacity_, used());
}

}  // namespace zex::test
