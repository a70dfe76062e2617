// A new directory, removed with all that is in it at the end.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <string>

namespace zex::test {

struct TemporaryDirectory {
    std::string path;

    TemporaryDirectory() : path((std::filesystem::temp_directory_path() / "zex-XXXXXX").string()) {
        if (::mkdtemp(path.data()) == nullptr) std::abort();
    }
    TemporaryDirectory(const TemporaryDirectory&) = delete;
    TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
    ~TemporaryDirectory() {
        std::error_code ignored;
        std::filesystem::remove_all(path, ignored);
    }
};

}  // namespace zex::test
