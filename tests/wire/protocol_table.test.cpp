#include "common/wire/protocol_table.h"

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

namespace {

std::string content_of(const std::filesystem::path& path) {
    std::ifstream file(path, std::ios::binary);
    std::ostringstream text;
    text << file.rdbuf();
    return std::move(text).str();
}

const std::filesystem::path docs = std::filesystem::path(ZEX_SOURCE_ROOT) / "docs";

}  // namespace

TEST_CASE("docs/protocol.json is what the descriptions of the codec say") {
    INFO("write it again: build/common/print_protocol > docs/protocol.json");
    CHECK(content_of(docs / "protocol.json") == zex::wire::protocol_table());
}

TEST_CASE("the protocol page names every operation, field and error of the table") {
    const std::string page = content_of(docs / "protocol.md");
    const auto table = nlohmann::json::parse(zex::wire::protocol_table());
    for (const char* side : {"client_sends", "broker_sends"}) {
        for (const auto& [op, row] : table[side].items()) {
            INFO(op);
            CHECK(page.find("`" + op + "`") != std::string::npos);
            for (const auto& field : row["fields"]) {
                const auto name = field["name"].get<std::string>();
                INFO(name);
                CHECK(page.find("`" + name + "`") != std::string::npos);
            }
        }
    }
    for (const auto& error : table["errors"]) {
        if (error["code"] >= 608 && error["code"] <= 611) continue;  // never on the wire
        if (error["code"] >= 700) continue;
        INFO(error["error"]);
        CHECK(page.find("`" + error["error"].get<std::string>() + "`") != std::string::npos);
    }
}
