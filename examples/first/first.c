/* The first number in C: see mk/c.mk for how it is built. Usage: first BOOK */

#include "ripplemark.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(ripplemark_code code, const ripplemark_error *error)
{
    if (code != RIPPLEMARK_OK) {
        fprintf(stderr, "ripplemark: %s (code %u)\n", error->message, error->code);
        exit(1);
    }
}

int main(int argc, char **argv)
{
    /* The rows of deals.csv, as an application holds them; money in cents would do as well. */
    static const int32_t stage[] = {0, 0, 1, 0, 0, 1, 0};
    static const int32_t offsets[] = {0, 3, 7};
    static const uint8_t text[] = "wonlost";
    static const double amount[] = {2040.00, 3840.72, 1100.00, 810.45, 720.72, 5000.00, 2160.00};
    static const double list[] = {2400.00, 4800.90, 1200.00, 900.50, 900.90, 5100.00, 2400.00};
    static char book[10000];

    FILE *file = fopen(argc > 1 ? argv[1] : "examples/first/book.yaml", "rb");
    if (file == NULL) {
        fprintf(stderr, "the book cannot be read\n");
        return 1;
    }
    size_t length = fread(book, 1, sizeof book, file);
    fclose(file);

    ripplemark_error error = RIPPLEMARK_ERROR_INIT;
    ripplemark_program *program;
    ripplemark_evaluation *evaluation;
    ripplemark_result *result;
    must(ripplemark_program_compile(book, length, NULL, &program, &error), &error);
    must(ripplemark_evaluation_new(program, &evaluation, &error), &error);

    /* The columns that the program reads, in its order: stage, amount, list. */
    ripplemark_column columns[3] = {0};
    columns[0].type = RIPPLEMARK_TYPE_DICTIONARY;
    columns[0].values = stage;
    columns[0].offsets = offsets;
    columns[0].text = text;
    columns[0].text_length = strlen((const char *)text);
    columns[0].dictionary_length = 2;
    columns[1].type = columns[2].type = RIPPLEMARK_TYPE_F64;
    columns[1].values = amount;
    columns[2].values = list;
    for (int i = 0; i < 3; i++) {
        columns[i].struct_size = sizeof columns[i];
    }
    must(ripplemark_evaluation_feed(evaluation, 0, columns, 3, 7, &error), &error);
    must(ripplemark_evaluation_finish(evaluation, &result, &error), &error);

    ripplemark_cell cell;
    char owner[64];
    cell.struct_size = sizeof cell;
    must(ripplemark_result_cell(result, 2, &cell), &error);
    must(ripplemark_program_text(program, RIPPLEMARK_TEXT_METRIC_OWNER, 2, 0, owner, sizeof owner, &length), &error);
    printf("discount %.17g %a owner %s\n", cell.value, cell.value, owner);

    ripplemark_result_free(result);
    ripplemark_evaluation_free(evaluation);
    ripplemark_program_free(program);
    return 0;
}
