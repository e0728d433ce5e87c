/* ripplemark_core: runs compiled ripplemark programs without libc, allocator or threads.
 *
 * Generated from the Rust sources; see docs/EMBEDDED.md.
 *
 * Every function that can fail returns an rmc_status and writes its results only if the code is RMC_OK. Memory is the
 * caller's, in words of eight bytes, aligned as uint64_t. A program may be used by any number of threads at once; a
 * state, a cursor and scratch memory by one at a time. Columns must not lie in memory that the same call writes.
 */

#ifndef RIPPLEMARK_CORE_H
#define RIPPLEMARK_CORE_H

#include <stddef.h>
#include <stdint.h>

/*
 Version of this interface. It changes when a struct or a function changes so that old callers would break.
 */
#define RMC_ABI_VERSION 1

/*
 The level does not distinguish this dimension.
 */
#define RMC_DIM_ALL 0

/*
 The rows of this group have no value here.
 */
#define RMC_DIM_MISSING 1

/*
 An integer.
 */
#define RMC_DIM_INT 2

/*
 0 or 1.
 */
#define RMC_DIM_BOOL 3

/*
 Days since 1970-01-01.
 */
#define RMC_DIM_DATE 4

/*
 Text; `rmc_cells_dim_text` gives it.
 */
#define RMC_DIM_TEXT 5

/*
 In a level mask: the period is part of the key.
 */
#define RMC_LEVEL_PERIOD 2147483648

/*
 As a level mask: keep everything.
 */
#define RMC_EVERYTHING 4294967295

/*
 There is no value: nothing to aggregate, or a missing input.
 */
#define RMC_REASON_EMPTY 1

/*
 There is no value: division by zero.
 */
#define RMC_REASON_ZERO_DENOMINATOR 2

/*
 There is no value: beyond the width of integers, decimals or binary64.
 */
#define RMC_REASON_OVERFLOW 4

/*
 There is no value: an input is not of its declared type.
 */
#define RMC_REASON_INVALID_INPUT 8

/*
 There is no value: a function of a number with the wrong sign.
 */
#define RMC_REASON_SIGN 16

/*
 There is no value: a function without a bound.
 */
#define RMC_REASON_UNBOUNDED 32

/*
 Beside a value: the period is not over, or the asked range cuts it.
 */
#define RMC_FLAG_PARTIAL_PERIOD 1

/*
 In `rmc_cell.has`: `value` is there.
 */
#define RMC_HAS_VALUE 1

/*
 In `rmc_cell.has`: `numerator` is there.
 */
#define RMC_HAS_NUMERATOR 2

/*
 In `rmc_cell.has`: `denominator` is there.
 */
#define RMC_HAS_DENOMINATOR 4

/*
 No row has a value; `values` is not read.
 */
#define RMC_TYPE_MISSING 0

/*
 `int8_t`
 */
#define RMC_TYPE_I8 1

/*
 `int16_t`
 */
#define RMC_TYPE_I16 2

/*
 `int32_t`
 */
#define RMC_TYPE_I32 3

/*
 `int64_t`
 */
#define RMC_TYPE_I64 4

/*
 `uint8_t`
 */
#define RMC_TYPE_U8 5

/*
 `uint16_t`
 */
#define RMC_TYPE_U16 6

/*
 `uint32_t`
 */
#define RMC_TYPE_U32 7

/*
 `uint64_t`
 */
#define RMC_TYPE_U64 8

/*
 `float`
 */
#define RMC_TYPE_F32 9

/*
 `double`
 */
#define RMC_TYPE_F64 10

/*
 16 bytes a value, little-endian two's complement, at any alignment; `scale` digits after the point.
 */
#define RMC_TYPE_DECIMAL128 11

/*
 One bit a value, from bit `value_offset` on.
 */
#define RMC_TYPE_BOOL 12

/*
 `int32_t`, days since 1970-01-01.
 */
#define RMC_TYPE_DATE32 13

/*
 `int64_t`, in `unit`s since 1970-01-01T00:00Z.
 */
#define RMC_TYPE_TIMESTAMP 14

/*
 Text: `length` + 1 offsets of `offset_bits` bits into `text_bytes`.
 */
#define RMC_TYPE_UTF8 15

/*
 Dictionary: `values` are codes of type `code_type` into `text_count` texts.
 */
#define RMC_TYPE_DICTIONARY 16

/*
 Unit of a timestamp: seconds.
 */
#define RMC_UNIT_SECOND 0

/*
 Unit of a timestamp: milliseconds.
 */
#define RMC_UNIT_MILLISECOND 1

/*
 Unit of a timestamp: microseconds.
 */
#define RMC_UNIT_MICROSECOND 2

/*
 Unit of a timestamp: nanoseconds, rounded down to microseconds.
 */
#define RMC_UNIT_NANOSECOND 3

/*
 Declared type: 64-bit integer.
 */
#define RMC_LOGICAL_INT 0

/*
 Declared type: exact decimal with `scale` digits after the point.
 */
#define RMC_LOGICAL_DECIMAL 1

/*
 Declared type: binary64.
 */
#define RMC_LOGICAL_FLOAT 2

/*
 Declared type: true or false.
 */
#define RMC_LOGICAL_BOOL 3

/*
 Declared type: text from a set of values.
 */
#define RMC_LOGICAL_CATEGORY 4

/*
 Declared type: a key, text or integer.
 */
#define RMC_LOGICAL_ID 5

/*
 Declared type: a day.
 */
#define RMC_LOGICAL_DATE 6

/*
 Declared type: a point in time.
 */
#define RMC_LOGICAL_TIMESTAMP 7

/*
 Microseconds in integers.
 */
#define RMC_LOGICAL_DURATION 8

/*
 Everything was taken.
 */
#define RMC_NEED_NOTHING 0

/*
 The next row or group needs room for another group.
 */
#define RMC_NEED_GROUPS 1

/*
 The next row or group needs room for another text.
 */
#define RMC_NEED_TEXTS 2

/*
 The next row or group needs room for the bytes of another text.
 */
#define RMC_NEED_TEXT_BYTES 3

/*
 Done.
 */
#define RMC_OK 0

/*
 The bytes do not begin like a program.
 */
#define RMC_PROGRAM_MAGIC 100

/*
 The program was written for another version of the format.
 */
#define RMC_PROGRAM_VERSION 101

/*
 The program is truncated or has bytes behind its end.
 */
#define RMC_PROGRAM_LENGTH 102

/*
 A section lies outside the program's bytes. Detail: section.
 */
#define RMC_PROGRAM_SECTION 103

/*
 A name in the program is broken. Detail: record.
 */
#define RMC_PROGRAM_STRING 104

/*
 A table, column, placement, dimension or key is inconsistent. Detail: record.
 */
#define RMC_PROGRAM_TABLE 105

/*
 A row instruction is not valid. Detail: instruction.
 */
#define RMC_PROGRAM_ROW_CODE 106

/*
 A slot is not valid. Detail: slot.
 */
#define RMC_PROGRAM_SLOT 107

/*
 A cell instruction is not valid. Detail: instruction.
 */
#define RMC_PROGRAM_CELL_CODE 108

/*
 A formula needs numbers wider than the limit. Detail: instruction.
 */
#define RMC_PROGRAM_WIDTH 109

/*
 A metric or level is not valid. Detail: record.
 */
#define RMC_PROGRAM_METRIC 110

/*
 The calendar is not valid. Detail: record.
 */
#define RMC_PROGRAM_CALENDAR 111

/*
 The program has no such table. Detail: table.
 */
#define RMC_BATCH_TABLE 200

/*
 Another number of columns than the program's table has. Detail: columns expected.
 */
#define RMC_BATCH_COLUMNS 201

/*
 A column's layout cannot feed its declared type. Detail: column.
 */
#define RMC_BATCH_TYPE 202

/*
 A column is shorter than the batch. Detail: column.
 */
#define RMC_BATCH_LENGTH 203

/*
 The memory for the state is too small. Detail: words needed, saturated.
 */
#define RMC_STATE_MEMORY 300

/*
 The memory does not hold a state of this program.
 */
#define RMC_STATE_FOREIGN 301

/*
 The bytes are not a state of this version.
 */
#define RMC_STATE_MAGIC 302

/*
 The state was made with other aggregates, dimensions or times.
 */
#define RMC_STATE_SIGNATURE 303

/*
 The state bytes are truncated or not canonical. Detail: byte.
 */
#define RMC_STATE_BYTES 304

/*
 The scratch memory is too small. Detail: words needed, saturated.
 */
#define RMC_SCRATCH 400

/*
 The output buffer is too short; what it holds now means nothing. Detail: bytes needed, or 0 if not known.
 */
#define RMC_OUTPUT_SHORT 401

/*
 A pointer is NULL. Detail: argument; for columns `RMC_COLUMN_DETAIL` plus the column.
 */
#define RMC_NULL 900

/*
 A pointer is not aligned to its elements. Detail: as for `RMC_NULL`.
 */
#define RMC_MISALIGNED 901

/*
 A length is larger than the address space. Detail: as for `RMC_NULL`.
 */
#define RMC_SIZE 902

/*
 The `rmc_program` was not loaded, or the `rmc_cells` not begun. Detail: argument.
 */
#define RMC_UNLOADED 903

/*
 Two memories that are written overlap. Detail: argument.
 */
#define RMC_OVERLAP 904

/*
 `rmc_column.struct_size` is not `sizeof(rmc_column)`. Detail: column.
 */
#define RMC_STRUCT_SIZE 905

/*
 A type, unit or width that this library does not know. Detail: column.
 */
#define RMC_UNKNOWN_TYPE 906

/*
 There is no table, column, dimension, metric, level or placement of this number. Detail: how many there are.
 */
#define RMC_INDEX 907

/*
 There is nothing to give: no value, no exact text, no text, no period, or no current group.
 */
#define RMC_NOTHING 908

/*
 Added to the number of a column in the details of codes that otherwise name an argument.
 */
#define RMC_COLUMN_DETAIL 1000

/*
 What a call returns.
 */
typedef struct {
  /*
   `RMC_OK`, or why nothing was done.
   */
  uint32_t code;
  /*
   Which argument (counted from 1), column, record or size; the code's comment says which.
   */
  uint32_t detail;
} rmc_status;

/*
 A loaded program. Its fields are private to the library. It may be copied and moved; any number of threads may
 use it at once. The bytes it was loaded from must stay where they are.
 */
typedef struct {
  uint64_t opaque[48];
} rmc_program;

/*
 A cursor over the groups of a state, sorted by key. Its fields are private to the library. It points to program,
 state and scratch memory, which must stay where they are, unchanged, while it is used.
 */
typedef struct {
  uint64_t begun;
  const rmc_program *program;
  const uint64_t *memory;
  size_t words;
  uint64_t *scratch;
  size_t scratch_words;
  size_t count;
  size_t next;
  uint32_t level;
} rmc_cells;

/*
 One number of the result, or the reasons why there is none.
 */
typedef struct {
  /*
   The value, correctly rounded; 0 where there is none.
   */
  double value;
  /*
   Numerator, correctly rounded; 0 where there is none.
   */
  double numerator;
  /*
   Denominator, likewise.
   */
  double denominator;
  /*
   Rows behind the number.
   */
  uint64_t n;
  /*
   Which of the three are there: a set of `RMC_HAS_...`
   */
  uint32_t has;
  /*
   Why there is no value: a set of `RMC_REASON_...`; 0 if there is one.
   */
  uint32_t reasons;
  /*
   What to know about the value: a set of `RMC_FLAG_...`
   */
  uint32_t flags;
} rmc_cell;

/*
 A coordinate of the current group.
 */
typedef struct {
  /*
   One of `RMC_DIM_...`
   */
  uint32_t kind;
  /*
   The number, or the length of the text in bytes.
   */
  int64_t value;
} rmc_dim;

/*
 How many of everything a program has.
 */
typedef struct {
  /*
   Tables it reads.
   */
  size_t tables;
  /*
   Dimensions it groups by.
   */
  size_t dims;
  /*
   Metrics it gives.
   */
  size_t metrics;
  /*
   Levels of the result: the finest (number 0), then totals and subtotals.
   */
  size_t levels;
  /*
   0 none, 1 day, 2 week, 3 month, 4 quarter, 5 year.
   */
  uint32_t grain;
  /*
   32 bytes that two states must share to be merged.
   */
  const uint8_t *signature;
} rmc_program_info;

/*
 Text that is not terminated by zero. It lives as long as what it was read from.
 */
typedef struct {
  /*
   UTF-8.
   */
  const char *bytes;
  /*
   Bytes.
   */
  size_t len;
} rmc_text;

/*
 A table.
 */
typedef struct {
  /*
   The name that the book gives it.
   */
  rmc_text name;
  /*
   Columns that batches bring, in this order.
   */
  size_t columns;
} rmc_table_info;

/*
 A column of a table.
 */
typedef struct {
  /*
   The name that formulas use.
   */
  rmc_text name;
  /*
   The name that the data use.
   */
  rmc_text source;
  /*
   One of `RMC_LOGICAL_...`
   */
  uint32_t logical_type;
  /*
   Digits after the point of a decimal, else 0.
   */
  uint32_t scale;
} rmc_column_info;

/*
 A dimension.
 */
typedef struct {
  /*
   The name.
   */
  rmc_text name;
  /*
   `RMC_DIM_INT`, `RMC_DIM_BOOL`, `RMC_DIM_DATE` or `RMC_DIM_TEXT`.
   */
  uint32_t kind;
} rmc_dim_info;

/*
 A metric.
 */
typedef struct {
  /*
   The name that formulas and queries use.
   */
  rmc_text name;
  /*
   The name shown to people.
   */
  rmc_text label;
  /*
   Names of the owning teams, joined by ", ".
   */
  rmc_text owner;
  /*
   The unit; empty where the book gives none.
   */
  rmc_text unit;
  /*
   What the metric means.
   */
  rmc_text description;
  /*
   SHA-256 of what the metric means: 32 bytes.
   */
  const uint8_t *meaning;
  /*
   0 none, 1 behaviour, 2 conversion, 3 revenue.
   */
  uint32_t ring;
  /*
   0 simple, 1 ratio, 2 derived.
   */
  uint32_t kind;
  /*
   1 if the value is one rational, rounded once.
   */
  uint32_t exact;
  /*
   Bytes that always suffice for `rmc_cells_exact_text`.
   */
  size_t exact_text_capacity;
} rmc_metric_info;

/*
 How much a state can hold.
 */
typedef struct {
  /*
   Groups: combinations of dimension values and period.
   */
  uint32_t groups;
  /*
   Different texts in the dimensions.
   */
  uint32_t texts;
  /*
   Bytes of these texts together, each rounded up to a multiple of eight.
   */
  uint32_t text_bytes;
} rmc_capacity;

/*
 A column of a batch, with buffers laid out as Arrow lays them out. Set all fields to zero, `struct_size` to
 `sizeof(rmc_column)`, then the fields that the type needs. Buffers are read during the call only.
 */
typedef struct {
  /*
   `sizeof(rmc_column)`
   */
  uint32_t struct_size;
  /*
   One of `RMC_TYPE_...`
   */
  uint32_t layout;
  /*
   For `RMC_TYPE_DICTIONARY`: one of `RMC_TYPE_I8` to `RMC_TYPE_U32`, but not 64 bits.
   */
  uint32_t code_type;
  /*
   For text and dictionaries: 32 or 64.
   */
  uint32_t offset_bits;
  /*
   For `RMC_TYPE_DECIMAL128`.
   */
  uint32_t scale;
  /*
   For `RMC_TYPE_TIMESTAMP`: one of `RMC_UNIT_...`
   */
  uint32_t unit;
  /*
   Rows that the buffers cover, at least those of the batch.
   */
  size_t length;
  /*
   Numbers, bits, or codes.
   */
  const void *values;
  /*
   For `RMC_TYPE_BOOL`: first bit in `values`.
   */
  size_t value_offset;
  /*
   One bit a row, 1 where there is a value; NULL: everywhere.
   */
  const uint8_t *validity;
  /*
   First bit in `validity`.
   */
  size_t validity_offset;
  /*
   One bit a row, 1 where the host could not read the value as its declared type; NULL: nowhere.
   */
  const uint8_t *invalid;
  /*
   First bit in `invalid`.
   */
  size_t invalid_offset;
  /*
   Offsets into `text_bytes`, one more than there are texts.
   */
  const void *offsets;
  /*
   UTF-8. It is compared as bytes and never checked.
   */
  const uint8_t *text_bytes;
  /*
   Length of `text_bytes`.
   */
  size_t text_bytes_len;
  /*
   For `RMC_TYPE_DICTIONARY`: how many texts there are.
   */
  size_t text_count;
  /*
   For `RMC_TYPE_DICTIONARY`: one bit a text, 0 where it is missing; NULL: none is.
   */
  const uint8_t *text_validity;
  /*
   First bit in `text_validity`.
   */
  size_t text_validity_offset;
} rmc_column;

/*
 How far feeding got.
 */
typedef struct {
  /*
   Rows from the beginning of the batch that are in the state. Go on from here.
   */
  size_t rows_done;
  /*
   One of `RMC_NEED_...`: what the next row needs.
   */
  uint32_t need;
} rmc_fed;

/*
 How far merging got.
 */
typedef struct {
  /*
   Groups of the other state that are in. Go on from here.
   */
  size_t groups_done;
  /*
   One of `RMC_NEED_...`: what the next group needs.
   */
  uint32_t need;
} rmc_merged;

/*
 Rows of one table under one time column.
 */
typedef struct {
  /*
   The table.
   */
  rmc_text table;
  /*
   The column that places rows in time; empty where time is not read.
   */
  rmc_text at;
  /*
   Rows read.
   */
  uint64_t read;
  /*
   Rows that entered a group.
   */
  uint64_t used;
  /*
   Rows that did not: filtered, filter failed, no time, invalid time, out of range, after as_of, out of
   calendar, invalid key.
   */
  uint64_t rejected[8];
  /*
   1 if there is a watermark.
   */
  uint32_t has_watermark;
  /*
   Largest time among the used rows: days, or microseconds.
   */
  int64_t watermark;
} rmc_row_counts;

#ifdef __cplusplus
extern "C" {
#endif // __cplusplus

/*
 The version of the interface that the library was built with; compare with `RMC_ABI_VERSION` before anything else.
 */
uint32_t rmc_abi_version(void);

/*
 Words of scratch memory that reading this state takes.

 # Safety
 `program` was loaded; `memory` points to `words` words, `out` to a `size_t`.
 */
rmc_status rmc_cells_words(const rmc_program *program, const uint64_t *memory, size_t words, size_t *out);

/*
 Begins before the first group of a state. `level_mask` is the mask that the state was merged with; for a state that
 was fed, that of level 0. `groups` (may be NULL) receives how many groups there are.

 # Safety
 `program` was loaded; `memory` and `scratch` point to so many words; nobody else uses `scratch`. All three stay,
 unchanged, while `out` is used. `out` points to an `rmc_cells`, `groups` is NULL or points to a `size_t`.
 */
rmc_status rmc_cells_begin(const rmc_program *program,
                           const uint64_t *memory,
                           size_t words,
                           uint32_t level_mask,
                           uint64_t *scratch,
                           size_t scratch_words,
                           rmc_cells *out,
                           size_t *groups);

/*
 Goes to the next group and computes its cells. `out` receives 1, or 0 after the last group.

 # Safety
 `cells` was begun, and its memories stand; `out` points to a `uint32_t`.
 */
rmc_status rmc_cells_next(rmc_cells *cells, uint32_t *out);

/*
 Metric `metric` in the current group.

 # Safety
 `cells` was begun, and its memories stand; `out` points to an `rmc_cell`.
 */
rmc_status rmc_cells_cell(const rmc_cells *cells, size_t metric, rmc_cell *out);

/*
 All metrics in the current group at once. `count` is the number of metrics of the program.

 # Safety
 `cells` was begun, and its memories stand; `out` points to `count` of `rmc_cell`.
 */
rmc_status rmc_cells_row(const rmc_cells *cells, rmc_cell *out, size_t count);

/*
 The coordinate of the current group in dimension `dim`.

 # Safety
 `cells` was begun, and its memories stand; `out` points to an `rmc_dim`.
 */
rmc_status rmc_cells_dim(const rmc_cells *cells, size_t dim, rmc_dim *out);

/*
 Copies the text of the current group in dimension `dim`; no zero is added. `RMC_NOTHING` if it is no text.

 # Safety
 `cells` was begun, and its memories stand; `bytes` points to `capacity` bytes, `out_len` to a `size_t`.
 */
rmc_status rmc_cells_dim_text(const rmc_cells *cells,
                              size_t dim,
                              char *bytes,
                              size_t capacity,
                              size_t *out_len);

/*
 First day of the current group's period, in days since 1970-01-01; `RMC_NOTHING` where the level has no period.

 # Safety
 `cells` was begun, and its memories stand; `out` points to an `int64_t`.
 */
rmc_status rmc_cells_period(const rmc_cells *cells,
                            int64_t *out);

/*
 Writes the exact text of metric `metric`: digits, or a fraction in lowest terms, without a zero at the end.
 `RMC_NOTHING` where there is no value, or where the metric is not exact.

 # Safety
 `cells` was begun, and its memories stand; `bytes` points to `capacity` bytes, `out_len` to a `size_t`.
 */
rmc_status rmc_cells_exact_text(const rmc_cells *cells,
                                size_t metric,
                                char *bytes,
                                size_t capacity,
                                size_t *out_len);

/*
 Writes metric `metric` of the current group as canonical bytes, which are equal wherever the number is the same.

 # Safety
 `cells` was begun, and its memories stand; `bytes` points to `capacity` bytes, `out_len` to a `size_t`.
 */
rmc_status rmc_cells_write(const rmc_cells *cells,
                           size_t metric,
                           uint8_t *bytes,
                           size_t capacity,
                           size_t *out_len);

/*
 How many of everything a program has.

 # Safety
 `program` was loaded; `out` points to an `rmc_program_info`.
 */
rmc_status rmc_program_describe(const rmc_program *program, rmc_program_info *out);

/*
 Table `table`.

 # Safety
 `program` was loaded; `out` points to an `rmc_table_info`.
 */
rmc_status rmc_table_describe(const rmc_program *program, size_t table, rmc_table_info *out);

/*
 The number of the table with a name of `len` bytes; `RMC_NOTHING` if there is none.

 # Safety
 `program` was loaded; `name` points to `len` bytes, `out` to a `size_t`.
 */
rmc_status rmc_table_find(const rmc_program *program, const char *name, size_t len, size_t *out);

/*
 Column `column` of table `table`.

 # Safety
 `program` was loaded; `out` points to an `rmc_column_info`.
 */
rmc_status rmc_column_describe(const rmc_program *program, size_t table, size_t column, rmc_column_info *out);

/*
 Dimension `dim`.

 # Safety
 `program` was loaded; `out` points to an `rmc_dim_info`.
 */
rmc_status rmc_dim_describe(const rmc_program *program, size_t dim, rmc_dim_info *out);

/*
 Metric `metric`.

 # Safety
 `program` was loaded; `out` points to an `rmc_metric_info`.
 */
rmc_status rmc_metric_describe(const rmc_program *program, size_t metric, rmc_metric_info *out);

/*
 The mask of level `level`: bit `d` keeps dimension `d`, bit 31 keeps the period.

 # Safety
 `program` was loaded; `out` points to a `uint32_t`.
 */
rmc_status rmc_level_mask(const rmc_program *program, size_t level, uint32_t *out);

/*
 Loads and validates `len` program bytes in time linear in `len`. The bytes are borrowed: they must stay where they
 are, unchanged, as long as `out` is used. They may lie in flash or in a mapped file, at any alignment.

 # Safety
 `bytes` points to `len` bytes, `out` to an `rmc_program`.
 */
rmc_status rmc_program_load(const uint8_t *bytes,
                            size_t len,
                            rmc_program *out);

/*
 The capacity to try next when `need` was reported: what is needed is doubled. Unchanged if it cannot grow.
 */
rmc_capacity rmc_capacity_grown(rmc_capacity capacity, uint32_t need);

/*
 Words (of 8 bytes) of memory for a state of this capacity.

 # Safety
 `program` was loaded; `out` points to a `size_t`.
 */
rmc_status rmc_state_words(const rmc_program *program, rmc_capacity capacity, size_t *out);

/*
 Makes an empty state in `memory`. What the memory held does not matter.

 # Safety
 `program` was loaded; `memory` points to `words` words that nobody else uses.
 */
rmc_status rmc_state_init(const rmc_program *program, uint64_t *memory, size_t words, rmc_capacity capacity);

/*
 The capacity of the state in `memory`, and how many groups it has; either `out` may be NULL.

 # Safety
 `program` was loaded; `memory` points to `words` words, `capacity` and `groups` are NULL or point to their types.
 */
rmc_status rmc_state_size(const rmc_program *program,
                          const uint64_t *memory,
                          size_t words,
                          rmc_capacity *capacity,
                          size_t *groups);

/*
 Words of scratch memory that feeding this batch takes. It depends on the dictionaries, not on the rows.

 # Safety
 `program` was loaded; `columns` points to `column_count` columns whose buffers are as they say; `out` points to a
 `size_t`.
 */
rmc_status rmc_scratch_words(const rmc_program *program,
                             size_t table,
                             const rmc_column *columns,
                             size_t column_count,
                             size_t *out);

/*
 Feeds rows `from_row` to `rows` of a batch of table `table`, its columns in the order of the program.

 If `out->need` is not `RMC_NEED_NOTHING`, make a larger state, merge this one into it, and feed the same batch to
 it from row `out->rows_done` on. Scratch memory may be shared by states that are not fed at the same time.

 # Safety
 `program` was loaded; `memory` and `scratch` point to so many words that nobody else uses; `columns` points to
 `column_count` columns whose buffers are as they say; `out` points to an `rmc_fed`.
 */
rmc_status rmc_feed(const rmc_program *program,
                    uint64_t *memory,
                    size_t words,
                    size_t table,
                    const rmc_column *columns,
                    size_t column_count,
                    size_t rows,
                    size_t from_row,
                    uint64_t *scratch,
                    size_t scratch_words,
                    rmc_fed *out);

/*
 Merges another state of the same signature into the one in `memory`, from its group `from_group` on.

 `level_mask` says what the keys keep: `RMC_EVERYTHING`, or the mask of a level, to roll a state up into totals.
 If `out->need` is not `RMC_NEED_NOTHING`, make a larger state, merge the target into it, and go on from
 `out->groups_done`. Rejected and read rows are added with the last group.

 # Safety
 `program` was loaded; `memory` and `other` point to so many words; nobody else uses `memory`; `out` points to an
 `rmc_merged`.
 */
rmc_status rmc_merge(const rmc_program *program,
                     uint64_t *memory,
                     size_t words,
                     const uint64_t *other,
                     size_t other_words,
                     size_t from_group,
                     uint32_t level_mask,
                     rmc_merged *out);

/*
 Merges canonical state bytes into the state in `memory`; the contract is that of `rmc_merge`. All bytes are
 checked before anything is changed.

 # Safety
 `program` was loaded; `memory` points to `words` words that nobody else uses, `bytes` to `len` bytes, `out` to an
 `rmc_merged`.
 */
rmc_status rmc_state_merge_bytes(const rmc_program *program,
                                 uint64_t *memory,
                                 size_t words,
                                 const uint8_t *bytes,
                                 size_t len,
                                 size_t from_group,
                                 rmc_merged *out);

/*
 Writes the canonical bytes of the state: one byte string for one multiset of rows, whatever the order of rows and
 merges. `scratch` takes as many words as the state has groups. With `capacity` 0, and `bytes` NULL, it fails with
 `RMC_OUTPUT_SHORT`, and the detail is the length.

 # Safety
 `program` was loaded; `memory` and `scratch` point to so many words, `bytes` to `capacity` bytes; nobody else uses
 `scratch` and `bytes`; `out_len` points to a `size_t`.
 */
rmc_status rmc_state_write(const rmc_program *program,
                           const uint64_t *memory,
                           size_t words,
                           uint64_t *scratch,
                           size_t scratch_words,
                           uint8_t *bytes,
                           size_t capacity,
                           size_t *out_len);

/*
 What happened to the rows under time column `placement`; `RMC_INDEX` after the last.

 # Safety
 `program` was loaded; `memory` points to `words` words, `out` to an `rmc_row_counts`.
 */
rmc_status rmc_state_rows(const rmc_program *program,
                          const uint64_t *memory,
                          size_t words,
                          size_t placement,
                          rmc_row_counts *out);

/*
 How many values of a column were missing, and how many were not of the declared type.

 # Safety
 `program` was loaded; `memory` points to `words` words, `missing` and `invalid` to a `uint64_t` each.
 */
rmc_status rmc_state_column(const rmc_program *program,
                            const uint64_t *memory,
                            size_t words,
                            size_t table,
                            size_t column,
                            uint64_t *missing,
                            uint64_t *invalid);

/*
 One English sentence about a code, without its detail. It lives as long as the program does.
 */
rmc_text rmc_status_message(uint32_t code);

/*
 One English sentence about a code, without its detail. It lives as long as the program does.
 */
rmc_text rmc_status_message(uint32_t code);

/*
 Loads and validates `len` program bytes in time linear in `len`. The bytes are borrowed: they must stay where they
 are, unchanged, as long as `out` is used. They may lie in flash or in a mapped file, at any alignment.

 # Safety
 `bytes` points to `len` bytes, `out` to an `rmc_program`.
 */
rmc_status rmc_program_load(const uint8_t *bytes,
                            size_t len,
                            rmc_program *out);

/*
 How many of everything a program has.

 # Safety
 `program` was loaded; `out` points to an `rmc_program_info`.
 */
rmc_status rmc_program_describe(const rmc_program *program, rmc_program_info *out);

/*
 Table `table`.

 # Safety
 `program` was loaded; `out` points to an `rmc_table_info`.
 */
rmc_status rmc_table_describe(const rmc_program *program, size_t table, rmc_table_info *out);

/*
 The number of the table with a name of `len` bytes; `RMC_NOTHING` if there is none.

 # Safety
 `program` was loaded; `name` points to `len` bytes, `out` to a `size_t`.
 */
rmc_status rmc_table_find(const rmc_program *program, const char *name, size_t len, size_t *out);

/*
 Column `column` of table `table`.

 # Safety
 `program` was loaded; `out` points to an `rmc_column_info`.
 */
rmc_status rmc_column_describe(const rmc_program *program, size_t table, size_t column, rmc_column_info *out);

/*
 Dimension `dim`.

 # Safety
 `program` was loaded; `out` points to an `rmc_dim_info`.
 */
rmc_status rmc_dim_describe(const rmc_program *program, size_t dim, rmc_dim_info *out);

/*
 Metric `metric`.

 # Safety
 `program` was loaded; `out` points to an `rmc_metric_info`.
 */
rmc_status rmc_metric_describe(const rmc_program *program, size_t metric, rmc_metric_info *out);

/*
 The mask of level `level`: bit `d` keeps dimension `d`, bit 31 keeps the period.

 # Safety
 `program` was loaded; `out` points to a `uint32_t`.
 */
rmc_status rmc_level_mask(const rmc_program *program, size_t level, uint32_t *out);

/*
 The capacity to try next when `need` was reported: what is needed is doubled. Unchanged if it cannot grow.
 */
rmc_capacity rmc_capacity_grown(rmc_capacity capacity, uint32_t need);

/*
 Words (of 8 bytes) of memory for a state of this capacity.

 # Safety
 `program` was loaded; `out` points to a `size_t`.
 */
rmc_status rmc_state_words(const rmc_program *program, rmc_capacity capacity, size_t *out);

/*
 Makes an empty state in `memory`. What the memory held does not matter.

 # Safety
 `program` was loaded; `memory` points to `words` words that nobody else uses.
 */
rmc_status rmc_state_init(const rmc_program *program, uint64_t *memory, size_t words, rmc_capacity capacity);

/*
 The capacity of the state in `memory`, and how many groups it has; either `out` may be NULL.

 # Safety
 `program` was loaded; `memory` points to `words` words, `capacity` and `groups` are NULL or point to their types.
 */
rmc_status rmc_state_size(const rmc_program *program,
                          const uint64_t *memory,
                          size_t words,
                          rmc_capacity *capacity,
                          size_t *groups);

/*
 Words of scratch memory that feeding this batch takes. It depends on the dictionaries, not on the rows.

 # Safety
 `program` was loaded; `columns` points to `column_count` columns whose buffers are as they say; `out` points to a
 `size_t`.
 */
rmc_status rmc_scratch_words(const rmc_program *program,
                             size_t table,
                             const rmc_column *columns,
                             size_t column_count,
                             size_t *out);

/*
 Feeds rows `from_row` to `rows` of a batch of table `table`, its columns in the order of the program.

 If `out->need` is not `RMC_NEED_NOTHING`, make a larger state, merge this one into it, and feed the same batch to
 it from row `out->rows_done` on. Scratch memory may be shared by states that are not fed at the same time.

 # Safety
 `program` was loaded; `memory` and `scratch` point to so many words that nobody else uses; `columns` points to
 `column_count` columns whose buffers are as they say; `out` points to an `rmc_fed`.
 */
rmc_status rmc_feed(const rmc_program *program,
                    uint64_t *memory,
                    size_t words,
                    size_t table,
                    const rmc_column *columns,
                    size_t column_count,
                    size_t rows,
                    size_t from_row,
                    uint64_t *scratch,
                    size_t scratch_words,
                    rmc_fed *out);

/*
 Merges another state of the same signature into the one in `memory`, from its group `from_group` on.

 `level_mask` says what the keys keep: `RMC_EVERYTHING`, or the mask of a level, to roll a state up into totals.
 If `out->need` is not `RMC_NEED_NOTHING`, make a larger state, merge the target into it, and go on from
 `out->groups_done`. Rejected and read rows are added with the last group.

 # Safety
 `program` was loaded; `memory` and `other` point to so many words; nobody else uses `memory`; `out` points to an
 `rmc_merged`.
 */
rmc_status rmc_merge(const rmc_program *program,
                     uint64_t *memory,
                     size_t words,
                     const uint64_t *other,
                     size_t other_words,
                     size_t from_group,
                     uint32_t level_mask,
                     rmc_merged *out);

/*
 Merges canonical state bytes into the state in `memory`; the contract is that of `rmc_merge`. All bytes are
 checked before anything is changed.

 # Safety
 `program` was loaded; `memory` points to `words` words that nobody else uses, `bytes` to `len` bytes, `out` to an
 `rmc_merged`.
 */
rmc_status rmc_state_merge_bytes(const rmc_program *program,
                                 uint64_t *memory,
                                 size_t words,
                                 const uint8_t *bytes,
                                 size_t len,
                                 size_t from_group,
                                 rmc_merged *out);

/*
 Writes the canonical bytes of the state: one byte string for one multiset of rows, whatever the order of rows and
 merges. `scratch` takes as many words as the state has groups. With `capacity` 0, and `bytes` NULL, it fails with
 `RMC_OUTPUT_SHORT`, and the detail is the length.

 # Safety
 `program` was loaded; `memory` and `scratch` point to so many words, `bytes` to `capacity` bytes; nobody else uses
 `scratch` and `bytes`; `out_len` points to a `size_t`.
 */
rmc_status rmc_state_write(const rmc_program *program,
                           const uint64_t *memory,
                           size_t words,
                           uint64_t *scratch,
                           size_t scratch_words,
                           uint8_t *bytes,
                           size_t capacity,
                           size_t *out_len);

/*
 What happened to the rows under time column `placement`; `RMC_INDEX` after the last.

 # Safety
 `program` was loaded; `memory` points to `words` words, `out` to an `rmc_row_counts`.
 */
rmc_status rmc_state_rows(const rmc_program *program,
                          const uint64_t *memory,
                          size_t words,
                          size_t placement,
                          rmc_row_counts *out);

/*
 How many values of a column were missing, and how many were not of the declared type.

 # Safety
 `program` was loaded; `memory` points to `words` words, `missing` and `invalid` to a `uint64_t` each.
 */
rmc_status rmc_state_column(const rmc_program *program,
                            const uint64_t *memory,
                            size_t words,
                            size_t table,
                            size_t column,
                            uint64_t *missing,
                            uint64_t *invalid);

/*
 Words of scratch memory that reading this state takes.

 # Safety
 `program` was loaded; `memory` points to `words` words, `out` to a `size_t`.
 */
rmc_status rmc_cells_words(const rmc_program *program, const uint64_t *memory, size_t words, size_t *out);

/*
 Begins before the first group of a state. `level_mask` is the mask that the state was merged with; for a state that
 was fed, that of level 0. `groups` (may be NULL) receives how many groups there are.

 # Safety
 `program` was loaded; `memory` and `scratch` point to so many words; nobody else uses `scratch`. All three stay,
 unchanged, while `out` is used. `out` points to an `rmc_cells`, `groups` is NULL or points to a `size_t`.
 */
rmc_status rmc_cells_begin(const rmc_program *program,
                           const uint64_t *memory,
                           size_t words,
                           uint32_t level_mask,
                           uint64_t *scratch,
                           size_t scratch_words,
                           rmc_cells *out,
                           size_t *groups);

/*
 Goes to the next group and computes its cells. `out` receives 1, or 0 after the last group.

 # Safety
 `cells` was begun, and its memories stand; `out` points to a `uint32_t`.
 */
rmc_status rmc_cells_next(rmc_cells *cells, uint32_t *out);

/*
 Metric `metric` in the current group.

 # Safety
 `cells` was begun, and its memories stand; `out` points to an `rmc_cell`.
 */
rmc_status rmc_cells_cell(const rmc_cells *cells, size_t metric, rmc_cell *out);

/*
 All metrics in the current group at once. `count` is the number of metrics of the program.

 # Safety
 `cells` was begun, and its memories stand; `out` points to `count` of `rmc_cell`.
 */
rmc_status rmc_cells_row(const rmc_cells *cells, rmc_cell *out, size_t count);

/*
 The coordinate of the current group in dimension `dim`.

 # Safety
 `cells` was begun, and its memories stand; `out` points to an `rmc_dim`.
 */
rmc_status rmc_cells_dim(const rmc_cells *cells, size_t dim, rmc_dim *out);

/*
 Copies the text of the current group in dimension `dim`; no zero is added. `RMC_NOTHING` if it is no text.

 # Safety
 `cells` was begun, and its memories stand; `bytes` points to `capacity` bytes, `out_len` to a `size_t`.
 */
rmc_status rmc_cells_dim_text(const rmc_cells *cells,
                              size_t dim,
                              char *bytes,
                              size_t capacity,
                              size_t *out_len);

/*
 First day of the current group's period, in days since 1970-01-01; `RMC_NOTHING` where the level has no period.

 # Safety
 `cells` was begun, and its memories stand; `out` points to an `int64_t`.
 */
rmc_status rmc_cells_period(const rmc_cells *cells,
                            int64_t *out);

/*
 Writes the exact text of metric `metric`: digits, or a fraction in lowest terms, without a zero at the end.
 `RMC_NOTHING` where there is no value, or where the metric is not exact.

 # Safety
 `cells` was begun, and its memories stand; `bytes` points to `capacity` bytes, `out_len` to a `size_t`.
 */
rmc_status rmc_cells_exact_text(const rmc_cells *cells,
                                size_t metric,
                                char *bytes,
                                size_t capacity,
                                size_t *out_len);

/*
 Writes metric `metric` of the current group as canonical bytes, which are equal wherever the number is the same.

 # Safety
 `cells` was begun, and its memories stand; `bytes` points to `capacity` bytes, `out_len` to a `size_t`.
 */
rmc_status rmc_cells_write(const rmc_cells *cells,
                           size_t metric,
                           uint8_t *bytes,
                           size_t capacity,
                           size_t *out_len);

#ifdef __cplusplus
}  // extern "C"
#endif  // __cplusplus

#endif  /* RIPPLEMARK_CORE_H */

/* The library reserves this much for a program; a compiler that pads otherwise does not get past here. */
typedef char rmc_program_size_is_384[sizeof(rmc_program) == 384 ? 1 : -1];
