/* W4 from C: a program of 24 KPIs over one row, and its cells from a state, by the freestanding library.
 *
 * Usage: latency PROGRAM, where PROGRAM is benches/rivals/books/sales_float.yaml, compiled (all its metrics, no groups).
 * Prints a line of JSON for each latency: median nanoseconds of a call. `rivals.latency` builds and runs it.
 */

#define _POSIX_C_SOURCE 199309L

#include "ripplemark_core.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { METRICS = 24, REVENUE = 10, BATCHES = 31, WORDS = 1 << 14 };

static uint8_t bytes[1 << 16];
static uint64_t memory[WORDS], scratch[WORDS], reading[WORDS];
static rmc_program program;
static rmc_column columns[8];
static size_t column_count;
static uint32_t level;
static rmc_cell cells[METRICS];

static void must(rmc_status status, const char *what)
{
    if (status.code != RMC_OK) {
        fprintf(stderr, "%s: code %u, detail %u\n", what, status.code, status.detail);
        exit(1);
    }
}

/* The row, as an application holds it: a new deal that was won. */
static const uint8_t stage[] = {6};
static const int32_t offsets[] = {0, 7, 11, 15, 18, 22, 25, 28};
static const char text[] = "churnedleadlostmqlopensqlwon";
static const double amount[] = {48017.25}, discount[] = {0.07}, hours[] = {3.5};
static const int64_t cost[] = {123456}, sold[] = {1700000000000000};
static const uint8_t truth[] = {1};

static int is(rmc_text name, const char *expected)
{
    return name.len == strlen(expected) && memcmp(name.bytes, expected, name.len) == 0;
}

static void plain(rmc_column *column, uint32_t layout, const void *values)
{
    column->layout = layout;
    column->values = values;
}

static void describe_row(void)
{
    rmc_table_info table;
    must(rmc_table_describe(&program, 0, &table), "table");
    column_count = table.columns;
    for (size_t i = 0; i < column_count && i < sizeof columns / sizeof *columns; i++) {
        rmc_column_info info;
        rmc_column *column = &columns[i];
        must(rmc_column_describe(&program, 0, i, &info), "column");
        column->struct_size = sizeof *column;
        column->length = 1;
        if (is(info.name, "stage")) {
            plain(column, RMC_TYPE_DICTIONARY, stage);
            column->code_type = RMC_TYPE_U8;
            column->offset_bits = 32;
            column->offsets = offsets;
            column->text_bytes = (const uint8_t *)text;
            column->text_bytes_len = sizeof text - 1;
            column->text_count = 7;
        } else if (is(info.name, "amount")) {
            plain(column, RMC_TYPE_F64, amount);
        } else if (is(info.name, "discount")) {
            plain(column, RMC_TYPE_F64, discount);
        } else if (is(info.name, "response_hours")) {
            plain(column, RMC_TYPE_F64, hours);
        } else if (is(info.name, "cost")) {
            plain(column, RMC_TYPE_I64, cost);
        } else if (is(info.name, "is_new")) {
            plain(column, RMC_TYPE_BOOL, truth);
        } else if (is(info.name, "sold_at")) {
            plain(column, RMC_TYPE_TIMESTAMP, sold);
            column->unit = RMC_UNIT_MICROSECOND;
        } else {
            fprintf(stderr, "the program reads the column %.*s\n", (int)info.name.len, info.name.bytes);
            exit(1);
        }
    }
}

static void read_cells(void)
{
    rmc_cells cursor;
    uint32_t more;
    must(rmc_cells_begin(&program, memory, WORDS, level, reading, WORDS, &cursor, NULL), "begin");
    must(rmc_cells_next(&cursor, &more), "next");
    must(rmc_cells_row(&cursor, cells, METRICS), "row");
}

static void feed_row(void)
{
    static const rmc_capacity capacity = {4, 4, 64};
    rmc_fed fed;
    must(rmc_state_init(&program, memory, WORDS, capacity), "state");
    must(rmc_feed(&program, memory, WORDS, 0, columns, column_count, 1, 0, scratch, WORDS, &fed), "feed");
}

static void whole(void)
{
    feed_row();
    read_cells();
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int ascending(const void *left, const void *right)
{
    const double *a = left, *b = right;
    return (*a > *b) - (*a < *b);
}

static void tell(const char *what, void (*call)(void))
{
    double times[BATCHES];
    long calls = 1;
    for (;;) {
        double start = now();
        for (long i = 0; i < calls; i++) {
            call();
        }
        if (now() - start > 5e6) {
            break;
        }
        calls *= 2;
    }
    for (int batch = 0; batch < BATCHES; batch++) {
        double start = now();
        for (long i = 0; i < calls; i++) {
            call();
        }
        times[batch] = (now() - start) / (double)calls;
    }
    qsort(times, BATCHES, sizeof *times, ascending);
    printf("{\"from\": \"C\", \"engine\": \"ripplemark\", \"what\": \"%s\", \"nanoseconds\": %.1f}\n",
           what, times[BATCHES / 2]);
}

int main(int argc, char **argv)
{
    FILE *file = fopen(argc > 1 ? argv[1] : "", "rb");
    if (file == NULL) {
        fprintf(stderr, "usage: latency PROGRAM\n");
        return 1;
    }
    size_t length = fread(bytes, 1, sizeof bytes, file);
    fclose(file);
    must(rmc_program_load(bytes, length, &program), "program");
    must(rmc_level_mask(&program, 0, &level), "level");
    describe_row();

    whole();
    volatile double rest = 1.0 - discount[0];
    if (cells[REVENUE].value != amount[0] * rest) {
        fprintf(stderr, "revenue is %.17g\n", cells[REVENUE].value);
        return 1;
    }
    tell("program of 24 KPIs over one row: fed, 24 values read (freestanding core)", whole);
    tell("program of 24 KPIs over one row: fed (freestanding core)", feed_row);
    tell("24 KPI formulas on one cell (freestanding core)", read_cells);
    return 0;
}
