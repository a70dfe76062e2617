#include "tests/torture/own_disk.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <set>
#include <stdexcept>

#include <sys/stat.h>
#include <sys/statvfs.h>

namespace zex::test {
namespace {

/// Mounts, says so, and stays; ends with its standard input.
std::vector<std::string> mounts(const std::string& path, std::uint64_t bytes) {
    return {"/usr/bin/unshare",
            "--map-root-user",
            "--mount",
            "/bin/sh",
            "-c",
            "mkdir -p \"$1\" && mount -t tmpfs -o size=\"$2\" none \"$1\" && echo mounted && "
            "exec sleep 600",
            "sh",
            path,
            std::to_string(bytes)};
}

}  // namespace

bool OwnDisk::is_possible() {
    const TemporaryDirectory directory;
    Process process(mounts(directory.path + "/m", 1 << 20));
    if (!process.out_line("mounted")) return false;
    return run({"/usr/bin/nsenter", "--target", std::to_string(process.pid()), "--user",
                "--preserve-credentials", "--mount", "/bin/true"})
               .code == 0;
}

OwnDisk::OwnDisk(std::uint64_t bytes)
    : path_(directory_.path + "/disk"), holder_(mounts(path_, bytes)) {
    if (!holder_.out_line("mounted")) throw std::runtime_error("mount: " + holder_.err());
}

std::vector<std::string> OwnDisk::under() const {
    return {"/usr/bin/nsenter",       "--target", std::to_string(holder_.pid()), "--user",
            "--preserve-credentials", "--mount"};
}

std::string OwnDisk::seen_from_here(const std::string& path) const {
    return "/proc/" + std::to_string(holder_.pid()) + "/root" + path;
}

std::uint64_t OwnDisk::free_bytes() const {
    struct statvfs about {};
    if (::statvfs(seen_from_here(path_).c_str(), &about) != 0) return 0;
    return about.f_bavail * about.f_frsize;
}

void OwnDisk::fill(std::uint64_t but) {
    std::ofstream file(seen_from_here(path_ + "/filler"), std::ios::binary);
    constexpr std::uint64_t page = 4096;
    const std::string block(page, 'x');
    while (free_bytes() >= but + page && file.write(block.data(), page).flush()) {
    }
}

void OwnDisk::release() {
    std::filesystem::remove(seen_from_here(path_ + "/filler"));
}

void OwnDisk::make_read_only() {
    std::vector<std::string> command = under();
    command.insert(command.end(), {"/bin/mount", "-o", "remount,ro", path_});
    const Finished done = run(std::move(command));
    if (done.code != 0) throw std::runtime_error("remount: " + done.err);
}

std::uint64_t disk_bytes(const std::string& directory) {
    constexpr std::uint64_t block = 512;  // of st_blocks, whatever the file system's own
    std::uint64_t bytes = 0;
    std::set<ino_t> counted;
    std::error_code gone;
    for (std::filesystem::recursive_directory_iterator next(directory, gone), end; next != end;
         next.increment(gone)) {
        struct stat about {};
        if (::stat(next->path().c_str(), &about) != 0) continue;
        if (!S_ISREG(about.st_mode) || !counted.insert(about.st_ino).second) continue;
        bytes += static_cast<std::uint64_t>(about.st_blocks) * block;
    }
    return bytes;
}

}  // namespace zex::test
