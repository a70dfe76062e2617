#include "broker/shell/gate.h"

#include <string>
#include <vector>

#include <catch2/catch.hpp>

namespace zex::shell {
namespace {

std::vector<std::string_view> frames(std::initializer_list<std::string_view> parts) {
    return parts;
}

ErrorCode refusal(Gate& gate, std::initializer_list<std::string_view> parts) {
    const auto all = frames(parts);
    const auto admitted = gate.admit(all);
    REQUIRE(std::holds_alternative<wire::Refusal>(admitted));
    return std::get<wire::Refusal>(admitted).error.code;
}

TEST_CASE("a well-formed request passes the gate with its id and form") {
    Gate gate{core::Limits{}};
    const auto all = frames({R"({"op":"ping","id":7})"});
    const auto admitted = gate.admit(all);
    REQUIRE(std::holds_alternative<wire::Decoded<wire::Request>>(admitted));
    const auto& decoded = std::get<wire::Decoded<wire::Request>>(admitted);
    CHECK(decoded.form == wire::Form::json);
    CHECK(decoded.value.id == 7u);
    CHECK(std::holds_alternative<wire::Ping>(decoded.value.operation));
}

TEST_CASE("hostile frames are refused and counted under the name of their error") {
    Gate gate{core::Limits{}};
    CHECK(refusal(gate, {}) == ErrorCode::wrong_frame_count);
    CHECK(refusal(gate, {R"({"op":"ping"})", "a", "b"}) == ErrorCode::wrong_frame_count);
    CHECK(refusal(gate, {"\xc1\xc1\xc1"}) == ErrorCode::malformed);
    CHECK(refusal(gate, {R"({"op":"ping")"}) == ErrorCode::malformed);
    CHECK(refusal(gate, {R"({"op":"fly"})"}) == ErrorCode::unknown_operation);
    CHECK(refusal(gate, {R"({"op":"purge"})"}) == ErrorCode::missing_field);
    CHECK(refusal(gate, {std::string(100'000, '[')}) == ErrorCode::malformed);

    CHECK(gate.refused(ErrorCode::wrong_frame_count) == 2);
    CHECK(gate.refused(ErrorCode::malformed) == 3);
    bool shown = false;
    for (const wire::CounterView& row : gate.counters()) {
        if (row.name == "bad_input_unknown_operation") shown = row.value == 1;
    }
    CHECK(shown);
}

TEST_CASE("an empty first frame is told to use a DEALER") {
    Gate gate{core::Limits{}};
    const auto all = frames({"", R"({"op":"ping"})"});
    const auto admitted = gate.admit(all);
    REQUIRE(std::holds_alternative<wire::Refusal>(admitted));
    const Error& error = std::get<wire::Refusal>(admitted).error;
    CHECK(error.code == ErrorCode::malformed);
    CHECK(error.reason.find("DEALER") != std::string::npos);
}

TEST_CASE("a body frame beyond what one publish may carry is refused with both numbers") {
    core::Limits limits;
    limits.message_bytes = 100;
    limits.batch_bytes = 150;
    Gate gate{limits};
    const std::string body(200, 'x');
    const auto all =
        frames({R"({"op":"publish","id":3,"exchange":"","key":"q","messages":[90,90,20]})", body});
    const auto admitted = gate.admit(all);
    REQUIRE(std::holds_alternative<wire::Refusal>(admitted));
    const auto& refused = std::get<wire::Refusal>(admitted);
    CHECK(refused.error.code == ErrorCode::message_too_large);
    CHECK(refused.error.reason.find("200") != std::string::npos);
    CHECK(refused.error.reason.find("150") != std::string::npos);
    CHECK(refused.id == 3u);
}

TEST_CASE("a payload beyond the limit of one message is refused") {
    core::Limits limits;
    limits.message_bytes = 100;
    Gate gate{limits};
    const std::string body(101, 'x');
    CHECK(refusal(gate, {R"({"op":"publish","exchange":"","key":"q"})", body}) ==
          ErrorCode::message_too_large);
}

}  // namespace
}  // namespace zex::shell
