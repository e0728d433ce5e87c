/*
 * ripplemark for C++17: the C library with owners, exceptions and containers. Header only; link the same library.
 *
 *     const auto program = ripplemark::Program::compile_file("board.yaml", query);
 *     ripplemark::Evaluation evaluation(program);
 *     evaluation.feed_file("deals", "deals.parquet");
 *     for (const ripplemark::Cell &cell : evaluation.finish()) { ... }
 *
 * Every function that the C library can refuse throws ripplemark::Error; nothing has then been changed, unless its
 * comment says so. Handles can be moved, not copied; one that has been moved from can only be assigned or destroyed,
 * everything else throws RIPPLEMARK_NULL_POINTER. Programs and results never change: const members may be called by
 * many threads at once. An evaluation belongs to one thread at a time: give each its own, and merge them.
 *
 * Text is UTF-8. The prose is in docs/C.md.
 */
#ifndef RIPPLEMARK_HPP
#define RIPPLEMARK_HPP

#include "ripplemark.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <iterator>
#include <limits>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ripplemark {

/* What the library refused. what() tells all problems, one on each line; a very long list is cut. */
class Error : public std::runtime_error {
public:
    Error(ripplemark_code code, const std::string &what, std::uint32_t line = 0, std::uint32_t column = 0)
        : std::runtime_error(what), code_(code), line_(line), column_(column)
    {
    }

    /* One of the RIPPLEMARK_... codes. */
    ripplemark_code code() const noexcept { return code_; }

    /* Where in the book the first problem is, from 1; 0 where it is not in a book. */
    std::uint32_t line() const noexcept { return line_; }

    /* The column in characters, from 1; 0 where there is none. */
    std::uint32_t column() const noexcept { return column_; }

private:
    ripplemark_code code_;
    std::uint32_t line_, column_;
};

namespace detail {

/* The C library's error struct, with room for a report. */
class Report {
public:
    explicit Report(std::size_t capacity = 4096) : text_(capacity, '\0'), error_()
    {
        error_.struct_size = sizeof error_;
        error_.report = text_.data();
        error_.report_capacity = text_.size();
    }

    Report(const Report &) = delete;
    Report &operator=(const Report &) = delete;

    ripplemark_error *get() noexcept { return &error_; }

    std::string text() const { return std::string(text_.c_str()); }

    /* Throws unless the call that was given this error went well. */
    void check(ripplemark_code code) const
    {
        if (code != RIPPLEMARK_OK) {
            throw Error(code, text_[0] != '\0' ? text() : std::string(error_.message), error_.line, error_.column);
        }
    }

private:
    std::string text_;
    ripplemark_error error_;
};

/* Calls what copies a text into a buffer, at most twice. */
template <typename Copy> std::string text(Copy copy)
{
    std::string buffer(128, '\0');
    for (;;) {
        std::size_t length = 0;
        const ripplemark_code code = copy(buffer.data(), buffer.size(), &length);
        if (code == RIPPLEMARK_BUFFER_SHORT && length >= buffer.size()) {
            buffer.assign(length + 1, '\0');
            continue;
        }
        if (code != RIPPLEMARK_OK) {
            throw Error(code, "ripplemark: code " + std::to_string(code));
        }
        buffer.resize(length);
        return buffer;
    }
}

/* Throws the library's sentence about a code, for calls that have no error struct. */
inline void check(ripplemark_code code)
{
    if (code != RIPPLEMARK_OK) {
        throw Error(code, text([code](char *buffer, std::size_t capacity, std::size_t *length) {
                        return ripplemark_code_text(code, buffer, capacity, length);
                    }));
    }
}

struct Free {
    void operator()(ripplemark_program *handle) const noexcept { ripplemark_program_free(handle); }
    void operator()(ripplemark_evaluation *handle) const noexcept { ripplemark_evaluation_free(handle); }
    void operator()(ripplemark_result *handle) const noexcept { ripplemark_result_free(handle); }
};

template <typename T> using Handle = std::unique_ptr<T, Free>;

} // namespace detail

/* The library's version, "major.minor.patch". */
inline std::string_view version() noexcept { return ripplemark_version(); }

/* Whether the library that was found at run time is one that this header was made for. */
inline bool is_compatible() noexcept { return ripplemark_abi_version() == RIPPLEMARK_ABI_VERSION; }

/* A question. What is empty is not asked; no metrics means all of the book. */
struct Query {
    /* A query that the book saves; the other members override its parts. */
    std::string saved = {};
    std::vector<std::string> metrics = {};
    std::vector<std::string> by = {};
    /* `day`, `week`, `month`, `quarter` or `year`. */
    std::string grain = {};
    /* First day or instant inside the range, and the first after it: `2017-01-01` or RFC 3339. */
    std::string from = {}, to = {};
    /* A condition on rows, such as `region == "EMEA"`. */
    std::string filter = {};
    /* What is known up to here; later rows do not count. */
    std::string as_of = {};
    /* Add totals and subtotals. */
    bool totals = false;
};

/* A metric of a program. */
struct Metric {
    std::string name, label, owner;
    /* Empty where the book gives none. */
    std::string unit, description;
};

/* A column that a program reads. */
struct ColumnInfo {
    /* The name in formulas, and the one in the data. */
    std::string name, source;
    /* `int`, `decimal(2)`, `float`, `bool`, `category`, `id`, `date`, `timestamp`. */
    std::string type;
};

/* A table that a program reads, with the columns in the order in which they are fed. */
struct Table {
    std::string name;
    std::vector<ColumnInfo> columns;
};

/* A compiled question. */
class Program {
public:
    /* Compiles the text of a book, in YAML or JSON. */
    static Program compile(std::string_view book, const Query &query = {})
    {
        return made(query, [book](const ripplemark_query *asked, ripplemark_program **out, ripplemark_error *error) {
            return ripplemark_program_compile(book.data(), book.size(), asked, out, error);
        });
    }

    /* Compiles the book in a file; problems name it. */
    static Program compile_file(const std::string &path, const Query &query = {})
    {
        return made(query, [&path](const ripplemark_query *asked, ripplemark_program **out, ripplemark_error *error) {
            return ripplemark_program_compile_file(path.c_str(), asked, out, error);
        });
    }

    /* Loads a compiled program. Any bytes may be passed; they are copied and validated. */
    static Program load(const std::uint8_t *bytes, std::size_t length)
    {
        detail::Report report;
        ripplemark_program *handle = nullptr;
        report.check(ripplemark_program_load(bytes, length, &handle, report.get()));
        return Program(Handle(handle), {});
    }

    static Program load(const std::vector<std::uint8_t> &bytes) { return load(bytes.data(), bytes.size()); }

    /* The warnings of the book, one on each line; empty where there are none. */
    const std::string &warnings() const noexcept { return warnings_; }

    /* A copy of the bytes, which load() takes on any machine. */
    std::vector<std::uint8_t> bytes() const
    {
        const std::uint8_t *start = nullptr;
        std::size_t length = 0;
        detail::check(ripplemark_program_bytes(handle_.get(), &start, &length));
        return std::vector<std::uint8_t>(start, start + length);
    }

    /* Numbers of tables, metrics, dimensions and levels, and the grain: 0 none, 1 day to 5 year. */
    ripplemark_program_counts counts() const
    {
        ripplemark_program_counts counts = {};
        detail::check(ripplemark_program_count(handle_.get(), &counts));
        return counts;
    }

    /* The metrics, in the order of the query; Cell::metric counts them. */
    std::vector<Metric> metrics() const
    {
        std::vector<Metric> metrics;
        const std::size_t count = counts().metrics;
        for (std::size_t i = 0; i < count; i++) {
            metrics.push_back({text(RIPPLEMARK_TEXT_METRIC, i), text(RIPPLEMARK_TEXT_METRIC_LABEL, i),
                               text(RIPPLEMARK_TEXT_METRIC_OWNER, i), text(RIPPLEMARK_TEXT_METRIC_UNIT, i),
                               text(RIPPLEMARK_TEXT_METRIC_DESCRIPTION, i)});
        }
        return metrics;
    }

    /* The names of the dimensions, in the order of the query; Cell::key follows it. */
    std::vector<std::string> dims() const
    {
        std::vector<std::string> dims;
        const std::size_t count = counts().dims;
        for (std::size_t i = 0; i < count; i++) {
            dims.push_back(text(RIPPLEMARK_TEXT_DIM, i));
        }
        return dims;
    }

    /* The tables that are read, with what has to be fed. */
    std::vector<Table> tables() const
    {
        std::vector<Table> tables;
        const std::size_t count = counts().tables;
        for (std::size_t i = 0; i < count; i++) {
            Table table = {text(RIPPLEMARK_TEXT_TABLE, i), {}};
            std::size_t columns = 0;
            detail::check(ripplemark_program_column_count(handle_.get(), i, &columns));
            for (std::size_t j = 0; j < columns; j++) {
                table.columns.push_back({text(RIPPLEMARK_TEXT_COLUMN, i, j), text(RIPPLEMARK_TEXT_COLUMN_SOURCE, i, j),
                                         text(RIPPLEMARK_TEXT_COLUMN_TYPE, i, j)});
            }
            tables.push_back(std::move(table));
        }
        return tables;
    }

    /* For the functions of ripplemark.h; stays this object's. */
    const ripplemark_program *handle() const noexcept { return handle_.get(); }

private:
    using Handle = detail::Handle<ripplemark_program>;

    Program(Handle handle, std::string warnings) noexcept : handle_(std::move(handle)), warnings_(std::move(warnings))
    {
    }

    template <typename Make> static Program made(const Query &query, Make make)
    {
        const auto joined = [](const std::vector<std::string> &names) {
            std::string list;
            for (const std::string &name : names) {
                list += list.empty() ? name : "," + name;
            }
            return list;
        };
        const auto asked = [](const std::string &text) { return text.empty() ? nullptr : text.c_str(); };
        const std::string metrics = joined(query.metrics), by = joined(query.by);
        ripplemark_query raw = {};
        raw.struct_size = sizeof raw;
        raw.saved = asked(query.saved);
        raw.metrics = asked(metrics);
        raw.by = asked(by);
        raw.grain = asked(query.grain);
        raw.from = asked(query.from);
        raw.to = asked(query.to);
        raw.filter = asked(query.filter);
        raw.as_of = asked(query.as_of);
        raw.totals = query.totals ? 1 : 0;
        // A book can have many problems, and each is told with its line.
        detail::Report report(std::size_t{1} << 16);
        ripplemark_program *handle = nullptr;
        report.check(make(&raw, &handle, report.get()));
        Handle owned(handle);
        return Program(std::move(owned), report.text());
    }

    std::string text(std::uint32_t what, std::size_t index, std::size_t inner = 0) const
    {
        return detail::text([&](char *buffer, std::size_t capacity, std::size_t *length) {
            return ripplemark_program_text(handle_.get(), what, index, inner, buffer, capacity, length);
        });
    }

    Handle handle_;
    std::string warnings_;
};

/* Texts, one after another, as Column::utf8 and Column::dictionary take them. */
class Texts {
public:
    Texts() = default;

    Texts(std::initializer_list<std::string_view> texts)
    {
        for (const std::string_view text : texts) {
            push_back(text);
        }
    }

    /* Throws std::length_error beyond 2 GiB. */
    void push_back(std::string_view text)
    {
        if (text.size() > static_cast<std::size_t>(std::numeric_limits<std::int32_t>::max()) - bytes_.size()) {
            throw std::length_error("ripplemark::Texts: more than 2 GiB of text");
        }
        bytes_.insert(bytes_.end(), text.begin(), text.end());
        offsets_.push_back(static_cast<std::int32_t>(bytes_.size()));
    }

    std::size_t size() const noexcept { return offsets_.size() - 1; }
    const std::int32_t *offsets() const noexcept { return offsets_.data(); }
    const std::uint8_t *bytes() const noexcept { return bytes_.data(); }
    std::size_t length() const noexcept { return bytes_.size(); }

private:
    std::vector<std::int32_t> offsets_ = {0};
    std::vector<std::uint8_t> bytes_;
};

/*
 * A column of rows to be fed. It points to your memory, which must stay as it is until it has been fed.
 *
 * Containers are anything contiguous with data() and size(): std::vector, std::array, a span.
 */
class Column {
public:
    /* No row has a value. */
    static Column missing(std::size_t rows) noexcept { return Column(RIPPLEMARK_TYPE_MISSING, nullptr, rows); }

    static Column i32(const std::int32_t *values, std::size_t rows) noexcept
    {
        return Column(RIPPLEMARK_TYPE_I32, values, rows);
    }

    static Column i64(const std::int64_t *values, std::size_t rows) noexcept
    {
        return Column(RIPPLEMARK_TYPE_I64, values, rows);
    }

    static Column f64(const double *values, std::size_t rows) noexcept
    {
        return Column(RIPPLEMARK_TYPE_F64, values, rows);
    }

    /* Days since 1970-01-01. */
    static Column date32(const std::int32_t *values, std::size_t rows) noexcept
    {
        return Column(RIPPLEMARK_TYPE_DATE32, values, rows);
    }

    /* Microseconds since 1970-01-01T00:00Z. */
    static Column timestamp(const std::int64_t *values, std::size_t rows) noexcept
    {
        return Column(RIPPLEMARK_TYPE_TIMESTAMP, values, rows);
    }

    /* One bit a row, least significant first. */
    static Column boolean(const std::uint8_t *bits, std::size_t rows) noexcept
    {
        return Column(RIPPLEMARK_TYPE_BOOL, bits, rows);
    }

    /* 16 bytes a value, little-endian two's complement, with `scale` digits after the point. */
    static Column decimal128(const void *values, std::size_t rows, std::uint32_t scale) noexcept
    {
        Column column(RIPPLEMARK_TYPE_DECIMAL128, values, rows);
        column.raw_.scale = scale;
        return column;
    }

    template <typename Container> static Column i32(const Container &values) { return i32(values.data(), values.size()); }
    template <typename Container> static Column i64(const Container &values) { return i64(values.data(), values.size()); }
    template <typename Container> static Column f64(const Container &values) { return f64(values.data(), values.size()); }
    template <typename Container> static Column date32(const Container &days)
    {
        return date32(days.data(), days.size());
    }
    template <typename Container> static Column timestamp(const Container &instants)
    {
        return timestamp(instants.data(), instants.size());
    }

    /* A text for each row. */
    static Column utf8(const Texts &texts) noexcept
    {
        Column column(RIPPLEMARK_TYPE_UTF8, nullptr, texts.size());
        column.texts(texts);
        return column;
    }

    /* For each row the position of its text in a dictionary. */
    static Column dictionary(const std::int32_t *codes, std::size_t rows, const Texts &entries) noexcept
    {
        Column column(RIPPLEMARK_TYPE_DICTIONARY, codes, rows);
        column.texts(entries);
        column.raw_.dictionary_length = entries.size();
        return column;
    }

    template <typename Container> static Column dictionary(const Container &codes, const Texts &entries)
    {
        return dictionary(codes.data(), codes.size(), entries);
    }

    /* The same column, where only rows with a 1 bit have a value. */
    Column valid_where(const std::uint8_t *bits) const noexcept
    {
        Column column = *this;
        column.raw_.validity = bits;
        return column;
    }

    /* The same column, where rows with a 1 bit could not be read as their declared type. */
    Column invalid_where(const std::uint8_t *bits) const noexcept
    {
        Column column = *this;
        column.raw_.invalid = bits;
        return column;
    }

    std::size_t rows() const noexcept { return rows_; }

    /* As the C library reads it. */
    const ripplemark_column &raw() const noexcept { return raw_; }

private:
    Column(std::uint32_t kind, const void *values, std::size_t rows) noexcept : raw_(), rows_(rows)
    {
        raw_.struct_size = sizeof raw_;
        raw_.kind = kind;
        raw_.values = values;
    }

    void texts(const Texts &texts) noexcept
    {
        raw_.offsets = texts.offsets();
        raw_.text = texts.bytes();
        raw_.text_length = texts.length();
    }

    ripplemark_column raw_;
    std::size_t rows_;
};

/* One number, or the reasons why there is none. */
struct Cell {
    /* The position of the metric in Result::metrics(). */
    std::size_t metric = 0;
    /* What the level distinguishes: bit d dimension d, RIPPLEMARK_LEVEL_PERIOD the period; 0 is the total. */
    std::uint32_t level = 0;
    /* For each dimension the text, `(missing)`, or `(all)` where the level does not distinguish it. */
    std::vector<std::string> key = {};
    /* First day of the period, in days since 1970-01-01. */
    std::optional<std::int64_t> period = {};
    /* Correctly rounded; none where there are reasons. */
    std::optional<double> value = {};
    std::optional<double> numerator = {}, denominator = {};
    /* The exact value: digits, or a fraction in lowest terms. */
    std::optional<std::string> exact = {};
    /* Sets of RIPPLEMARK_REASON_... and RIPPLEMARK_FLAG_... */
    std::uint32_t reasons = 0, flags = 0;
    /* Rows behind the number. */
    std::uint64_t n = 0;
};

/* A result: cells by level, then by key and period, then by metric. */
class Result {
public:
    /* Reads the cells one by one; a cell is made when it is asked for. */
    class const_iterator {
    public:
        using iterator_category = std::input_iterator_tag;
        using value_type = Cell;
        using difference_type = std::ptrdiff_t;
        using reference = Cell;

        /* What `it->value` needs: a cell that lives as long as the expression. */
        class pointer {
        public:
            explicit pointer(Cell cell) : cell_(std::move(cell)) {}
            const Cell *operator->() const noexcept { return &cell_; }

        private:
            Cell cell_;
        };

        const_iterator() noexcept = default;

        reference operator*() const { return result_->at(index_); }
        pointer operator->() const { return pointer(result_->at(index_)); }

        const_iterator &operator++() noexcept
        {
            index_++;
            return *this;
        }

        const_iterator operator++(int) noexcept
        {
            const const_iterator before = *this;
            index_++;
            return before;
        }

        friend bool operator==(const const_iterator &a, const const_iterator &b) noexcept
        {
            return a.index_ == b.index_ && a.result_ == b.result_;
        }

        friend bool operator!=(const const_iterator &a, const const_iterator &b) noexcept { return !(a == b); }

    private:
        friend class Result;
        const_iterator(const Result *result, std::size_t index) noexcept : result_(result), index_(index) {}

        const Result *result_ = nullptr;
        std::size_t index_ = 0;
    };

    /* How many cells there are. */
    std::size_t size() const
    {
        std::size_t count = 0;
        detail::check(ripplemark_result_count(handle_.get(), &count));
        return count;
    }

    bool empty() const { return size() == 0; }

    /* Cell `index`; throws RIPPLEMARK_INDEX past the end. */
    Cell at(std::size_t index) const
    {
        ripplemark_cell raw = {};
        raw.struct_size = sizeof raw;
        detail::check(ripplemark_result_cell(handle_.get(), index, &raw));
        const auto given = [](int has, double value) { return has ? std::optional<double>(value) : std::nullopt; };
        Cell cell;
        cell.metric = raw.metric;
        cell.level = raw.level;
        for (std::size_t dim = 0; dim < about_->dims.size(); dim++) {
            cell.key.push_back(detail::text([&](char *buffer, std::size_t capacity, std::size_t *length) {
                return ripplemark_result_key(handle_.get(), index, dim, buffer, capacity, length);
            }));
        }
        if (raw.has_period) {
            cell.period = raw.period;
        }
        cell.value = given(raw.has_value, raw.value);
        cell.numerator = given(raw.has_numerator, raw.numerator);
        cell.denominator = given(raw.has_denominator, raw.denominator);
        if (raw.exact != nullptr) {
            cell.exact = raw.exact;
        }
        cell.reasons = raw.reasons;
        cell.flags = raw.flags;
        cell.n = raw.n;
        return cell;
    }

    const_iterator begin() const noexcept { return const_iterator(this, 0); }
    const_iterator end() const { return const_iterator(this, size()); }

    /* What the cells are about. */
    const std::vector<Metric> &metrics() const { return about().metrics; }
    const std::vector<std::string> &dims() const { return about().dims; }

    /* Cells, metrics with owners, rows read and rejected, receipt. */
    std::string json() const
    {
        return detail::text([this](char *buffer, std::size_t capacity, std::size_t *length) {
            return ripplemark_result_json(handle_.get(), buffer, capacity, length);
        });
    }

    /* The SHA-256 that every language gets. */
    std::array<std::uint8_t, 32> hash() const
    {
        std::array<std::uint8_t, 32> bytes = {};
        detail::check(ripplemark_result_hash(handle_.get(), bytes.data()));
        return bytes;
    }

    /* Exports the cells as an Arrow batch. Both structs become yours; what they held is not released. */
    void export_arrow(ArrowArray &array, ArrowSchema &schema) const
    {
        detail::check(ripplemark_result_export(handle_.get(), &array, &schema));
    }

    /* For the functions of ripplemark.h; stays this object's. */
    const ripplemark_result *handle() const noexcept { return handle_.get(); }

private:
    friend class Evaluation;

    struct About {
        std::vector<Metric> metrics;
        std::vector<std::string> dims;
    };

    Result(ripplemark_result *handle, std::shared_ptr<const About> about) noexcept
        : handle_(handle), about_(std::move(about))
    {
    }

    const About &about() const
    {
        if (about_ == nullptr) {
            detail::check(RIPPLEMARK_NULL_POINTER);
        }
        return *about_;
    }

    detail::Handle<ripplemark_result> handle_;
    std::shared_ptr<const About> about_;
};

/* Collects rows under a program. Their order, and how they are split, make no difference to the result. */
class Evaluation {
public:
    /* An empty evaluation. It keeps what it needs of the program. */
    explicit Evaluation(const Program &program)
        : about_(std::make_shared<const Result::About>(Result::About{program.metrics(), program.dims()}))
    {
        detail::Report report;
        ripplemark_evaluation *handle = nullptr;
        report.check(ripplemark_evaluation_new(program.handle(), &handle, report.get()));
        handle_.reset(handle);
    }

    /*
     * Feeds columns to table number `table` of the program, in the order of Program::tables(). All must have the same
     * number of rows; where there are no columns to tell it, use feed_rows(). All rows are fed, or none.
     */
    void feed(std::size_t table, const std::vector<Column> &columns)
    {
        const std::size_t rows = columns.empty() ? 0 : columns.front().rows();
        for (std::size_t i = 0; i < columns.size(); i++) {
            if (columns[i].rows() != rows) {
                throw Error(RIPPLEMARK_SIZE, "column " + std::to_string(i) + " has " + std::to_string(columns[i].rows()) +
                                                 " rows, column 0 has " + std::to_string(rows));
            }
        }
        feed_rows(table, columns, rows);
    }

    /* The same with the number of rows, which is all that counting rows may need. */
    void feed_rows(std::size_t table, const std::vector<Column> &columns, std::size_t rows)
    {
        std::vector<ripplemark_column> raw;
        raw.reserve(columns.size());
        for (const Column &column : columns) {
            if (column.rows() < rows) {
                throw Error(RIPPLEMARK_SIZE, "a column has " + std::to_string(column.rows()) + " rows of " +
                                                 std::to_string(rows));
            }
            raw.push_back(column.raw());
        }
        detail::Report report;
        report.check(ripplemark_evaluation_feed(handle_.get(), table, raw.data(), raw.size(), rows, report.get()));
    }

    /* Feeds an Arrow batch, which is released in any case; the schema stays yours. All rows are fed, or none. */
    void feed_arrow(const std::string &table, ArrowArray &array, const ArrowSchema &schema)
    {
        detail::Report report;
        report.check(ripplemark_evaluation_feed_arrow(handle_.get(), table.c_str(), &array, &schema, report.get()));
    }

    /* Feeds an Arrow stream, which is released in any case. If it fails, earlier batches have been fed. */
    void feed_arrow_stream(const std::string &table, ArrowArrayStream &stream)
    {
        detail::Report report;
        report.check(ripplemark_evaluation_feed_arrow_stream(handle_.get(), table.c_str(), &stream, report.get()));
    }

    /* Feeds a Parquet or CSV file. If it breaks off, the rows before that have been fed. */
    void feed_file(const std::string &table, const std::string &path)
    {
        detail::Report report;
        report.check(ripplemark_evaluation_feed_file(handle_.get(), table.c_str(), path.c_str(), report.get()));
    }

    /* Adds what another evaluation of the same question has collected. */
    void merge(const Evaluation &other)
    {
        detail::Report report;
        report.check(ripplemark_evaluation_merge(handle_.get(), other.handle_.get(), report.get()));
    }

    /* Adds state_bytes() of this machine or another. */
    void merge_bytes(const std::uint8_t *bytes, std::size_t length)
    {
        detail::Report report;
        report.check(ripplemark_evaluation_merge_bytes(handle_.get(), bytes, length, report.get()));
    }

    void merge_bytes(const std::vector<std::uint8_t> &bytes) { merge_bytes(bytes.data(), bytes.size()); }

    /* What has been collected: one string of bytes for one multiset of rows. */
    std::vector<std::uint8_t> state_bytes() const
    {
        detail::Report report;
        std::size_t length = 0;
        report.check(ripplemark_evaluation_state_bytes(handle_.get(), nullptr, 0, &length, report.get()));
        std::vector<std::uint8_t> bytes(length);
        report.check(ripplemark_evaluation_state_bytes(handle_.get(), bytes.data(), length, &length, report.get()));
        return bytes;
    }

    /* Computes the result. The evaluation stays as it is and can be fed further. */
    Result finish() const
    {
        detail::Report report;
        ripplemark_result *handle = nullptr;
        report.check(ripplemark_evaluation_finish(handle_.get(), &handle, report.get()));
        return Result(handle, about_);
    }

    /* For the functions of ripplemark.h; stays this object's. */
    ripplemark_evaluation *handle() noexcept { return handle_.get(); }
    const ripplemark_evaluation *handle() const noexcept { return handle_.get(); }

private:
    detail::Handle<ripplemark_evaluation> handle_;
    std::shared_ptr<const Result::About> about_;
};

} // namespace ripplemark

#endif
