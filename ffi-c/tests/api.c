/* The interface as it should be used, and every way in which it should not. */

#include "check.h"
#include "ripplemark.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char BOOK[] =
    "ripplemark: 1\n"
    "book: {id: c, currency: USD}\n"
    "teams: {sales: Sales}\n"
    "tables:\n"
    "  deals: {time: closed, columns: {closed: date, stage: category, amount: money}}\n"
    "metrics:\n"
    "  - {name: revenue, owner: sales, of: deals, agg: sum, expr: amount, filter: 'stage == \"won\"'}\n"
    "  - {name: win_rate, owner: sales, of: deals, unit: share, expr: 'count_if(stage == \"won\") / count()'}\n";

/* Columns in the program's order: closed, stage, amount. */
static const int32_t CLOSED[] = {17167, 17168, 17200, 17201};
static const int32_t STAGE[] = {0, 1, 0, 0};
static const int32_t OFFSETS[] = {0, 3, 7};
static const uint8_t TEXT[] = "wonlost";
static const double AMOUNT[] = {0.1, 0.2, 0.2, 0.0};
static const uint8_t VALID[] = {0x07};

static void fill(ripplemark_column columns[3])
{
    memset(columns, 0, 3 * sizeof *columns);
    for (int i = 0; i < 3; i++) {
        columns[i].struct_size = sizeof *columns;
    }
    columns[0].kind = RIPPLEMARK_TYPE_DATE32;
    columns[0].values = CLOSED;
    columns[1].kind = RIPPLEMARK_TYPE_DICTIONARY;
    columns[1].values = STAGE;
    columns[1].offsets = OFFSETS;
    columns[1].text = TEXT;
    columns[1].text_length = 7;
    columns[1].dictionary_length = 2;
    columns[2].kind = RIPPLEMARK_TYPE_F64;
    columns[2].values = AMOUNT;
    columns[2].validity = VALID;
}

static ripplemark_program *compiled(const ripplemark_query *query)
{
    ripplemark_program *program = NULL;
    ripplemark_error error = RIPPLEMARK_ERROR_INIT;
    error.struct_size = sizeof error;
    if (ripplemark_program_compile(BOOK, strlen(BOOK), query, &program, &error) != RIPPLEMARK_OK) {
        fprintf(stderr, "%s\n", error.message);
        exit(1);
    }
    return program;
}

/* The program alone says which tables to feed, and in which order; rows that find nothing stay. */
static void columns_are_looked_up(void)
{
    static const char book[] =
        "ripplemark: 1\n"
        "book: {id: c}\n"
        "teams: {sales: Sales}\n"
        "tables:\n"
        "  deals: {columns: {rep: id, n: int}, lookups: {rep: {table: reps}}}\n"
        "  reps: {key: rep, columns: {rep: id, quota: int}}\n"
        "metrics: [{name: quota, owner: sales, of: deals, agg: sum, expr: rep.quota}]\n";
    static const int64_t reps[] = {7, 8}, quotas[] = {100, 20}, deals[] = {8, 8, 7, 9};
    ripplemark_program *program = NULL;
    CHECK(ripplemark_program_compile(book, strlen(book), NULL, &program, NULL) == RIPPLEMARK_OK);
    ripplemark_program_counts counts;
    CHECK(ripplemark_program_count(program, &counts) == RIPPLEMARK_OK && counts.tables == 2);
    char name[16];
    size_t length = 0;
    int is_lookup = -1;
    CHECK(ripplemark_program_text(program, RIPPLEMARK_TEXT_TABLE, 0, 0, name, sizeof name, &length) == RIPPLEMARK_OK);
    CHECK(strcmp(name, "reps") == 0);
    CHECK(ripplemark_program_is_lookup(program, 0, &is_lookup) == RIPPLEMARK_OK && is_lookup == 1);
    CHECK(ripplemark_program_is_lookup(program, 1, &is_lookup) == RIPPLEMARK_OK && is_lookup == 0);
    CHECK(ripplemark_program_is_lookup(program, 2, &is_lookup) == RIPPLEMARK_INDEX);
    CHECK(ripplemark_program_is_lookup(program, 0, NULL) == RIPPLEMARK_NULL_POINTER);
    size_t columns = 0;
    CHECK(ripplemark_program_column_count(program, 1, &columns) == RIPPLEMARK_OK && columns == 1);

    ripplemark_column fed[2];
    memset(fed, 0, sizeof fed);
    for (int i = 0; i < 2; i++) {
        fed[i].struct_size = sizeof *fed;
        fed[i].kind = RIPPLEMARK_TYPE_I64;
    }
    ripplemark_evaluation *evaluation = NULL;
    CHECK(ripplemark_evaluation_new(program, &evaluation, NULL) == RIPPLEMARK_OK);
    ripplemark_error error = RIPPLEMARK_ERROR_INIT;
    error.struct_size = sizeof error;
    fed[0].values = deals;
    CHECK(ripplemark_evaluation_feed(evaluation, 1, fed, 1, 4, &error) != RIPPLEMARK_OK);
    CHECK(strstr(error.message, "feed `reps` first") != NULL);
    fed[0].values = reps;
    fed[1].values = quotas;
    CHECK(ripplemark_evaluation_feed(evaluation, 0, fed, 2, 2, NULL) == RIPPLEMARK_OK);
    fed[0].values = deals;
    CHECK(ripplemark_evaluation_feed(evaluation, 1, fed, 1, 4, NULL) == RIPPLEMARK_OK);
    ripplemark_result *result = NULL;
    CHECK(ripplemark_evaluation_finish(evaluation, &result, NULL) == RIPPLEMARK_OK);
    ripplemark_cell cell;
    memset(&cell, 0, sizeof cell);
    cell.struct_size = sizeof cell;
    CHECK(ripplemark_result_cell(result, 0, &cell) == RIPPLEMARK_OK);
    CHECK(cell.value == 140.0 && cell.n == 3);
    char json[8192];
    CHECK(ripplemark_result_json(result, json, sizeof json, &length) == RIPPLEMARK_OK);
    CHECK(strstr(json, "\"unmatched\":1") != NULL);
    ripplemark_result_free(result);
    ripplemark_evaluation_free(evaluation);
    ripplemark_program_free(program);
}

static void one_number_is_right(void)
{
    ripplemark_program *program = compiled(NULL);
    ripplemark_evaluation *evaluation = NULL;
    ripplemark_column columns[3];
    ripplemark_result *result = NULL;
    ripplemark_cell cell;
    size_t count = 0;
    fill(columns);
    CHECK(ripplemark_evaluation_new(program, &evaluation, NULL) == RIPPLEMARK_OK);
    ripplemark_program_free(program); /* The evaluation keeps what it needs. */
    CHECK(ripplemark_evaluation_feed(evaluation, 0, columns + 1, 2, 4, NULL) == RIPPLEMARK_OK);
    CHECK(ripplemark_evaluation_finish(evaluation, &result, NULL) == RIPPLEMARK_OK);
    CHECK(ripplemark_result_count(result, &count) == RIPPLEMARK_OK && count == 2);
    cell.struct_size = sizeof cell;
    CHECK(ripplemark_result_cell(result, 0, &cell) == RIPPLEMARK_OK);
    /* Without a time axis the program reads stage and amount only.
       0.1 + 0.2 in money is 0.30, and n counts the amounts that are there. */
    CHECK(cell.has_value && cell.value == 0.3 && cell.n == 2 && cell.reasons == 0);
    CHECK(cell.exact != NULL && strcmp(cell.exact, "0.30") == 0);
    CHECK(ripplemark_result_cell(result, 1, &cell) == RIPPLEMARK_OK);
    CHECK(cell.has_value && cell.value == 0.75 && cell.has_numerator && cell.numerator == 3.0);
    CHECK(cell.denominator == 4.0 && cell.n == 4);
    CHECK(ripplemark_result_cell(result, 2, &cell) == RIPPLEMARK_INDEX && cell.denominator == 4.0);
    ripplemark_result_free(result);
    ripplemark_evaluation_free(evaluation);
}

static void halves_merge_to_the_whole(void)
{
    ripplemark_query query;
    ripplemark_program *program;
    ripplemark_evaluation *whole = NULL, *first = NULL, *second = NULL;
    ripplemark_column columns[3];
    ripplemark_result *a = NULL, *b = NULL;
    uint8_t hash_a[32] = {0}, hash_b[32] = {1}, *bytes;
    char key[16];
    size_t length = 0, shorter;
    memset(&query, 0, sizeof query);
    query.struct_size = sizeof query;
    query.by = "stage";
    query.grain = "month";
    query.totals = 1;
    program = compiled(&query);
    fill(columns);
    CHECK(ripplemark_evaluation_new(program, &whole, NULL) == RIPPLEMARK_OK);
    CHECK(ripplemark_evaluation_new(program, &first, NULL) == RIPPLEMARK_OK);
    CHECK(ripplemark_evaluation_new(program, &second, NULL) == RIPPLEMARK_OK);
    CHECK(ripplemark_evaluation_feed(whole, 0, columns, 3, 4, NULL) == RIPPLEMARK_OK);
    CHECK(ripplemark_evaluation_feed(first, 0, columns, 3, 2, NULL) == RIPPLEMARK_OK);
    columns[0].values = CLOSED + 2;
    columns[1].values = STAGE + 2;
    columns[2].values = AMOUNT + 2;
    columns[2].validity = (const uint8_t *)"\x01";
    CHECK(ripplemark_evaluation_feed(second, 0, columns, 3, 2, NULL) == RIPPLEMARK_OK);
    CHECK(ripplemark_evaluation_state_bytes(first, NULL, 0, &length, NULL) == RIPPLEMARK_OK && length > 44);
    bytes = malloc(length);
    CHECK(ripplemark_evaluation_state_bytes(first, bytes, length - 1, &shorter, NULL) == RIPPLEMARK_BUFFER_SHORT);
    CHECK(ripplemark_evaluation_state_bytes(first, bytes, length, &length, NULL) == RIPPLEMARK_OK);
    CHECK(ripplemark_evaluation_merge_bytes(second, bytes, length - 1, NULL) == RIPPLEMARK_STATE_BYTES);
    CHECK(ripplemark_evaluation_merge_bytes(second, bytes, length, NULL) == RIPPLEMARK_OK);
    CHECK(ripplemark_evaluation_merge(second, second, NULL) == RIPPLEMARK_BUSY);
    CHECK(ripplemark_evaluation_finish(whole, &a, NULL) == RIPPLEMARK_OK);
    CHECK(ripplemark_evaluation_finish(second, &b, NULL) == RIPPLEMARK_OK);
    CHECK(ripplemark_result_hash(a, hash_a) == RIPPLEMARK_OK);
    CHECK(ripplemark_result_hash(b, hash_b) == RIPPLEMARK_OK);
    CHECK(memcmp(hash_a, hash_b, 32) == 0);
    CHECK(ripplemark_result_key(a, 0, 0, key, sizeof key, &length) == RIPPLEMARK_OK);
    CHECK(strcmp(key, "lost") == 0 && length == 4);
    CHECK(ripplemark_result_key(a, 0, 0, key, 4, &length) == RIPPLEMARK_BUFFER_SHORT && length == 4);
    CHECK(ripplemark_result_key(a, 0, 1, key, sizeof key, &length) == RIPPLEMARK_INDEX);
    CHECK(ripplemark_result_json(a, NULL, 0, &length) == RIPPLEMARK_OK && length > 500);
    free(bytes);
    ripplemark_result_free(a);
    ripplemark_result_free(b);
    ripplemark_evaluation_free(whole);
    ripplemark_evaluation_free(first);
    ripplemark_evaluation_free(second);
    ripplemark_program_free(program);
}

static void programs_tell_about_themselves(void)
{
    ripplemark_program *program = compiled(NULL), *again = NULL;
    ripplemark_program_counts counts;
    const uint8_t *bytes = NULL;
    uint8_t *copy;
    char text[64];
    size_t length = 0, columns = 0;
    CHECK(ripplemark_program_count(program, &counts) == RIPPLEMARK_OK);
    CHECK(counts.tables == 1 && counts.metrics == 2 && counts.dims == 0 && counts.levels == 1 && counts.grain == 0);
    CHECK(ripplemark_program_column_count(program, 0, &columns) == RIPPLEMARK_OK && columns == 2);
    CHECK(ripplemark_program_column_count(program, 1, &columns) == RIPPLEMARK_INDEX);
    CHECK(ripplemark_program_text(program, RIPPLEMARK_TEXT_METRIC_OWNER, 1, 0, text, sizeof text, &length) == 0);
    CHECK(strcmp(text, "Sales") == 0);
    CHECK(ripplemark_program_text(program, RIPPLEMARK_TEXT_COLUMN_TYPE, 0, 1, text, sizeof text, &length) == 0);
    CHECK(strcmp(text, "decimal(2)") == 0);
    CHECK(ripplemark_program_text(program, 99, 0, 0, text, sizeof text, &length) == RIPPLEMARK_ARGUMENT);
    CHECK(ripplemark_program_text(program, RIPPLEMARK_TEXT_METRIC, 2, 0, text, sizeof text, &length) == RIPPLEMARK_INDEX);
    CHECK(ripplemark_program_bytes(program, &bytes, &length) == RIPPLEMARK_OK);
    /* Every shorter program is refused, and so is one of another version. */
    for (size_t cut = 0; cut < length; cut++) {
        again = (ripplemark_program *)text;
        if (ripplemark_program_load(bytes, cut, &again, NULL) == RIPPLEMARK_OK || again != (ripplemark_program *)text) {
            CHECK(!"a truncated program was loaded");
        }
    }
    copy = malloc(length);
    memcpy(copy, bytes, length);
    copy[8] = 1;
    CHECK(ripplemark_program_load(copy, length, &again, NULL) == RIPPLEMARK_PROGRAM_VERSION);
    copy[8] = 2;
    CHECK(ripplemark_program_load(copy, length, &again, NULL) == RIPPLEMARK_OK);
    free(copy);
    ripplemark_program_free(again);
    ripplemark_program_free(program);
}

static void misuse_gets_a_code(void)
{
    ripplemark_program *program = compiled(NULL), *none = NULL;
    ripplemark_evaluation *evaluation = NULL;
    ripplemark_result *result = NULL;
    ripplemark_column columns[3];
    ripplemark_error error = RIPPLEMARK_ERROR_INIT;
    ripplemark_query query;
    char report[4000];
    size_t length = 0;
    const char *bad = "ripplemark: 1\nbook: {id: c}\nteams: {}\ntables: {}\nmetrics:\n  - {name: a, expr: b}\n";

    CHECK(ripplemark_program_compile(NULL, 5, NULL, &none, NULL) == RIPPLEMARK_NULL_POINTER);
    CHECK(ripplemark_program_compile(BOOK, strlen(BOOK), NULL, NULL, NULL) == RIPPLEMARK_NULL_POINTER);
    CHECK(ripplemark_program_compile("\xff", 1, NULL, &none, NULL) == RIPPLEMARK_NOT_UTF8);
    CHECK(ripplemark_program_compile("", 0, NULL, &none, NULL) == RIPPLEMARK_BOOK);
    error.report = report;
    error.report_capacity = sizeof report;
    CHECK(ripplemark_program_compile(bad, strlen(bad), NULL, &none, &error) == RIPPLEMARK_BOOK);
    CHECK(error.code == RIPPLEMARK_BOOK && error.line == 6 && error.message[0] != 0);
    CHECK(error.report_length > 0 && strlen(report) == error.report_length);
    error.report_capacity = 8;
    CHECK(ripplemark_program_compile(bad, strlen(bad), NULL, &none, &error) == RIPPLEMARK_BOOK);
    CHECK(strlen(report) <= 7 && error.report_length > 8);
    error.struct_size = 8;
    CHECK(ripplemark_program_compile(BOOK, strlen(BOOK), NULL, &none, &error) == RIPPLEMARK_STRUCT_SIZE);
    CHECK(none == NULL);
    memset(&query, 0, sizeof query);
    CHECK(ripplemark_program_compile(BOOK, strlen(BOOK), &query, &none, NULL) == RIPPLEMARK_STRUCT_SIZE);
    query.struct_size = sizeof query;
    query.metrics = "revenu";
    CHECK(ripplemark_program_compile(BOOK, strlen(BOOK), &query, &none, NULL) == RIPPLEMARK_QUERY);
    query.metrics = NULL;
    query.grain = "fortnight";
    CHECK(ripplemark_program_compile(BOOK, strlen(BOOK), &query, &none, NULL) == RIPPLEMARK_QUERY);

    CHECK(ripplemark_program_load(NULL, 0, &none, NULL) == RIPPLEMARK_PROGRAM_MAGIC);
    CHECK(ripplemark_program_load((const uint8_t *)"RMPROG\r\n", 8, &none, NULL) == RIPPLEMARK_PROGRAM_LENGTH);
    CHECK(ripplemark_evaluation_new(NULL, &evaluation, NULL) == RIPPLEMARK_NULL_POINTER && evaluation == NULL);
    CHECK(ripplemark_evaluation_new(program, &evaluation, NULL) == RIPPLEMARK_OK);
    CHECK(ripplemark_evaluation_finish((ripplemark_evaluation *)program, &result, NULL) == RIPPLEMARK_HANDLE);
    CHECK(ripplemark_evaluation_finish(evaluation, NULL, NULL) == RIPPLEMARK_NULL_POINTER);
    fill(columns);
    CHECK(ripplemark_evaluation_feed(evaluation, 0, columns, 3, 4, NULL) == RIPPLEMARK_BATCH_COLUMNS);
    CHECK(ripplemark_evaluation_feed(evaluation, 7, columns + 1, 2, 4, NULL) == RIPPLEMARK_BATCH_TABLE);
    CHECK(ripplemark_evaluation_feed(evaluation, 0, NULL, 2, 4, NULL) == RIPPLEMARK_NULL_POINTER);
    columns[2].kind = RIPPLEMARK_TYPE_BOOL;
    CHECK(ripplemark_evaluation_feed(evaluation, 0, columns + 1, 2, 4, NULL) == RIPPLEMARK_BATCH_TYPE);
    columns[2].kind = 77;
    CHECK(ripplemark_evaluation_feed(evaluation, 0, columns + 1, 2, 4, NULL) == RIPPLEMARK_ARGUMENT);
    columns[2].kind = RIPPLEMARK_TYPE_F64;
    columns[2].values = (const char *)AMOUNT + 1;
    CHECK(ripplemark_evaluation_feed(evaluation, 0, columns + 1, 2, 3, NULL) == RIPPLEMARK_ALIGNMENT);
    columns[2].values = NULL;
    CHECK(ripplemark_evaluation_feed(evaluation, 0, columns + 1, 2, 4, NULL) == RIPPLEMARK_NULL_POINTER);
    CHECK(ripplemark_evaluation_feed(evaluation, 0, columns + 1, 2, 0, NULL) == RIPPLEMARK_OK);
    columns[2].struct_size = 3;
    CHECK(ripplemark_evaluation_feed(evaluation, 0, columns + 1, 2, 4, NULL) != RIPPLEMARK_OK);
    CHECK(ripplemark_evaluation_merge_bytes(evaluation, (const uint8_t *)"RMSTATE\n", 8, NULL) == RIPPLEMARK_STATE_MAGIC);
    CHECK(ripplemark_evaluation_finish(evaluation, &result, NULL) == RIPPLEMARK_OK);
    CHECK(ripplemark_result_count(result, NULL) == RIPPLEMARK_NULL_POINTER);
    CHECK(ripplemark_code_text(RIPPLEMARK_BOOK, report, sizeof report, &length) == RIPPLEMARK_OK && length > 5);
    CHECK(ripplemark_code_text(1, report, sizeof report, &length) == RIPPLEMARK_ARGUMENT);
    ripplemark_program_free(NULL);
    ripplemark_evaluation_free(NULL);
    ripplemark_result_free(NULL);
    ripplemark_result_free(result);
    ripplemark_evaluation_free(evaluation);
    ripplemark_program_free(program);
}

int main(void)
{
    CHECK(ripplemark_abi_version() == RIPPLEMARK_ABI_VERSION);
    CHECK(strcmp(ripplemark_version(), "0.1.0") == 0);
    one_number_is_right();
    columns_are_looked_up();
    halves_merge_to_the_whole();
    programs_tell_about_themselves();
    misuse_gets_a_code();
    return checks_done("c-api");
}
