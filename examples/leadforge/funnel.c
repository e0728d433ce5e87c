/*
 * The headlines of the leadforge funnel in C: one line for each metric, with its value and the bits of it. funnel.cpp,
 * funnel.rs and funnel.py print the very same lines; `make test-funnel` compares them.
 *
 * Usage: funnel [FOLDER]
 */

#include "ripplemark.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static char report[10000];
static ripplemark_error error = RIPPLEMARK_ERROR_INIT;

static void must(ripplemark_code code)
{
    if (code != RIPPLEMARK_OK) {
        fprintf(stderr, "%s\n", report);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    const char *folder = argc > 1 ? argv[1] : "examples/leadforge";
    /* The tables that the headlines read. */
    static const char *const tables[] = {"leads", "opportunities"};
    ripplemark_query query = {0};
    ripplemark_program *program;
    ripplemark_evaluation *evaluation;
    ripplemark_result *result;
    char path[4096], name[256];
    size_t count = 0, length;

    error.report = report;
    error.report_capacity = sizeof report;
    query.struct_size = sizeof query;
    query.saved = "headlines";
    snprintf(path, sizeof path, "%s/funnel.yaml", folder);
    must(ripplemark_program_compile_file(path, &query, &program, &error));

    must(ripplemark_evaluation_new(program, &evaluation, &error));
    for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
        snprintf(path, sizeof path, "%s/data/%s.parquet", folder, tables[i]);
        must(ripplemark_evaluation_feed_file(evaluation, tables[i], path, &error));
    }
    must(ripplemark_evaluation_finish(evaluation, &result, &error));

    ripplemark_result_count(result, &count);
    for (size_t i = 0; i < count; i++) {
        ripplemark_cell cell;
        uint64_t bits;
        cell.struct_size = sizeof cell;
        ripplemark_result_cell(result, i, &cell);
        ripplemark_program_text(program, RIPPLEMARK_TEXT_METRIC, cell.metric, 0, name, sizeof name, &length);
        if (cell.has_value) {
            memcpy(&bits, &cell.value, sizeof bits);
            printf("%s %.6f %016" PRIx64 "\n", name, cell.value, bits);
        } else {
            printf("%s none\n", name);
        }
    }

    ripplemark_result_free(result);
    ripplemark_evaluation_free(evaluation);
    ripplemark_program_free(program);
    return 0;
}
