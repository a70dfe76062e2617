// The house rules that a machine can check: which way includes point, that every source is in the
// build, that files stay small, and what may not stand in the text. CONTRIBUTING.md has the
// reasons. Arrows are also drawn in ARCHITECTURE.md.
#include <algorithm>
#include <filesystem>
#include <fstream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace fs = std::filesystem;

namespace {

const fs::path root = ZEX_SOURCE_ROOT;

using Names = std::vector<std::string>;

bool starts_with_any(const std::string& path, const Names& prefixes) {
    return std::ranges::any_of(prefixes, [&path](const auto& p) { return path.starts_with(p); });
}

/// Files below the folders with one of the endings, as paths from the root, sorted.
Names files(const Names& folders, const Names& endings) {
    Names out;
    for (const std::string& folder : folders) {
        for (const auto& entry : fs::recursive_directory_iterator(root / folder)) {
            const std::string ending = entry.path().extension().string();
            if (!entry.is_regular_file() || std::ranges::count(endings, ending) == 0) continue;
            out.push_back(fs::relative(entry.path(), root).string());
        }
    }
    std::ranges::sort(out);
    return out;
}

std::string text_of(const fs::path& path) {
    std::ifstream in(root / path);
    std::ostringstream text;
    text << in.rdbuf();
    return text.str();
}

Names lines_of(const std::string& path) {
    std::istringstream text(text_of(path));
    Names lines;
    for (std::string line; std::getline(text, line);) lines.push_back(line);
    return lines;
}

/// The path from the root of <zex/NAME>.
std::string public_header(const std::string& name) {
    for (const char* folder : {"common/include/", "client/include/", "broker/include/"}) {
        if (fs::exists(root / folder / name)) return folder + name;
    }
    return name;
}

struct Includes {
    Names ours;    // paths from the root
    Names others;  // as written between < and >
};

Includes includes_of(const std::string& path) {
    static const std::regex form(R"re(^\s*#\s*include\s*([<"])([^>"]+)[>"])re");
    Includes out;
    for (const std::string& line : lines_of(path)) {
        std::smatch found;
        if (!std::regex_search(line, found, form)) continue;
        const std::string name = found[2];
        if (found[1] == "\"") {
            out.ours.push_back(name);
        } else if (name.starts_with("zex/")) {
            out.ours.push_back(public_header(name));
        } else {
            out.others.push_back(name);
        }
    }
    return out;
}

// ---- The arrows: a room, and where its includes may point. The first row that fits a file is its.
struct Room {
    std::string prefix;
    Names may_include;
};

const std::vector<Room> rooms = {
    {"common/include/", {"common/include/"}},
    {"common/base/", {"common/base/", "common/include/"}},
    {"common/wire/", {"common/wire/", "common/base/", "common/include/"}},
    {"common/net/", {"common/net/", "common/base/", "common/include/"}},
    {"broker/facts/", {"broker/facts/", "common/base/", "common/include/"}},
    {"broker/log/", {"broker/log/", "broker/facts/", "common/base/", "common/include/"}},
    {"broker/store/",
     {"broker/store/", "broker/log/", "broker/facts/", "common/base/", "common/include/"}},
    {"broker/core/",
     {"broker/core/", "broker/facts/", "common/wire/protocol.h", "common/wire/views.h",
      "common/wire/properties.h", "common/base/", "common/include/"}},
    {"broker/admin/",
     {"broker/admin/", "broker/core/", "common/wire/", "common/base/", "common/include/"}},
    {"broker/shell/",
     {"broker/shell/", "broker/admin/", "broker/store/", "broker/log/", "broker/core/",
      "broker/facts/", "broker/include/", "broker/settings.h", "broker/memory_limit.h", "common/"}},
    {"broker/include/", {"broker/include/", "common/include/"}},
    {"broker/settings",
     {"broker/settings.h", "common/wire/status_fields.h", "common/base/", "common/include/"}},
    {"broker/signal_thread", {"broker/signal_thread.h", "common/net/", "common/base/"}},
    {"broker/service_notice", {"broker/service_notice.h"}},
    {"broker/memory_limit", {"broker/memory_limit.h"}},
    {"broker/main", {"broker/", "common/"}},
    // Examples are installed as they stand, and compiled outside the tree.
    {"client/examples/", {"example.h", "client/include/", "common/include/"}},
    {"client/", {"client/", "common/"}},
    {"tools/", {"tools/", "client/", "broker/store/", "broker/log/", "broker/facts/", "common/"}},
};

const Room* room_of(const std::string& file) {
    const auto room = std::ranges::find_if(
        rooms, [&file](const Room& row) { return file.starts_with(row.prefix); });
    return room == rooms.end() ? nullptr : &*room;
}

bool arrow_allowed(const std::string& from, const std::string& to) {
    const Room* room = room_of(from);
    return room != nullptr && starts_with_any(to, room->may_include);
}

// ---- Libraries that only some rooms know.
struct Library {
    Names headers;
    Names rooms;
};

const std::vector<Library> libraries = {
    {{"zmq.h", "zmq.hpp", "zmq_addon.hpp"}, {"common/net/"}},
    {{"nlohmann/"}, {"common/wire/", "client/", "tools/", "broker/settings"}},
    {{"msgpack"}, {"common/wire/", "client/", "tools/", "broker/settings"}},
    {{"toml++/"}, {"broker/settings_file.cpp"}},
    {{"xxhash.h"}, {"broker/log/"}},
    {{"CLI/"}, {"broker/settings_flags.cpp", "tools/"}},
};

bool library_allowed(const std::string& file, const std::string& header) {
    return std::ranges::all_of(libraries, [&](const Library& row) {
        return !starts_with_any(header, row.headers) || starts_with_any(file, row.rooms);
    });
}

// The core is pure: no files, clocks, threads, logs or randomness of its own.
const Names impure_headers = {"thread",  "mutex",  "shared_mutex", "condition_variable",
                              "atomic",  "future", "fstream",      "iostream",
                              "cstdio",  "ctime",  "random",       "filesystem",
                              "spdlog/", "fmt/",   "sys/",         "unistd.h"};
const std::regex impure_words(R"(_clock\b|\bgetenv\b|\brand\(|\btime\()");

const Names code = {"common", "broker", "client", "tools"};
const Names all_code = {"common", "broker", "client", "tools", "tests", "bench"};

}  // namespace

TEST_CASE("includes point only along the arrows") {
    for (const std::string& file : files(code, {".h", ".hpp", ".cpp"})) {
        for (const std::string& to : includes_of(file).ours) {
            INFO(file << " includes " << to);
            CHECK((fs::exists(root / to) || fs::exists((root / file).parent_path() / to)));
            CHECK(arrow_allowed(file, to));
        }
    }
}

TEST_CASE("every source file has a room in the table of arrows") {
    for (const std::string& file : files(code, {".h", ".hpp", ".cpp"})) {
        INFO(file);
        CHECK(room_of(file) != nullptr);
    }
}

TEST_CASE("the table of arrows forbids what it should") {
    CHECK(arrow_allowed("broker/core/queue.cpp", "common/base/ids.h"));
    CHECK(arrow_allowed("tools/zex/main.cpp", "client/include/zex/client.hpp"));
    CHECK_FALSE(arrow_allowed("common/base/text.cpp", "common/wire/codec.h"));
    CHECK_FALSE(arrow_allowed("common/wire/codec.cpp", "common/net/socket.h"));
    CHECK_FALSE(arrow_allowed("broker/core/queue.cpp", "common/wire/codec.h"));
    CHECK_FALSE(arrow_allowed("broker/core/queue.cpp", "broker/shell/loop.h"));
    CHECK_FALSE(arrow_allowed("broker/admin/rows.cpp", "broker/shell/loop.h"));
    CHECK_FALSE(arrow_allowed("client/client.cpp", "broker/core/core.h"));
    CHECK_FALSE(arrow_allowed("tools/zex/main.cpp", "broker/settings.h"));
    CHECK_FALSE(arrow_allowed("elsewhere/a.cpp", "common/base/ids.h"));
}

TEST_CASE("only their own rooms know the libraries") {
    for (const std::string& file : files(code, {".h", ".hpp", ".cpp"})) {
        for (const std::string& header : includes_of(file).others) {
            INFO(file << " includes <" << header << ">");
            CHECK(library_allowed(file, header));
        }
    }
    CHECK_FALSE(library_allowed("broker/shell/listener.cpp", "zmq.hpp"));
    CHECK_FALSE(library_allowed("common/net/socket.cpp", "nlohmann/json.hpp"));
    CHECK(library_allowed("common/net/socket.cpp", "zmq.hpp"));
}

TEST_CASE("the core has no files, clocks, threads, logs or randomness") {
    for (const std::string& file : files({"broker/core"}, {".h", ".cpp"})) {
        for (const std::string& header : includes_of(file).others) {
            INFO(file << " includes <" << header << ">");
            CHECK(std::ranges::none_of(impure_headers, [&header](const std::string& impure) {
                return impure.ends_with("/") ? header.starts_with(impure) : header == impure;
            }));
        }
        for (const std::string& line : lines_of(file)) {
            const std::string statement = line.substr(0, line.find("//"));
            INFO(file << ": " << line);
            CHECK_FALSE(std::regex_search(statement, impure_words));
        }
    }
}

TEST_CASE("every source and test is listed in a meson.build") {
    static const std::regex name("'([^']+\\.cpp)'");
    std::set<std::string> listed;
    Names builds = files(all_code, {".build"});
    builds.emplace_back("meson.build");
    for (const std::string& build : builds) {
        const std::string text = text_of(build);
        for (std::sregex_iterator found(text.begin(), text.end(), name), end; found != end;
             ++found) {
            const fs::path file = fs::path(build).parent_path() / (*found)[1].str();
            listed.insert(file.lexically_normal().string());
        }
    }
    for (const std::string& file : files(all_code, {".cpp"})) {
        INFO(file);
        CHECK(listed.contains(file));
    }
}

TEST_CASE("no file outside the tests is longer than 400 lines") {
    // A file that must be longer stands here with its length, which may only be lowered.
    const std::vector<std::pair<std::string, std::size_t>> longer = {};
    for (const std::string& file :
         files({"common", "broker", "client", "tools", "bench"}, {".h", ".hpp", ".cpp"})) {
        std::size_t limit = 400;
        for (const auto& [name, lines] : longer) {
            if (name == file) limit = lines;
        }
        INFO(file);
        CHECK(lines_of(file).size() <= limit);
    }
}

TEST_CASE("headers are guarded by pragma once, and say in their first line why they exist") {
    for (const std::string& file : files(all_code, {".h", ".hpp"})) {
        INFO(file);
        CHECK(text_of(file).find("\n#pragma once\n") != std::string::npos);
        CHECK(text_of(file).starts_with("// "));
    }
}

TEST_CASE("nothing is left for later, and no path of one machine stands in the text") {
    const std::regex later(
        "\\b(TO"
        "DO|FIX"
        "ME|XX"
        "X)\\b");
    const std::regex machine("(^|[\\s\"'`(=])/(work|root|home)/");
    Names texts = files({"common", "broker", "client", "tools", "tests", "bench", "config", "docs"},
                        {".h", ".hpp", ".cpp", ".py", ".build", ".md", ".toml", ".service", ".txt",
                         ".json", ".supp", ""});
    for (const char* name : {"dev", "meson.build", "README.md", "ARCHITECTURE.md",
                             "CONTRIBUTING.md", "CHANGELOG.md"}) {
        REQUIRE(fs::exists(root / name));
        texts.emplace_back(name);
    }
    for (const std::string& file : texts) {
        for (const std::string& line : lines_of(file)) {
            if (!std::regex_search(line, later) && !std::regex_search(line, machine)) continue;
            FAIL_CHECK(file << ": " << line);
        }
    }
}
