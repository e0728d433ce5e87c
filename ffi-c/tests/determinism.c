/*
 * The committed hash of tests/determinism.yaml, out of a C host: all columns as text through the Arrow C data
 * interface. Built once more with -ffast-math (which makes the processor take subnormal numbers for zero) and run
 * once more after fesetround(FE_UPWARD), it must print the same.
 *
 * Usage: determinism BOOK CSV HASH [upward]
 */

#include "check.h"
#include "ripplemark.h"

#include <fenv.h>
#include <stdlib.h>
#include <string.h>

struct ArrowSchema {
    const char *format, *name, *metadata;
    int64_t flags, n_children;
    struct ArrowSchema **children, *dictionary;
    void (*release)(struct ArrowSchema *);
    void *private_data;
};

struct ArrowArray {
    int64_t length, null_count, offset, n_buffers, n_children;
    const void **buffers;
    struct ArrowArray **children, *dictionary;
    void (*release)(struct ArrowArray *);
    void *private_data;
};

enum { COLUMNS = 14, MOST_ROWS = 20000 };

static int released;

/* The buffers belong to main, so that releasing has nothing to free. */
static void release_array(struct ArrowArray *array)
{
    released++;
    array->release = NULL;
}

static void release_schema(struct ArrowSchema *schema)
{
    schema->release = NULL;
}

static char *contents(const char *path, size_t *length)
{
    FILE *file = fopen(path, "rb");
    char *bytes = malloc(1 << 22);
    if (file == NULL || bytes == NULL) {
        fprintf(stderr, "%s cannot be read\n", path);
        exit(1);
    }
    *length = fread(bytes, 1, (1 << 22) - 1, file);
    bytes[*length] = 0;
    fclose(file);
    return bytes;
}

struct column {
    char *name;
    int32_t offsets[MOST_ROWS + 1];
    char *text;
    uint8_t valid[MOST_ROWS / 8 + 1];
};

static struct column table[COLUMNS];

/* Reads one field; returns what follows it. Quotes are undone in place. */
static char *field(char *at, char **begin, size_t *length)
{
    if (*at != '"') {
        *begin = at;
        *length = strcspn(at, ",\r\n");
        return at + *length;
    }
    char *to = *begin = ++at;
    for (; *at; at++) {
        if (*at == '"' && *++at != '"') {
            break;
        }
        *to++ = *at;
    }
    *length = (size_t)(to - *begin);
    return at;
}

static int read_csv(char *at)
{
    int rows = -1;
    while (*at) {
        for (int c = 0; c < COLUMNS; c++) {
            char *begin;
            size_t length;
            at = field(at, &begin, &length);
            char end = *at;
            if (rows < 0) {
                table[c].name = strndup(begin, length);
                table[c].text = malloc(1 << 21);
            } else {
                memcpy(table[c].text + table[c].offsets[rows], begin, length);
                table[c].offsets[rows + 1] = table[c].offsets[rows] + (int32_t)length;
                if (length > 0) {
                    table[c].valid[rows / 8] |= (uint8_t)(1 << rows % 8);
                }
            }
            if (end == ',') {
                at++;
            }
        }
        at += strspn(at, "\r\n");
        rows++;
    }
    return rows;
}

/* Feeds all rows as one struct array of text columns. */
static void feed(ripplemark_evaluation *evaluation, int rows)
{
    struct ArrowArray columns[COLUMNS], *children[COLUMNS], batch = {0};
    struct ArrowSchema fields[COLUMNS], *field_list[COLUMNS], schema = {0};
    const void *buffers[COLUMNS][3], *none[1] = {NULL};
    ripplemark_error error = RIPPLEMARK_ERROR_INIT;
    for (int c = 0; c < COLUMNS; c++) {
        buffers[c][0] = table[c].valid;
        buffers[c][1] = table[c].offsets;
        buffers[c][2] = table[c].text;
        columns[c] = (struct ArrowArray){.length = rows, .null_count = -1, .n_buffers = 3, .buffers = buffers[c],
                                         .release = release_array};
        fields[c] = (struct ArrowSchema){.format = "u", .name = table[c].name, .flags = 2, .release = release_schema};
        children[c] = &columns[c];
        field_list[c] = &fields[c];
    }
    batch = (struct ArrowArray){.length = rows, .n_buffers = 1, .buffers = none, .n_children = COLUMNS,
                                .children = children, .release = release_array};
    schema = (struct ArrowSchema){.format = "+s", .name = "", .n_children = COLUMNS, .children = field_list,
                                  .release = release_schema};
    ripplemark_code code = ripplemark_evaluation_feed_arrow(evaluation, "facts", &batch, &schema, &error);
    if (code != RIPPLEMARK_OK) {
        fprintf(stderr, "%s\n", error.message);
    }
    CHECK(code == RIPPLEMARK_OK);
    CHECK(batch.release == NULL && released > 0);

    /* Producers that contradict themselves are told so, and their arrays are released all the same. */
    batch.release = release_array;
    batch.n_children = COLUMNS - 1;
    CHECK(ripplemark_evaluation_feed_arrow(evaluation, "facts", &batch, &schema, NULL) == RIPPLEMARK_ARROW);
    CHECK(batch.release == NULL);
    batch.n_children = COLUMNS;
    CHECK(ripplemark_evaluation_feed_arrow(evaluation, "facts", &batch, &schema, NULL) == RIPPLEMARK_ARROW);
    batch.release = release_array;
    for (int c = 0; c < COLUMNS; c++) {
        columns[c].release = release_array;
    }
    columns[3].length = -1;
    CHECK(ripplemark_evaluation_feed_arrow(evaluation, "facts", &batch, &schema, NULL) == RIPPLEMARK_ARROW);
    CHECK(ripplemark_evaluation_feed_arrow(evaluation, "facts", NULL, &schema, NULL) == RIPPLEMARK_NULL_POINTER);
}

int main(int argc, char **argv)
{
    size_t length, book_length;
    ripplemark_program *program = NULL;
    ripplemark_evaluation *evaluation = NULL;
    ripplemark_result *result = NULL;
    ripplemark_query query = {0};
    uint8_t hash[32];
    char hex[65];
    if (argc < 4) {
        return 2;
    }
    int upward = argc > 4 && strcmp(argv[4], "upward") == 0;
    if (upward) {
        fesetround(FE_UPWARD);
    }
    char *book = contents(argv[1], &book_length);
    int rows = read_csv(contents(argv[2], &length));
    char *expected = contents(argv[3], &length);
    CHECK(rows > 1000 && rows < MOST_ROWS);
    query.struct_size = sizeof query;
    query.by = "region";
    query.grain = "month";
    query.totals = 1;
    CHECK(ripplemark_program_compile(book, book_length, &query, &program, NULL) == RIPPLEMARK_OK);
    CHECK(ripplemark_evaluation_new(program, &evaluation, NULL) == RIPPLEMARK_OK);
    feed(evaluation, rows);
    CHECK(ripplemark_evaluation_finish(evaluation, &result, NULL) == RIPPLEMARK_OK);
    CHECK(ripplemark_result_hash(result, hash) == RIPPLEMARK_OK);
    for (int i = 0; i < 32; i++) {
        sprintf(hex + 2 * i, "%02x", hash[i]);
    }
    CHECK(strncmp(hex, expected, 64) == 0);
    if (upward) {
        CHECK(fegetround() == FE_UPWARD);
    }
#ifdef __FAST_MATH__
    CHECK(!ripplemark_float_environment_is_standard());
#else
    CHECK(ripplemark_float_environment_is_standard() == !upward);
#endif
    ripplemark_result_free(result);
    ripplemark_evaluation_free(evaluation);
    ripplemark_program_free(program);
#ifdef __FAST_MATH__
    return checks_done("c-determinism-fast-math");
#else
    return checks_done(upward ? "c-determinism-upward" : "c-determinism");
#endif
}
