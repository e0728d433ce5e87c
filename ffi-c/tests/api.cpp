// The C++ wrapper as it should be used, and what it throws where it is not.

#include "arrow_abi.h"
#include "check.h"
#include "ripplemark.hpp"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <string>
#include <type_traits>
#include <vector>

using ripplemark::Cell;
using ripplemark::Column;
using ripplemark::Error;
using ripplemark::Evaluation;
using ripplemark::Program;
using ripplemark::Query;
using ripplemark::Result;
using ripplemark::Texts;

static const char BOOK[] =
    "ripplemark: 1\n"
    "book: {id: c, currency: USD}\n"
    "teams: {sales: Sales}\n"
    "tables:\n"
    "  deals: {time: closed, columns: {closed: date, stage: category, amount: money}}\n"
    "metrics:\n"
    "  - {name: revenue, label: Revenue, owner: sales, of: deals, agg: sum, expr: amount, filter: 'stage == \"won\"'}\n"
    "  - {name: win_rate, owner: sales, of: deals, unit: share, expr: 'count_if(stage == \"won\") / count()'}\n"
    "  - {name: rows, owner: sales, of: deals, agg: count}\n"
    "saved_queries:\n"
    "  - {name: by_stage, metrics: [revenue], by: [stage], totals: true}\n";

// Movable, not copyable; neither moves nor destructors throw.
template <typename T> constexpr bool is_handle()
{
    return !std::is_copy_constructible_v<T> && !std::is_copy_assignable_v<T> && std::is_nothrow_move_constructible_v<T> &&
           std::is_nothrow_move_assignable_v<T> && std::is_nothrow_destructible_v<T>;
}
static_assert(is_handle<Program>() && is_handle<Evaluation>() && is_handle<Result>(), "handles are moved");
static_assert(std::is_base_of_v<std::runtime_error, Error>, "one type for all who catch std::exception");
static_assert(std::is_same_v<std::iterator_traits<Result::const_iterator>::value_type, Cell>, "cells are iterated");

// The code that a call throws; RIPPLEMARK_OK if it does not. The words go to `words`.
static std::string words;
template <typename Call> static ripplemark_code thrown(Call call)
{
    try {
        call();
        return RIPPLEMARK_OK;
    } catch (const Error &error) {
        words = error.what();
        return error.code();
    }
}

static const std::vector<std::int32_t> CLOSED = {17167, 17168, 17200, 17201};
static const std::vector<std::int32_t> STAGE = {0, 1, 0, 0};
static const Texts STAGES = {"won", "lost"};
static const std::vector<double> AMOUNT = {0.1, 0.2, 0.2, 0.0};
static const std::uint8_t VALID[] = {0x07};

// Columns in the order of the program without a time axis: stage, amount.
static std::vector<Column> columns()
{
    return {Column::dictionary(STAGE, STAGES), Column::f64(AMOUNT).valid_where(VALID)};
}

static void one_number_is_right()
{
    Evaluation evaluation(Program::compile(BOOK));
    evaluation.feed(0, columns());
    const Result result = evaluation.finish();
    CHECK(result.size() == 3 && !result.empty());
    const Cell revenue = result.at(0);
    CHECK(revenue.value == 0.3 && revenue.exact == "0.30" && revenue.n == 2 && revenue.reasons == 0);
    CHECK(revenue.key.empty() && !revenue.period && revenue.level == 0 && revenue.metric == 0);
    const Cell rate = result.at(1);
    CHECK(rate.value == 0.75 && rate.numerator == 3.0 && rate.denominator == 4.0);
    CHECK(result.metrics().at(1).name == "win_rate" && result.metrics().at(0).label == "Revenue");
    CHECK(result.metrics().at(0).owner == "Sales" && result.metrics().at(1).unit == "share");
    CHECK(thrown([&] { result.at(3); }) == RIPPLEMARK_INDEX && words.find("position") != std::string::npos);
    const std::string json = result.json();
    CHECK(json.size() > 500 && json.front() == '{' && json.back() == '}' && json.find("\"0.30\"") != std::string::npos);
    // The same in other layouts.
    Evaluation other(Program::compile(BOOK));
    const Texts stages = {"won", "lost", "won", "won"};
    const std::int64_t cents[] = {10, 0, 20, 0, 20, 0, 0, 0};
    other.feed(0, {Column::utf8(stages), Column::decimal128(cents, 4, 2).valid_where(VALID)});
    CHECK(other.finish().hash() == result.hash());
    other.feed(0, {Column::missing(1), Column::missing(1)});
    CHECK(other.finish().hash() != result.hash() && other.finish().at(2).value == 5.0);
    CHECK(result.at(2).value == 4.0);
}

static void halves_merge_to_the_whole()
{
    Query query;
    query.by = {"stage"};
    query.grain = "month";
    query.totals = true;
    const Program program = Program::compile(BOOK, query);
    CHECK(program.dims() == std::vector<std::string>{"stage"} && program.counts().grain == 3);
    Evaluation whole(program), first(program), second(program);
    const auto part = [](std::size_t from, std::size_t rows, const std::uint8_t *valid) {
        return std::vector<Column>{Column::date32(CLOSED.data() + from, rows),
                                   Column::dictionary(STAGE.data() + from, rows, STAGES),
                                   Column::f64(AMOUNT.data() + from, rows).valid_where(valid)};
    };
    const std::uint8_t one[] = {0x01};
    whole.feed(0, part(0, 4, VALID));
    first.feed(0, part(0, 2, VALID));
    second.feed(0, part(2, 2, one));
    const std::vector<std::uint8_t> bytes = first.state_bytes();
    Evaluation third(program);
    third.merge(second);
    third.merge(first);
    second.merge_bytes(bytes);
    const Result result = whole.finish();
    CHECK(second.finish().hash() == result.hash() && third.finish().hash() == result.hash());
    CHECK(second.state_bytes() == whole.state_bytes());
    CHECK(thrown([&] { second.merge(second); }) == RIPPLEMARK_BUSY);
    CHECK(thrown([&] { second.merge_bytes(bytes.data(), 5); }) == RIPPLEMARK_STATE_MAGIC);
    std::size_t count = 0;
    bool found = false;
    for (const Cell &cell : result) {
        count++;
        CHECK(cell.key.size() == 1);
        found = found || (cell.key[0] == "lost" && cell.period == 17167 && cell.metric == 1 && cell.value == 0.0);
    }
    CHECK(count == result.size() && found);
    CHECK(result.begin()->key == result.at(0).key && result.begin() != result.end());
    CHECK(std::count_if(result.begin(), result.end(), [](const Cell &cell) { return cell.level == 0; }) == 3);
}

static void programs_tell_about_themselves()
{
    const Program program = Program::compile(BOOK, Query{"by_stage"});
    CHECK(program.metrics().size() == 1 && program.warnings().empty());
    CHECK(program.tables().size() == 1 && program.tables()[0].name == "deals");
    const auto read = program.tables()[0].columns;
    CHECK(read.size() == 2 && read[0].name == "stage" && read[1].type == "decimal(2)" && read[1].source == "amount");
    const Program again = Program::load(program.bytes());
    CHECK(again.bytes() == program.bytes());
    Query query = {"by_stage"};
    query.metrics = {"revenue", "win_rate"};
    query.filter = "amount > 0";
    CHECK(Program::compile(BOOK, query).metrics().size() == 2);
    CHECK(ripplemark::version() == "0.1.0" && ripplemark::is_compatible());
}

static void a_book_and_rows_come_from_files(const std::string &folder)
{
    const std::string book = folder + "/api.yaml", rows = folder + "/api.csv";
    std::ofstream(book) << BOOK;
    std::ofstream(rows) << "closed,stage,amount\n2017-01-01,won,0.10\n2017-01-02,lost,0.20\n2017-02-03,won,0.20\n";
    Evaluation evaluation(Program::compile_file(book));
    evaluation.feed_file("deals", rows);
    CHECK(evaluation.finish().at(0).exact == "0.30");
    CHECK(thrown([&] { evaluation.feed_file("deals", folder + "/none.csv"); }) == RIPPLEMARK_FILE);
    CHECK(words.find("none.csv") != std::string::npos);
    CHECK(thrown([&] { evaluation.feed_file("leads", rows); }) == RIPPLEMARK_DATA);
    std::ofstream(rows) << "closed,stage,amonut\n";
    CHECK(thrown([&] { evaluation.feed_file("deals", rows); }) == RIPPLEMARK_DATA);
    CHECK(words.find("api.csv") != std::string::npos && words.find("amonut") != std::string::npos);
    CHECK(thrown([&] { Program::compile_file(folder + "/none.yaml"); }) == RIPPLEMARK_BOOK);
    CHECK(evaluation.finish().at(0).exact == "0.30");
}

// What one evaluation exports goes into another, as a batch and as a stream.
struct Once {
    ArrowArray array;
    ArrowSchema schema;
    bool given;
};

static int once_schema(ArrowArrayStream *stream, ArrowSchema *out)
{
    auto *once = static_cast<Once *>(stream->private_data);
    *out = once->schema;
    once->schema.release = nullptr;
    return 0;
}

static int once_next(ArrowArrayStream *stream, ArrowArray *out)
{
    auto *once = static_cast<Once *>(stream->private_data);
    if (once->given) {
        *out = ArrowArray{};
        return 0;
    }
    *out = once->array;
    once->array.release = nullptr;
    once->given = true;
    return 0;
}

static const char *once_error(ArrowArrayStream *) { return "no more"; }
static void once_release(ArrowArrayStream *stream) { stream->release = nullptr; }

static void arrow_goes_out_and_in()
{
    Evaluation evaluation(Program::compile(BOOK));
    evaluation.feed(0, columns());
    const Result result = evaluation.finish();
    const Program counting = Program::compile("ripplemark: 1\n"
                                              "book: {id: d}\n"
                                              "teams: {t: T}\n"
                                              "tables: {cells: {columns: {metric: category, value: float, exact_value: decimal(2)}}}\n"
                                              "metrics:\n"
                                              "  - {name: cells, owner: t, of: cells, agg: count, filter: 'metric != \"\"'}\n"
                                              "  - {name: largest, owner: t, of: cells, agg: max, expr: value}\n"
                                              "  - {name: cents, owner: t, of: cells, agg: sum, expr: exact_value,"
                                              " filter: 'metric == \"revenue\"'}\n");
    Evaluation cells(counting);
    ArrowArray array;
    ArrowSchema schema;
    result.export_arrow(array, schema);
    cells.feed_arrow("cells", array, schema);
    CHECK(array.release == nullptr && schema.release != nullptr);
    schema.release(&schema);
    CHECK(cells.finish().at(0).value == 3.0 && cells.finish().at(1).value == 4.0);
    // Decimals leave as decimals and come in as such.
    CHECK(cells.finish().at(2).exact == result.at(0).exact);

    Once once = {};
    result.export_arrow(once.array, once.schema);
    ArrowArrayStream stream = {once_schema, once_next, once_error, once_release, &once};
    cells.feed_arrow_stream("cells", stream);
    CHECK(stream.release == nullptr && cells.finish().at(0).value == 6.0);
    CHECK(thrown([&] { cells.feed_arrow_stream("cells", stream); }) == RIPPLEMARK_ARROW);
    CHECK(words.find("released") != std::string::npos);
    CHECK(thrown([&] { cells.feed_arrow("cells", array, schema); }) == RIPPLEMARK_ARROW);
}

static void misuse_throws()
{
    const std::string wrong = std::string(BOOK) + "metrics: twice\n";
    CHECK(thrown([&] { Program::compile(wrong); }) == RIPPLEMARK_BOOK);
    std::string bad = BOOK;
    for (std::size_t at = bad.find("owner: sales"); at != std::string::npos; at = bad.find("owner: sales")) {
        bad.replace(at, 12, "owner: slaes");
    }
    try {
        Program::compile(bad);
        CHECK(!"a book of unknown owners was compiled");
    } catch (const Error &error) {
        const std::string what = error.what();
        CHECK(error.code() == RIPPLEMARK_BOOK && error.line() == 7 && error.column() > 1);
        CHECK(what.find("sales") != std::string::npos && what.find("revenue") != what.rfind("rows"));
        CHECK(std::count(what.begin(), what.end(), '\n') >= 2);
    }
    Query query;
    query.metrics = {"revenu"};
    CHECK(thrown([&] { Program::compile(BOOK, query); }) == RIPPLEMARK_QUERY);
    CHECK(thrown([&] { Program::compile(BOOK, Query{"none"}); }) == RIPPLEMARK_QUERY);
    CHECK(thrown([&] { Program::load({1, 2, 3}); }) == RIPPLEMARK_PROGRAM_MAGIC);

    Program program = Program::compile(BOOK);
    Evaluation evaluation(program);
    CHECK(thrown([&] { evaluation.feed(1, columns()); }) == RIPPLEMARK_BATCH_TABLE);
    CHECK(thrown([&] { evaluation.feed(0, {}); }) == RIPPLEMARK_BATCH_COLUMNS);
    CHECK(thrown([&] { evaluation.feed(0, {Column::missing(1), Column::missing(2)}); }) == RIPPLEMARK_SIZE);
    CHECK(thrown([&] { evaluation.feed_rows(0, columns(), 5); }) == RIPPLEMARK_SIZE);
    CHECK(thrown([&] { evaluation.feed(0, {Column::f64(AMOUNT), Column::f64(AMOUNT)}); }) == RIPPLEMARK_BATCH_TYPE);
    CHECK(evaluation.finish().at(2).value == 0.0);

    const Program moved = std::move(program);
    CHECK(thrown([&] { program.bytes(); }) == RIPPLEMARK_NULL_POINTER);
    CHECK(thrown([&] { Evaluation none(program); }) == RIPPLEMARK_NULL_POINTER);
    CHECK(!moved.bytes().empty());
    Evaluation taken = std::move(evaluation);
    CHECK(thrown([&] { evaluation.finish(); }) == RIPPLEMARK_NULL_POINTER);
    Result result = taken.finish();
    const Result kept = std::move(result);
    CHECK(thrown([&] { result.at(0); }) == RIPPLEMARK_NULL_POINTER);
    CHECK(thrown([&] { result.metrics(); }) == RIPPLEMARK_NULL_POINTER);
    result = taken.finish();
    CHECK(result.size() == kept.size());
}

// Usage: api FOLDER, where files may be written.
int main(int argc, char **argv)
{
    try {
        one_number_is_right();
        halves_merge_to_the_whole();
        programs_tell_about_themselves();
        a_book_and_rows_come_from_files(argc > 1 ? argv[1] : ".");
        arrow_goes_out_and_in();
        misuse_throws();
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
    return checks_done("cxx-api");
}
