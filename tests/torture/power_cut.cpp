#include "tests/torture/power_cut.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <stdexcept>
#include <utility>

#include <fcntl.h>

namespace zex::test {
namespace {

namespace fs = std::filesystem;

constexpr std::uint64_t sector_bytes = 512;
constexpr std::uint64_t page_bytes = 4096;

/// "log/" of "log/1.seg", "" of "log/".
std::string directory_of(const std::string& path) {
    const std::size_t slash = path.rfind('/', path.size() >= 2 ? path.size() - 2 : 0);
    return slash == std::string::npos ? "" : path.substr(0, slash + 1);
}

std::string all_of(const fs::path& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace

const char* name_of(Cut cut) {
    switch (cut) {
        case Cut::keeps_all:
            return "keeps all";
        case Cut::keeps_none:
            return "keeps none";
        case Cut::in_order:
            return "in order";
        case Cut::by_sector:
            return "by sector";
        case Cut::by_page:
            return "by page";
    }
    return "no cut";
}

Tree read_tree(const std::string& directory) {
    Tree tree;
    for (const auto& entry : fs::recursive_directory_iterator(directory)) {
        const std::string path = fs::relative(entry.path(), directory).string();
        if (entry.is_directory()) tree[path + "/"] = "";
        if (entry.is_regular_file()) tree[path] = all_of(entry.path());
    }
    return tree;
}

void write_tree(const Tree& tree, const std::string& directory) {
    fs::create_directory(directory);
    for (const auto& [path, bytes] : tree) {  // a directory comes before what is in it
        const std::string where = directory + "/" + path;
        if (path.ends_with('/')) {
            fs::create_directory(where);
            fs::permissions(where, fs::perms::owner_all);
        } else if (!(std::ofstream(where, std::ios::binary) << bytes).flush()) {
            throw std::runtime_error("cannot write " + where);
        }
    }
}

struct CutDisk::Inode {
    struct Change {
        std::uint64_t order = 0;
        std::uint64_t offset = 0;
        std::string bytes;
        std::uint64_t size = 0;  ///< of the file, when this was done
    };

    explicit Inode(std::string path) : directory(std::move(path)) {}

    static void apply(const Change& change, std::string& content) {
        content.resize(std::max<std::size_t>(content.size(), change.size));
        content.replace(change.offset, change.bytes.size(), change.bytes);
        content.resize(change.size);
    }

    std::string directory;  ///< its path, where it is one
    std::string seen;
    std::string synced;
    std::vector<Change> unsynced;

    /// The content after the changes before `order`, the last of them torn at a sector.
    std::string in_order(std::uint64_t order, std::mt19937_64& random) const {
        std::string content = synced;
        for (std::size_t i = 0; i < unsynced.size() && unsynced[i].order < order; ++i) {
            Change change = unsynced[i];
            const bool last = i + 1 == unsynced.size() || unsynced[i + 1].order >= order;
            if (last && random() % 2 == 0) {
                const std::uint64_t kept = change.offset + random() % (change.bytes.size() + 1);
                const std::uint64_t whole = kept / sector_bytes * sector_bytes;
                change.bytes.resize(whole > change.offset ? whole - change.offset : 0);
            }
            apply(change, content);
        }
        return content;
    }

    /// Each unit has one of its contents since the last sync, and the file one of its sizes.
    std::string by_unit(std::uint64_t unit, std::mt19937_64& random) const {
        std::uint64_t size = synced.size();
        std::size_t longest = synced.size();
        for (const Change& change : unsynced) {
            longest = std::max<std::size_t>(longest, change.size);
        }
        if (!unsynced.empty()) {
            const std::uint64_t pick = random() % (unsynced.size() + 1);
            if (pick < unsynced.size()) size = unsynced[pick].size;
        }
        std::map<std::uint64_t, std::vector<std::string>> versions;  // by number of the unit
        std::string work = synced;
        work.resize(longest);
        for (const Change& change : unsynced) {
            const std::size_t before = work.size();
            apply(change, work);
            work.resize(longest);
            std::uint64_t first = change.offset / unit;
            std::uint64_t end = (change.offset + change.bytes.size() + unit - 1) / unit;
            if (change.bytes.empty()) end = first;
            for (; first < end; ++first) versions[first].push_back(work.substr(first * unit, unit));
            if (change.size < before && change.bytes.empty()) {  // what was cut off is zero now
                for (std::uint64_t at = change.size / unit; at * unit < longest; ++at) {
                    versions[at].push_back(work.substr(at * unit, unit));
                }
            }
        }
        std::string content = synced;
        content.resize(longest);
        for (const auto& [number, contents] : versions) {
            const std::uint64_t pick = random() % (contents.size() + 1);
            if (pick == contents.size()) continue;  // as it was synced
            content.replace(number * unit, contents[pick].size(), contents[pick]);
        }
        content.resize(size);
        return content;
    }
};

CutDisk::CutDisk(std::string root, const Tree& tree) : root_(std::move(root)) {
    seen_[""] = std::make_shared<Inode>("");
    for (const auto& [path, bytes] : tree) {
        const bool is_directory = path.ends_with('/');
        auto inode = std::make_shared<Inode>(is_directory ? path : "");
        inode->seen = inode->synced = bytes;
        seen_[path] = std::move(inode);
    }
    synced_ = seen_;
}

CutDisk::~CutDisk() = default;

/// "" for the root; a directory that is known ends with '/'.
std::string CutDisk::below_root(const std::string& path) const {
    if (!path.starts_with(root_)) throw std::runtime_error(path + " is not below " + root_);
    std::string rest = path.substr(root_.size());
    while (rest.starts_with('/')) rest.erase(0, 1);
    while (rest.ends_with('/')) rest.pop_back();
    return seen_.contains(rest + "/") ? rest + "/" : rest;
}

void CutDisk::apply(const NameChange& change, Names& names) {
    if (!change.remove.empty()) names.erase(change.remove);
    if (!change.add.empty()) names[change.add] = change.inode;
}

void CutDisk::change_names(NameChange change) {
    change.order = order_++;
    apply(change, seen_);
    const std::string& path = change.add.empty() ? change.remove : change.add;
    unsynced_names_[directory_of(path)].push_back(std::move(change));
}

void CutDisk::write(Inode& inode, std::uint64_t offset, const std::string& bytes) {
    const std::uint64_t size = std::max<std::uint64_t>(inode.seen.size(), offset + bytes.size());
    inode.unsynced.push_back({order_++, offset, bytes, size});
    Inode::apply(inode.unsynced.back(), inode.seen);
}

void CutDisk::resize(Inode& inode, std::uint64_t bytes) {
    if (bytes == inode.seen.size()) return;
    inode.unsynced.push_back(
        {order_++, std::min<std::uint64_t>(bytes, inode.seen.size()), "", bytes});
    inode.seen.resize(bytes);
}

void CutDisk::open(const FileEvent& event) {
    const std::string path = below_root(event.first);
    auto found = seen_.find(path);
    if (found == seen_.end()) {
        if ((event.a & O_CREAT) == 0) throw std::runtime_error("opened and unknown: " + path);
        change_names({0, "", path, std::make_shared<Inode>("")});
        found = seen_.find(path);
    } else if ((event.a & O_TRUNC) != 0) {
        resize(*found->second, 0);
    }
    if (event.result) descriptors_[static_cast<int>(*event.result)] = found->second;
}

void CutDisk::sync_begins(const FileEvent& event) {
    syncs_[event.call] = order_;
}

void CutDisk::sync_ends(const FileEvent& event) {
    const std::uint64_t order = syncs_.at(event.call);
    const auto covered = [order](const auto& change) { return change.order < order; };
    const auto found = descriptors_.find(event.fd);
    if (found == descriptors_.end()) return;  // closed by another thread meanwhile
    Inode& inode = *found->second;
    for (const Inode::Change& change : inode.unsynced) {
        if (covered(change)) Inode::apply(change, inode.synced);
    }
    std::erase_if(inode.unsynced, covered);
    if (!inode.directory.empty() || found->second == seen_.at("")) {
        std::vector<NameChange>& changes = unsynced_names_[inode.directory];
        for (const NameChange& change : changes) {
            if (covered(change)) apply(change, synced_);
        }
        std::erase_if(changes, covered);
    }
}

void CutDisk::apply(const FileEvent& event) {
    if (!event.result && event.op != FileOp::sync && event.op != FileOp::unknown) {
        in_flight_.push_back(event);
        return;
    }
    switch (event.op) {
        case FileOp::open:
            return open(event);
        case FileOp::close:
            descriptors_.erase(event.fd);
            return;
        case FileOp::write:
            return write(*descriptors_.at(event.fd), static_cast<std::uint64_t>(event.a),
                         event.first.substr(0, static_cast<std::size_t>(*event.result)));
        case FileOp::sync:
            return event.phase == FilePhase::begin ? sync_begins(event) : sync_ends(event);
        case FileOp::truncate:
            return resize(*descriptors_.at(event.fd), static_cast<std::uint64_t>(event.a));
        case FileOp::allocate: {
            Inode& inode = *descriptors_.at(event.fd);
            const auto end = static_cast<std::uint64_t>(event.a + event.b);
            return resize(inode, std::max<std::uint64_t>(inode.seen.size(), end));
        }
        case FileOp::rename: {
            const std::string from = below_root(event.first);
            if (from.ends_with('/')) throw std::runtime_error("a directory is renamed: " + from);
            const auto inode = seen_.at(from);
            return change_names({0, from, below_root(event.second), inode});
        }
        case FileOp::link: {
            const auto inode = seen_.at(below_root(event.first));
            return change_names({0, "", below_root(event.second), inode});
        }
        case FileOp::unlink:
            return change_names({0, below_root(event.first), "", nullptr});
        case FileOp::make_directory: {
            const std::string path = below_root(event.first) + "/";
            return change_names({0, "", path, std::make_shared<Inode>(path)});
        }
        case FileOp::unknown:
            throw std::runtime_error("the model does not know the call " + event.first);
    }
}

void CutDisk::apply_in_flight(const FileEvent& event) {
    FileEvent done = event;
    done.result = 0;
    const auto is_there = [](const std::string& path) { return fs::exists(path); };
    switch (event.op) {
        case FileOp::write: {
            // The file as it is now tells how much of it was written.
            const auto inode = descriptors_.at(event.fd);
            for (const auto& [path, other] : seen_) {
                if (other != inode) continue;
                const std::string now = all_of(root_ + "/" + path);
                const auto offset = static_cast<std::size_t>(event.a);
                if (now.size() > offset) {
                    write(*inode, offset, now.substr(offset, event.first.size()));
                }
                return;
            }
            return;
        }
        case FileOp::truncate:
        case FileOp::allocate: {
            const auto inode = descriptors_.at(event.fd);
            for (const auto& [path, other] : seen_) {
                if (other != inode) continue;
                return resize(*inode, fs::file_size(root_ + "/" + path));
            }
            return;
        }
        case FileOp::open:
            done.result.reset();
            if (is_there(event.first)) {
                if ((event.a & O_TRUNC) != 0 && fs::file_size(event.first) > 0) done.a &= ~O_TRUNC;
                open(done);
            }
            return;
        case FileOp::rename:
        case FileOp::unlink:
            if (!is_there(event.first)) apply(done);
            return;
        case FileOp::link:
            if (is_there(event.second)) apply(done);
            return;
        case FileOp::make_directory:
            if (is_there(event.first)) apply(done);
            return;
        default:
            return;
    }
}

void CutDisk::killed() {
    const std::vector<FileEvent> in_flight = std::exchange(in_flight_, {});
    for (const FileEvent& event : in_flight) apply_in_flight(event);
    descriptors_.clear();
    syncs_.clear();
}

void CutDisk::killed_and_moved_to(std::string root) {
    in_flight_.clear();
    killed();
    root_ = std::move(root);
}

Tree CutDisk::seen() const {
    Tree tree;
    for (const auto& [path, inode] : seen_) {
        if (!path.empty()) tree[path] = inode->seen;
    }
    return tree;
}

std::uint64_t CutDisk::unsynced_bytes() const {
    std::uint64_t bytes = 0;
    for (const auto& [path, inode] : seen_) {
        for (const Inode::Change& change : inode->unsynced) bytes += change.bytes.size();
    }
    return bytes;
}

std::uint64_t CutDisk::first_unsynced() const {
    std::uint64_t first = order_;
    for (const auto& [path, inode] : seen_) {
        if (!inode->unsynced.empty()) first = std::min(first, inode->unsynced.front().order);
    }
    for (const auto& [directory, changes] : unsynced_names_) {
        if (!changes.empty()) first = std::min(first, changes.front().order);
    }
    return first;
}

Tree CutDisk::after(Cut cut, std::mt19937_64& random) const {
    if (cut == Cut::keeps_all) return seen();
    const std::uint64_t first = first_unsynced();
    const std::uint64_t moment = cut == Cut::in_order ? first + random() % (order_ - first + 1) : 0;
    const auto survives = [&](const NameChange& change) {
        if (cut == Cut::keeps_none) return false;
        return cut == Cut::in_order ? change.order < moment : random() % 2 == 0;
    };
    Names names = synced_;
    for (const auto& [directory, changes] : unsynced_names_) {
        for (const NameChange& change : changes) {
            if (survives(change)) apply(change, names);
        }
    }
    std::map<const Inode*, std::string> contents;  // one for all names of a file
    Tree tree;
    for (const auto& [path, inode] : names) {
        if (path.empty()) continue;
        const std::string parent = directory_of(path);
        if (!parent.empty() && !tree.contains(parent)) continue;  // its directory was lost
        const auto [found, made] = contents.try_emplace(inode.get());
        if (made && cut == Cut::keeps_none) found->second = inode->synced;
        if (made && cut == Cut::in_order) found->second = inode->in_order(moment, random);
        if (made && cut == Cut::by_sector) found->second = inode->by_unit(sector_bytes, random);
        if (made && cut == Cut::by_page) found->second = inode->by_unit(page_bytes, random);
        tree[path] = found->second;
    }
    return tree;
}

}  // namespace zex::test
