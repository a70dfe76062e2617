#include "tools/zex/columns.h"

#include <catch2/catch.hpp>

#include "common/wire/views.h"
#include "tools/zex/listing.h"

using namespace zex::tool;
using nlohmann::json;

namespace {

const Fields queue_fields = fields_of<zex::wire::QueueView>();

}  // namespace

TEST_CASE("The columns of a listing are the fields of its row, in their order") {
    REQUIRE(queue_fields.size() >= 12);
    CHECK(queue_fields.front() == "name");
    CHECK(fields_of<zex::wire::BindingView>() == Fields{"exchange", "key", "queue"});
}

TEST_CASE("A header follows from the field's name") {
    CHECK(header_of("name") == "NAME");
    CHECK(header_of("in_rate") == "IN/s");
    CHECK(header_of("oldest_ms") == "OLDEST");
    CHECK(header_of("max_bytes") == "MAX_BYTES");
}

TEST_CASE("Columns are chosen by field or header in any case") {
    const auto chosen = choose_fields("NAME,in/S,oldest,ready", queue_fields);
    REQUIRE(chosen.ok());
    CHECK(*chosen == Fields{"name", "in_rate", "oldest_ms", "ready"});
}

TEST_CASE("An unknown column is refused with the nearest one and all there are") {
    const auto chosen = choose_fields("name,redy", queue_fields);
    REQUIRE_FALSE(chosen.ok());
    CHECK(chosen.error().code == zex::ErrorCode::bad_argument);
    CHECK_THAT(chosen.error().reason, Catch::Contains("no column 'redy'") &&
                                          Catch::Contains("did you mean 'ready'?") &&
                                          Catch::Contains("unacked"));
    CHECK_FALSE(choose_fields("name,", queue_fields).ok());
}

TEST_CASE("Sorting is by value for numbers and stable") {
    Rows rows = {json{{"name", "b"}, {"ready", 9}}, json{{"name", "c"}, {"ready", 10}},
                 json{{"name", "a"}, {"ready", 9}}};
    const auto keys = choose_sort("ready:desc", queue_fields);
    REQUIRE(keys.ok());
    sort_rows(rows, *keys);
    CHECK(json(rows) == json::parse(R"([{"name":"c","ready":10},{"name":"b","ready":9},
                                        {"name":"a","ready":9}])"));
    const auto both = choose_sort("ready:asc,name", queue_fields);
    REQUIRE(both.ok());
    sort_rows(rows, *both);
    CHECK(rows[0]["name"] == "a");
    CHECK(rows[2]["name"] == "c");
}

TEST_CASE("An unknown sort column or direction is refused") {
    CHECK_FALSE(choose_sort("nothing", queue_fields).ok());
    CHECK_FALSE(choose_sort("ready:up", queue_fields).ok());
}

TEST_CASE("All fields are the known ones that there are, then the others by name") {
    const Rows rows = {json{{"name", "a"}, {"zeta", 1}}, json{{"ready", 1}, {"alpha", 1}}};
    CHECK(all_fields(rows, queue_fields) == Fields{"name", "ready", "alpha", "zeta"});
    CHECK(all_fields({}, queue_fields) == queue_fields);
}

TEST_CASE("A table has the usual columns, other formats have all, and --columns overrules both") {
    const Rows rows = {json{{"exchange", "e"}, {"key", "k"}, {"queue", "q"}, {"new", 7}}};
    const Fields known = fields_of<zex::wire::BindingView>();
    const auto text = [&](const View& view) {
        const auto presenter = Presenter::make(view, {known, "queue,key", "queue", "", {}});
        REQUIRE(presenter.ok());
        return presenter->text(rows, false);
    };
    const auto view = [](const char* format, const char* columns) {
        View asked;
        asked.format = format;
        asked.columns = columns;
        return asked;
    };
    CHECK(text(view("table", "")) == "QUEUE  KEY\nq      k\n");
    CHECK(text(view("jsonl", "")) ==
          "{\"exchange\":\"e\",\"key\":\"k\",\"queue\":\"q\",\"new\":7}\n");
    CHECK(text(view("csv", "key")) == "key\nk\n");
    View unknown = view("table", "");
    unknown.sort = "nope";
    CHECK_FALSE(Presenter::make(unknown, {known, "queue", "queue", "", {}}).ok());
}

TEST_CASE("--match takes the rows whose name fits, and --top the first of them as sorted") {
    const Rows rows = {json{{"name", "tenant-10"}, {"ready", 1}},
                       json{{"name", "tenant-2"}, {"ready", 5}},
                       json{{"name", "other"}, {"ready", 9}}};
    View view;
    view.format = "csv";
    view.columns = "name";
    view.match = "tenant-*";
    const auto text = [&] {
        return Presenter::make(view, {queue_fields, "name", "name", "", {"name"}})
            ->text(rows, false);
    };
    CHECK(text() == "name\ntenant-2\ntenant-10\n");
    view.sort = "ready:desc";
    view.top = 1;
    CHECK(text() == "name\ntenant-2\n");
    view.match = "?ther";
    CHECK(text() == "name\nother\n");
}

TEST_CASE("Names are in natural order: runs of digits by their value") {
    CHECK(natural_order("q2", "q10") < 0);
    CHECK(natural_order("q10", "q2") > 0);
    CHECK(natural_order("q2", "q2") == 0);
    CHECK(natural_order("a", "ab") < 0);
    CHECK(natural_order("q01", "q1") != 0);
    CHECK(natural_order("18446744073709551616x", "18446744073709551617x") < 0);
    CHECK(natural_order("b1", "a2") > 0);
}

TEST_CASE("An answer that is not an array of maps is a bad reply") {
    CHECK(rows_of(json::parse(R"([{"a":1}])")).ok());
    CHECK(rows_of(json::object()).error().code == zex::ErrorCode::bad_reply);
    CHECK(rows_of(json::parse("[1]")).error().code == zex::ErrorCode::bad_reply);
}
