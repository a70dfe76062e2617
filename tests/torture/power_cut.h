// A disk of which a power cut may take whatever was not synced. It is fed with the record of a
// process's file calls and gives directories that a cut at that moment may leave:
//
// - a sector of 512 bytes has any of the contents that it had since the last sync of its file that
//   ended well, so the last write may be torn;
// - a file has any of the sizes that it had since then;
// - a new, renamed, linked or removed name may be as it was at the last sync of its directory.
//
// A sync covers what was written before it began. A process that is killed loses nothing: what it
// wrote stays as the other processes see it, and unsynced.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "tests/torture/file_record.h"

namespace zex::test {

enum class Cut {
    keeps_all,   ///< all that was written
    keeps_none,  ///< only what was synced
    in_order,    ///< what was written up to some moment, the last write torn
    by_sector,   ///< each sector for itself
    by_page,     ///< each 4096 bytes for themselves
};
inline constexpr int cuts = 5;
const char* name_of(Cut cut);

/// Files by path from the root; directories have a path that ends with '/'.
using Tree = std::map<std::string, std::string>;

/// What lies below a directory.
Tree read_tree(const std::string& directory);
/// Writes it into a new directory.
void write_tree(const Tree& tree, const std::string& directory);

class CutDisk {
  public:
    /// All of `tree` is synced. `root` is the directory that the record's paths begin with.
    CutDisk(std::string root, const Tree& tree);
    ~CutDisk();
    CutDisk(const CutDisk&) = delete;
    CutDisk& operator=(const CutDisk&) = delete;

    /// Takes in the next event. Throws std::runtime_error for a call that this model does not know.
    void apply(const FileEvent& event);

    /// The process was killed: its descriptors are gone. What became of a call that had begun and
    /// not ended is looked up in the directory `root`.
    void killed();
    /// The same where a call that had begun has done nothing; the next process works in a copy.
    void killed_and_moved_to(std::string root);

    /// What processes see.
    Tree seen() const;
    /// What a cut at this moment leaves.
    Tree after(Cut cut, std::mt19937_64& random) const;
    /// Bytes written and not synced.
    std::uint64_t unsynced_bytes() const;

  private:
    struct Inode;
    struct NameChange {
        std::uint64_t order = 0;
        std::string remove;            ///< path, or empty
        std::string add;               ///< path, or empty
        std::shared_ptr<Inode> inode;  ///< of what is added
    };
    using Names = std::map<std::string, std::shared_ptr<Inode>>;

    std::uint64_t first_unsynced() const;
    std::string below_root(const std::string& path) const;
    void open(const FileEvent& event);
    void change_names(NameChange change);
    void write(Inode& inode, std::uint64_t offset, const std::string& bytes);
    void resize(Inode& inode, std::uint64_t bytes);
    void sync_begins(const FileEvent& event);
    void sync_ends(const FileEvent& event);
    void apply_in_flight(const FileEvent& event);
    static void apply(const NameChange& change, Names& names);

    std::string root_;
    std::uint64_t order_ = 0;  ///< of changes, across all files
    Names seen_;
    Names synced_;
    std::map<std::string, std::vector<NameChange>> unsynced_names_;  ///< by directory
    std::map<int, std::shared_ptr<Inode>> descriptors_;
    std::map<std::uint64_t, std::uint64_t> syncs_;  ///< call -> order when it began
    std::vector<FileEvent> in_flight_;
};

}  // namespace zex::test
