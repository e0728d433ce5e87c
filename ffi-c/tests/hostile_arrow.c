/*
 * Arrow structs as a careless or malicious producer may hand them over. Each case takes a batch that is right and
 * breaks one thing of it. It must be told with the right code and words, and released exactly once; under valgrind or
 * AddressSanitizer (mk/c.mk) no byte may be read outside of a buffer or be leaked.
 */

#include "arrow_abi.h"
#include "check.h"
#include "ripplemark.h"

#include <stdlib.h>
#include <string.h>

/* Every column is needed by a metric; `unused` and what a batch brings beyond are not. */
static const char BOOK[] =
    "ripplemark: 1\n"
    "book: {id: h, currency: USD}\n"
    "teams: {t: T}\n"
    "tables:\n"
    "  rows:\n"
    "    columns: {n: int, price: 'decimal(2)', flag: bool, day: date, text: category, large: category,\n"
    "              view: category, stage: category, nothing: int, unused: int}\n"
    "metrics:\n"
    "  - {name: n, owner: t, of: rows, agg: sum, expr: n}\n"
    "  - {name: price, owner: t, of: rows, agg: sum, expr: price}\n"
    "  - {name: flags, owner: t, of: rows, agg: count, filter: flag}\n"
    "  - {name: days, owner: t, of: rows, agg: count, filter: 'day >= \"2017-01-01\"'}\n"
    "  - {name: texts, owner: t, of: rows, agg: count, filter: 'text == \"ab\"'}\n"
    "  - {name: larges, owner: t, of: rows, agg: count, filter: 'large == \"ab\"'}\n"
    "  - {name: views, owner: t, of: rows, agg: count, filter: 'view == \"a text of more than twelve bytes\"'}\n"
    "  - {name: stages, owner: t, of: rows, agg: count, filter: 'stage == \"won\"'}\n"
    "  - {name: nothing, owner: t, of: rows, agg: sum, expr: nothing}\n";

enum { N, PRICE, FLAG, DAY, TEXT, LARGE, VIEW, STAGE, NOTHING, LIST, COLUMNS };
enum { ROWS = 3, BUFFERS = 4 };

static const char *const NAMES[] = {"n", "price", "flag", "day", "text", "large", "view", "stage", "nothing", "list"};
static const char *const FORMATS[] = {"l", "d:10,2", "b", "tdD", "u", "U", "vu", "i", "n", "+l"};
static const int N_BUFFERS[] = {2, 2, 2, 2, 3, 3, 4, 2, 0, 2};
static const char LONG_TEXT[] = "a text of more than twelve bytes";

/* Schema and array, with all they consist of. */
struct batch {
    struct ArrowSchema schema, columns[COLUMNS], values_schema, item_schema;
    struct ArrowSchema *schemas[COLUMNS], *items_schema[1];
    struct ArrowArray array, nodes[COLUMNS], values, items;
    struct ArrowArray *children[COLUMNS], *list_children[1];
    const void *struct_buffers[1], *buffers[COLUMNS][BUFFERS], *value_buffers[3], *item_buffers[2];
    void *blocks[64];
    int block_count;
};

static int arrays_released, schemas_released, streams_released;

static void release_part(struct ArrowArray *array)
{
    array->release = NULL;
}

/* What the array owns goes with it, so that whoever reads it afterwards is found out. */
static void release_array(struct ArrowArray *array)
{
    struct batch *batch = array->private_data;
    for (int i = 0; i < batch->block_count; i++) {
        free(batch->blocks[i]);
    }
    batch->block_count = 0;
    arrays_released++;
    array->release = NULL;
}

static void release_schema(struct ArrowSchema *schema)
{
    schemas_released++;
    schema->release = NULL;
}

static void *copy(struct batch *batch, const void *bytes, size_t length)
{
    void *block = malloc(length);
    if (block == NULL) {
        abort();
    }
    memcpy(block, bytes, length);
    batch->blocks[batch->block_count++] = block;
    return block;
}

#define COPY(batch, ...) copy(batch, __VA_ARGS__, sizeof(__VA_ARGS__))

/* Three rows of everything; the second number is missing. Exactly as many bytes as are needed. */
static void fill(struct batch *batch)
{
    uint8_t views[ROWS][16] = {{0}};
    memset(batch, 0, sizeof *batch);
    for (int i = 0; i < COLUMNS; i++) {
        struct ArrowSchema *schema = batch->schemas[i] = &batch->columns[i];
        struct ArrowArray *node = batch->children[i] = &batch->nodes[i];
        schema->format = FORMATS[i];
        schema->name = NAMES[i];
        schema->flags = 2;
        schema->release = release_schema;
        node->length = ROWS;
        node->n_buffers = N_BUFFERS[i];
        node->buffers = batch->buffers[i];
        node->release = release_part;
    }
    batch->schema.format = "+s";
    batch->schema.name = "";
    batch->schema.n_children = COLUMNS;
    batch->schema.children = batch->schemas;
    batch->schema.release = release_schema;
    batch->array.length = ROWS;
    batch->array.n_buffers = 1;
    batch->array.buffers = batch->struct_buffers;
    batch->array.n_children = COLUMNS;
    batch->array.children = batch->children;
    batch->array.release = release_array;
    batch->array.private_data = batch;

    batch->buffers[N][0] = COPY(batch, (const uint8_t[]){0x05});
    batch->buffers[N][1] = COPY(batch, (const int64_t[]){1, 2, 3});
    batch->nodes[N].null_count = 1;
    batch->buffers[PRICE][1] = COPY(batch, (const int64_t[]){10, 0, 20, 0, -5, -1});
    batch->buffers[FLAG][1] = COPY(batch, (const uint8_t[]){0x03});
    batch->buffers[DAY][1] = COPY(batch, (const int32_t[]){17167, 17168, 0});
    batch->buffers[TEXT][1] = COPY(batch, (const int32_t[]){0, 2, 2, 4});
    batch->buffers[TEXT][2] = copy(batch, "abab", 4);
    batch->buffers[LARGE][1] = COPY(batch, (const int64_t[]){0, 2, 2, 4});
    batch->buffers[LARGE][2] = copy(batch, "abab", 4);
    views[0][0] = (uint8_t)strlen(LONG_TEXT);
    memcpy(views[0] + 4, LONG_TEXT, 4);
    views[1][0] = 2;
    memcpy(views[1] + 4, "ab", 2);
    batch->buffers[VIEW][1] = copy(batch, views, sizeof views);
    batch->buffers[VIEW][2] = copy(batch, LONG_TEXT, strlen(LONG_TEXT));
    batch->buffers[VIEW][3] = COPY(batch, (const int64_t[]){(int64_t)strlen(LONG_TEXT)});
    batch->buffers[STAGE][1] = COPY(batch, (const int32_t[]){0, 1, 0});
    batch->columns[STAGE].dictionary = &batch->values_schema;
    batch->values_schema.format = "u";
    batch->values_schema.release = release_schema;
    batch->nodes[STAGE].dictionary = &batch->values;
    batch->values.length = 2;
    batch->values.n_buffers = 3;
    batch->values.buffers = batch->value_buffers;
    batch->values.release = release_part;
    batch->value_buffers[1] = COPY(batch, (const int32_t[]){0, 3, 7});
    batch->value_buffers[2] = copy(batch, "wonlost", 7);
    batch->nodes[NOTHING].null_count = ROWS;
    /* A column that nobody asked for, of a type that nobody reads. */
    batch->columns[LIST].n_children = 1;
    batch->columns[LIST].children = batch->items_schema;
    batch->items_schema[0] = &batch->item_schema;
    batch->item_schema.format = "l";
    batch->item_schema.release = release_schema;
    batch->nodes[LIST].n_children = 1;
    batch->nodes[LIST].children = batch->list_children;
    batch->list_children[0] = &batch->items;
    batch->items.n_buffers = 2;
    batch->items.buffers = batch->item_buffers;
    batch->items.release = release_part;
    batch->buffers[LIST][1] = COPY(batch, (const int32_t[]){0, 0, 0, 0});
}

/* The cases: what is done to a batch that is right. */

static const int64_t NEGATIVE[] = {-1, INT64_MIN};
static int which; /* Some cases run for more than one value. */

static void schema_released(struct batch *b) { b->schema.release = NULL; }
static void schema_format_null(struct batch *b) { b->schema.format = NULL; }
static void schema_format_leaf(struct batch *b) { b->schema.format = "l"; }
static void schema_format_list(struct batch *b) { b->schema.format = "+l"; }
static void schema_format_bytes(struct batch *b) { b->schema.format = "\xff"; }
static void schema_children_negative(struct batch *b) { b->schema.n_children = NEGATIVE[which]; }
static void schema_children_many(struct batch *b) { b->schema.n_children = INT64_MAX; }
static void schema_children_null(struct batch *b) { b->schema.children = NULL; }
static void schema_child_null(struct batch *b) { b->schemas[TEXT] = NULL; }
static void schema_child_released(struct batch *b) { b->columns[TEXT].release = NULL; }
static void schema_child_odd(struct batch *b) { b->schemas[TEXT] = (void *)((char *)&b->columns[TEXT] + 1); }
static void schema_fewer(struct batch *b) { b->schema.n_children = COLUMNS - 1; }
static void schema_itself(struct batch *b) { b->schemas[TEXT] = &b->schema; b->schema.name = "text"; }
static void column_format_null(struct batch *b) { b->columns[TEXT].format = NULL; }
static void column_format_empty(struct batch *b) { b->columns[TEXT].format = ""; }
static void column_format_bytes(struct batch *b) { b->columns[TEXT].format = "\xc3\x28"; }
static const char *const NO_FORMATS[] = {
    "?", "uu", "d:", "d:1", "d:a,b", "d:10,2,7", "d:10,2,128,9", "d:0,0", "d:39,2", "d:300,2", "d:5,6", "d:10,300",
    "w:", "w:x", "tsx:", "ts", "td", "tdQ", "t", "d:99,99,256", "dddddddddddddddddddddddddddddddddddddddddddddddd"
};
enum { NO_FORMAT_COUNT = sizeof NO_FORMATS / sizeof *NO_FORMATS };
static void column_format_unknown(struct batch *b) { b->columns[PRICE].format = NO_FORMATS[which]; }
static const char *const NOT_READ[] = {
    "+l", "+L", "+vl", "+s", "+m", "+r", "+w:3", "+w:-1", "+w:", "+ud:1,2", "+us:", "+", "w:16", "w:-1"
};
enum { NOT_READ_COUNT = sizeof NOT_READ / sizeof *NOT_READ };
static void column_format_not_read(struct batch *b) { b->columns[PRICE].format = NOT_READ[which]; }
static void column_has_child(struct batch *b) { b->columns[TEXT].n_children = 1; }
static void column_children_negative(struct batch *b) { b->columns[TEXT].n_children = NEGATIVE[which]; }
static void column_name_bytes(struct batch *b) { b->columns[TEXT].name = "te\xffxt"; }
static void column_name_null(struct batch *b) { b->columns[TEXT].name = NULL; }
static void column_twice(struct batch *b) { b->columns[LARGE].name = "text"; }
static void column_codes_are_floats(struct batch *b) { b->columns[STAGE].format = "g"; }
static void values_schema_released(struct batch *b) { b->values_schema.release = NULL; }
static void values_schema_format_null(struct batch *b) { b->values_schema.format = NULL; }
static void values_schema_nested(struct batch *b) { b->values_schema.format = "+s"; }
static void values_schema_odd(struct batch *b) { b->columns[STAGE].dictionary = (void *)((char *)&b->values_schema + 2); }
static void values_schema_gone(struct batch *b) { b->columns[STAGE].dictionary = NULL; }

static void array_children_negative(struct batch *b) { b->array.n_children = NEGATIVE[which]; }
static void array_children_null(struct batch *b) { b->array.children = NULL; }
static void array_child_null(struct batch *b) { b->children[TEXT] = NULL; }
static void array_child_released(struct batch *b) { b->nodes[TEXT].release = NULL; }
static void array_child_odd(struct batch *b) { b->children[TEXT] = (void *)((char *)&b->nodes[TEXT] + 4); }
static void array_child_itself(struct batch *b) { b->children[TEXT] = &b->array; }
static void array_buffers_null(struct batch *b) { b->array.buffers = NULL; }
static void array_buffers_none(struct batch *b) { b->array.n_buffers = 0; }
static void array_length_negative(struct batch *b) { b->array.length = NEGATIVE[which]; }
static void array_offset_negative(struct batch *b) { b->array.offset = NEGATIVE[which]; }
static void array_offset_overflows(struct batch *b) { b->array.offset = INT64_MAX; }
static void array_longer(struct batch *b) { b->array.length = ROWS + 1; }
static void array_further(struct batch *b) { b->array.offset = 1; }
static void array_nulls_unsaid(struct batch *b)
{
    b->struct_buffers[0] = COPY(b, (const uint8_t[]){0x05});
    b->array.null_count = -1;
}
static void array_nulls(struct batch *b)
{
    b->struct_buffers[0] = COPY(b, (const uint8_t[]){0x05});
    b->array.null_count = 1;
}
static void array_nulls_without_validity(struct batch *b) { b->array.null_count = 2; }

static void length_negative(struct batch *b) { b->nodes[N].length = NEGATIVE[which]; }
static void length_huge(struct batch *b) { b->nodes[N].length = INT64_MAX / 8; }
static void offset_negative(struct batch *b) { b->nodes[N].offset = NEGATIVE[which]; }
static void offset_huge(struct batch *b) { b->nodes[N].offset = (int64_t)1 << 61; }
static void offset_and_length_overflow(struct batch *b) { b->nodes[N].offset = INT64_MAX; }
static void shorter(struct batch *b) { b->nodes[N].length = ROWS - 1; }
static void nulls_below_unknown(struct batch *b) { b->nodes[N].null_count = -2; }
static void nulls_beyond_length(struct batch *b) { b->nodes[N].null_count = ROWS + 1; }
static void nulls_miscounted(struct batch *b) { b->nodes[N].null_count = which; }
static void nulls_without_validity(struct batch *b) { b->buffers[N][0] = NULL; }
static void buffers_null(struct batch *b) { b->nodes[which].buffers = NULL; }
static void buffers_one_more(struct batch *b) { b->nodes[which].n_buffers++; }
static void buffers_one_less(struct batch *b) { b->nodes[which].n_buffers--; }
static void buffers_negative(struct batch *b) { b->nodes[which].n_buffers = -1; }
static void buffers_many(struct batch *b) { b->nodes[which].n_buffers = INT64_MAX; }
static void buffer_one_null(struct batch *b) { b->buffers[which][1] = NULL; }
static void buffer_two_null(struct batch *b) { b->buffers[which][2] = NULL; }
static void children_unexpected(struct batch *b) { b->nodes[which].n_children = 1; }
static void dictionary_unexpected(struct batch *b) { b->nodes[which].dictionary = &b->values; }
static void dictionary_null(struct batch *b) { b->nodes[STAGE].dictionary = NULL; }
static void dictionary_released(struct batch *b) { b->values.release = NULL; }
static void dictionary_odd(struct batch *b) { b->nodes[STAGE].dictionary = (void *)((char *)&b->values + 1); }
static void dictionary_of_dictionary(struct batch *b) { b->values.dictionary = &b->values; }
static void dictionary_itself(struct batch *b) { b->nodes[STAGE].dictionary = &b->nodes[STAGE]; }
static void dictionary_shorter(struct batch *b) { b->values.length = 1; }
static void dictionary_none(struct batch *b) { b->values.length = 0; }
static void dictionary_offsets_null(struct batch *b) { b->value_buffers[1] = NULL; }
static void dictionary_length_huge(struct batch *b) { b->values.length = INT64_MAX; }
static void code_negative(struct batch *b) { b->buffers[STAGE][1] = COPY(b, (const int32_t[]){0, -1, 0}); }
static void text_offset_negative(struct batch *b) { b->buffers[TEXT][1] = COPY(b, (const int32_t[]){0, 2, 2, -4}); }
static void text_offset_first_negative(struct batch *b) { b->buffers[TEXT][1] = COPY(b, (const int32_t[]){-8, 2, 2, 4}); }
static void text_offset_backwards(struct batch *b) { b->buffers[TEXT][1] = COPY(b, (const int32_t[]){0, 9, 2, 4}); }
static void text_not_utf8(struct batch *b) { b->buffers[TEXT][2] = copy(b, "a\xff" "ab", 4); }
static void text_cut_inside(struct batch *b)
{
    b->buffers[TEXT][1] = COPY(b, (const int32_t[]){0, 1, 2, 4});
    b->buffers[TEXT][2] = copy(b, "\xc3\xa4" "ab", 4);
}
static void large_offset_negative(struct batch *b) { b->buffers[LARGE][1] = COPY(b, (const int64_t[]){0, 2, 2, INT64_MIN}); }
static void large_offset_huge(struct batch *b) { b->buffers[LARGE][1] = COPY(b, (const int64_t[]){0, 2, 2, INT64_MAX}); }
static void view_lengths_null(struct batch *b) { b->buffers[VIEW][3] = NULL; }
static void view_length_negative(struct batch *b) { b->buffers[VIEW][3] = COPY(b, (const int64_t[]){-1}); }
static void view_length_huge(struct batch *b) { b->buffers[VIEW][3] = COPY(b, (const int64_t[]){INT64_MAX}); }
static void view_length_short(struct batch *b) { b->buffers[VIEW][3] = COPY(b, (const int64_t[]){5}); }
static void view_two_buffers(struct batch *b) { b->nodes[VIEW].n_buffers = 2; }
static void view_change(struct batch *b, int at, int value)
{
    uint8_t views[ROWS * 16];
    memcpy(views, b->buffers[VIEW][1], sizeof views);
    views[at] = (uint8_t)value;
    b->buffers[VIEW][1] = copy(b, views, sizeof views);
}
static void view_of_no_buffer(struct batch *b) { view_change(b, 8, 7); }
static void view_of_negative_buffer(struct batch *b) { view_change(b, 11, 0xff); }
static void view_beyond_buffer(struct batch *b) { view_change(b, 12, 1); }
static void view_length_negative_inside(struct batch *b) { view_change(b, 3, 0x80); }
static void view_other_beginning(struct batch *b) { view_change(b, 4, 'x'); }
static void view_not_utf8(struct batch *b) { view_change(b, 20, 0xff); }

struct trial {
    void (*spoil)(struct batch *);
    const char *words; /* of the message; NULL: the batch must be fed. */
    int from, to;      /* values of `which`, both inclusive */
    ripplemark_code code;
};

#define ARROW RIPPLEMARK_ARROW
static const struct trial TRIALS[] = {
    {schema_released, "the schema has been released", 0, 0, ARROW},
    {schema_format_null, "the schema: its format is NULL", 0, 0, ARROW},
    {schema_format_leaf, "the schema has the format `l`", 0, 0, ARROW},
    {schema_format_list, "the schema has the format `+l`", 0, 0, ARROW},
    {schema_format_bytes, "the schema: its format is not UTF-8", 0, 0, ARROW},
    {schema_children_negative, "the schema says that it has -", 0, 1, ARROW},
    {schema_children_many, "the schema says that it has 9223372036854775807 children", 0, 0, ARROW},
    {schema_children_null, "the list of the schema's children is NULL", 0, 0, ARROW},
    {schema_child_null, "child 4 of the schema is NULL or has been released", 0, 0, ARROW},
    {schema_child_released, "child 4 of the schema is NULL or has been released", 0, 0, ARROW},
    {schema_child_odd, "child 4 of the schema is NULL or has been released", 0, 0, ARROW},
    {schema_fewer, "it has 10 children, its schema 9", 0, 0, ARROW},
    {schema_itself, "column `text`: columns of the format `+s` are not read", 0, 0, ARROW},
    {column_format_null, "child 4 of the schema (`text`): its format is NULL", 0, 0, ARROW},
    {column_format_empty, "`` is no format of a type", 0, 0, ARROW},
    {column_format_bytes, "its format is not UTF-8", 0, 0, ARROW},
    {column_format_unknown, "child 1 of the schema (`price`)", 0, NO_FORMAT_COUNT - 1, ARROW},
    {column_format_not_read, "are not read", 0, NOT_READ_COUNT - 1, ARROW},
    {column_has_child, "the format `u` has no children, not 1", 0, 0, ARROW},
    {column_children_negative, "the format `u` has no children, not -", 0, 1, ARROW},
    {column_name_bytes, "child 4 of the schema has a name that is not UTF-8", 0, 0, ARROW},
    {column_name_null, "text", 0, 0, RIPPLEMARK_DATA},
    {column_twice, "text", 0, 0, RIPPLEMARK_DATA},
    {column_codes_are_floats, "cannot be the codes of a dictionary", 0, 0, ARROW},
    {values_schema_released, "its dictionary has been released", 0, 0, ARROW},
    {values_schema_format_null, "its format is NULL", 0, 0, ARROW},
    {values_schema_nested, "columns of the format `+s` are not read", 0, 0, ARROW},
    {values_schema_odd, "its dictionary has been released", 0, 0, ARROW},
    {values_schema_gone, "it has a dictionary, its type Int32 has none", 0, 0, ARROW},

    {array_children_negative, "children, its schema 10", 0, 1, ARROW},
    {array_children_null, "the list of its children is NULL", 0, 0, ARROW},
    {array_child_null, "column `text` of the array: it is NULL or has been released", 0, 0, ARROW},
    {array_child_released, "column `text` of the array: it is NULL or has been released", 0, 0, ARROW},
    {array_child_odd, "column `text` of the array: it is NULL or has been released", 0, 0, ARROW},
    {array_child_itself, "column `text` of the array: it is NULL or has been released", 0, 0, ARROW},
    {array_buffers_null, "the list of its buffers is NULL", 0, 0, ARROW},
    {array_buffers_none, "it has 0 buffers, a struct has 1", 0, 0, ARROW},
    {array_length_negative, "the array: an offset of 0 and a length of -", 0, 1, ARROW},
    {array_offset_negative, "the array: an offset of -", 0, 1, ARROW},
    {array_offset_overflows, "the array: an offset of 9223372036854775807", 0, 0, ARROW},
    {array_longer, "it has 3 rows, fewer than the array asks for", 0, 0, ARROW},
    {array_further, "it has 3 rows, fewer than the array asks for", 0, 0, ARROW},
    {array_nulls_unsaid, "rows are missing as a whole", 0, 0, ARROW},
    {array_nulls, "rows are missing as a whole", 0, 0, ARROW},
    {array_nulls_without_validity, "it says that it has 2 nulls, and its validity is NULL", 0, 0, ARROW},

    {length_negative, "column `n` of the array: an offset of 0 and a length of -", 0, 1, ARROW},
    {length_huge, "column `n` of the array: an offset of 0 and a length of", 0, 0, ARROW},
    {offset_negative, "column `n` of the array: an offset of -", 0, 1, ARROW},
    {offset_huge, "column `n` of the array: an offset of 2305843009213693952", 0, 0, ARROW},
    {offset_and_length_overflow, "column `n` of the array: an offset of 9223372036854775807", 0, 0, ARROW},
    {shorter, "it has 2 rows, fewer than the array asks for", 0, 0, ARROW},
    {nulls_below_unknown, "it says that it has -2 nulls", 0, 0, ARROW},
    {nulls_beyond_length, "it says that it has 4 nulls, and its validity that it has 1", 0, 0, ARROW},
    {nulls_miscounted, "and its validity that it has 1", 2, 3, ARROW},
    {nulls_without_validity, "it says that it has 1 nulls, and its validity is NULL", 0, 0, ARROW},
    {buffers_null, "the list of its buffers is NULL", N, STAGE, ARROW},
    {buffers_one_more, "buffers", N, LARGE, ARROW},
    {buffers_one_more, "it has 3 buffers", STAGE, STAGE, ARROW},
    {buffers_one_more, "it has 1 buffers", NOTHING, NOTHING, ARROW},
    {buffers_one_less, "buffers", N, LARGE, ARROW},
    {buffers_negative, "it has -1 buffers", N, NOTHING, ARROW},
    {buffers_many, "it has 9223372036854775807 buffers", N, NOTHING, ARROW},
    {buffer_one_null, "is NULL", N, STAGE, ARROW},
    {buffer_two_null, "buffer 2, of text, is NULL", TEXT, VIEW, ARROW},
    {children_unexpected, "it has 1 children", N, NOTHING, ARROW},
    {dictionary_unexpected, "it has a dictionary", N, VIEW, ARROW},
    {dictionary_null, "its dictionary is NULL or has been released", 0, 0, ARROW},
    {dictionary_released, "its dictionary is NULL or has been released", 0, 0, ARROW},
    {dictionary_odd, "its dictionary is NULL or has been released", 0, 0, ARROW},
    {dictionary_of_dictionary, "its dictionary: it has a dictionary", 0, 0, ARROW},
    {dictionary_itself, "its dictionary: it has a dictionary", 0, 0, ARROW},
    {dictionary_shorter, "column `stage` of the array", 0, 0, ARROW},
    {dictionary_none, "column `stage` of the array", 0, 0, ARROW},
    {dictionary_offsets_null, "its dictionary: buffer 1, of offsets, is NULL", 0, 0, ARROW},
    {dictionary_length_huge, "its dictionary: an offset of 0 and a length of", 0, 0, ARROW},
    {code_negative, "column `stage` of the array", 0, 0, ARROW},
    {text_offset_negative, "its last offset is -4", 0, 0, ARROW},
    {text_offset_first_negative, "column `text` of the array", 0, 0, ARROW},
    {text_offset_backwards, "column `text` of the array", 0, 0, ARROW},
    {text_not_utf8, "column `text` of the array", 0, 0, ARROW},
    {text_cut_inside, "column `text` of the array", 0, 0, ARROW},
    {large_offset_negative, "its last offset is -9223372036854775808", 0, 0, ARROW},
    {large_offset_huge, "cannot have 9223372036854775807 bytes", 0, 0, ARROW},
    {view_lengths_null, "the lengths of its texts are NULL", 0, 0, ARROW},
    {view_length_negative, "buffer 2 has a length of -1", 0, 0, ARROW},
    {view_length_huge, "cannot have 9223372036854775807 bytes", 0, 0, ARROW},
    {view_length_short, "column `view` of the array", 0, 0, ARROW},
    {view_two_buffers, "it has 2 buffers, an array of views has 3 or more", 0, 0, ARROW},
    {view_of_no_buffer, "column `view` of the array", 0, 0, ARROW},
    {view_of_negative_buffer, "column `view` of the array", 0, 0, ARROW},
    {view_beyond_buffer, "column `view` of the array", 0, 0, ARROW},
    {view_length_negative_inside, "column `view` of the array", 0, 0, ARROW},
    {view_other_beginning, "column `view` of the array", 0, 0, ARROW},
    {view_not_utf8, "column `view` of the array", 0, 0, ARROW},
};

/* What is unusual and still right: it must be fed, and give the same result. */

static const char BAD_METADATA[] = "\xff\xff\xff\x7f\x80\x80\x80\x80";
static const char NEGATIVE_METADATA[] = "\x01\x00\x00\x00\xff\xff\xff\xff";

static void fine_as_it_is(struct batch *b) { (void)b; }
static void fine_metadata(struct batch *b) { b->schema.metadata = b->columns[N].metadata = BAD_METADATA; }
static void fine_negative_metadata(struct batch *b) { b->columns[TEXT].metadata = NEGATIVE_METADATA; }
static void fine_flags(struct batch *b) { b->schema.flags = b->columns[N].flags = -1; }
static void fine_unsaid_nulls(struct batch *b)
{
    b->array.null_count = -1;
    for (int i = 0; i < COLUMNS; i++) {
        b->nodes[i].null_count = -1;
    }
}
static void fine_whole_validity(struct batch *b) { b->struct_buffers[0] = COPY(b, (const uint8_t[]){0x07}); }
static void fine_list_is_broken(struct batch *b) { b->children[LIST] = NULL; b->columns[LIST].n_children = -5; }
static void fine_alignment(struct batch *b)
{
    const size_t bytes[] = {24, 48, 1, 12, 16, 32, 48, 12};
    for (int i = N; i <= STAGE; i++) {
        char *room = copy(b, (const char[64]){0}, bytes[i] + 1);
        memcpy(room + 1, b->buffers[i][1], bytes[i]);
        b->buffers[i][1] = room + 1;
    }
    char *room = copy(b, (const char[64]){0}, 9);
    memcpy(room + 1, b->buffers[VIEW][3], 8);
    b->buffers[VIEW][3] = room + 1;
}
/* The same rows behind offsets of columns. */
static void fine_offset(struct batch *b)
{
    b->buffers[N][0] = COPY(b, (const uint8_t[]){0x15});
    b->buffers[N][1] = COPY(b, (const int64_t[]){7, 7, 1, 2, 3});
    b->nodes[N].offset = 2;
    b->buffers[DAY][1] = COPY(b, (const int32_t[]){-1, 17167, 17168, 0});
    b->nodes[DAY].offset = 1;
    b->buffers[TEXT][1] = COPY(b, (const int32_t[]){0, 1, 3, 3, 5});
    b->buffers[TEXT][2] = copy(b, "xabab", 5);
    b->nodes[TEXT].offset = 1;
}

static const struct trial FINE[] = {
    {fine_as_it_is, NULL, 0, 0, RIPPLEMARK_OK},       {fine_metadata, NULL, 0, 0, RIPPLEMARK_OK},
    {fine_negative_metadata, NULL, 0, 0, RIPPLEMARK_OK}, {fine_flags, NULL, 0, 0, RIPPLEMARK_OK},
    {fine_unsaid_nulls, NULL, 0, 0, RIPPLEMARK_OK},   {fine_whole_validity, NULL, 0, 0, RIPPLEMARK_OK},
    {fine_list_is_broken, NULL, 0, 0, RIPPLEMARK_OK}, {fine_alignment, NULL, 0, 0, RIPPLEMARK_OK},
    {fine_offset, NULL, 0, 0, RIPPLEMARK_OK},
};

static ripplemark_program *program;

/* The exact values of a batch that is right, in the order of the metrics. */
static const char *const EXACT[] = {"4", "0.25", "2", "2", "2", "2", "1", "2", NULL};

static void values_are_right(ripplemark_evaluation *evaluation, const char *const *expected)
{
    ripplemark_result *result = NULL;
    ripplemark_cell cell;
    size_t count = 0;
    CHECK(ripplemark_evaluation_finish(evaluation, &result, NULL) == RIPPLEMARK_OK);
    CHECK(ripplemark_result_count(result, &count) == RIPPLEMARK_OK && count == sizeof EXACT / sizeof *EXACT);
    cell.struct_size = sizeof cell;
    for (size_t i = 0; i < count; i++) {
        CHECK(ripplemark_result_cell(result, i, &cell) == RIPPLEMARK_OK);
        if (expected[i] == NULL) {
            CHECK(!cell.has_value && cell.reasons == RIPPLEMARK_REASON_EMPTY);
        } else {
            CHECK(cell.exact != NULL && strcmp(cell.exact, expected[i]) == 0);
        }
    }
    ripplemark_result_free(result);
}

static void try_batch(const struct trial *trial, int number)
{
    struct batch batch;
    ripplemark_evaluation *evaluation = NULL;
    ripplemark_error error = RIPPLEMARK_ERROR_INIT;
    ripplemark_code code;
    int before_arrays = arrays_released, before_schemas = schemas_released;
    fill(&batch);
    trial->spoil(&batch);
    CHECK(ripplemark_evaluation_new(program, &evaluation, NULL) == RIPPLEMARK_OK);
    code = ripplemark_evaluation_feed_arrow(evaluation, "rows", &batch.array, &batch.schema, &error);
    if (code != trial->code || (trial->words != NULL && strstr(error.message, trial->words) == NULL)) {
        fprintf(stderr, "trial %d, %d: code %u, wanted %u with `%s`: %s\n", number, which, code, trial->code,
                trial->words ? trial->words : "", error.message);
        CHECK(!"the right code and words");
    } else {
        checks_passed++;
    }
    CHECK(batch.array.release == NULL && arrays_released == before_arrays + 1 && batch.block_count == 0);
    CHECK(schemas_released == before_schemas);
    if (code == RIPPLEMARK_OK) {
        values_are_right(evaluation, EXACT);
    }
    ripplemark_evaluation_free(evaluation);
}

static void try_all(const struct trial *trials, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        for (which = trials[i].from; which <= trials[i].to; which++) {
            try_batch(&trials[i], (int)i);
        }
    }
}

/* Two things at once may be told in any words, or undo each other; what must not happen is anything else. */
static void try_pairs(void)
{
    const size_t count = sizeof TRIALS / sizeof *TRIALS;
    for (size_t pair = 0; pair < count * count; pair++) {
        struct batch batch;
        ripplemark_evaluation *evaluation = NULL;
        ripplemark_code code;
        int before = arrays_released;
        const struct trial *first = &TRIALS[pair / count], *second = &TRIALS[pair % count];
        fill(&batch);
        which = first->from;
        first->spoil(&batch);
        which = second->to;
        second->spoil(&batch);
        ripplemark_evaluation_new(program, &evaluation, NULL);
        code = ripplemark_evaluation_feed_arrow(evaluation, "rows", &batch.array, &batch.schema, NULL);
        if (arrays_released != before + 1 || (code != ARROW && code != RIPPLEMARK_DATA && code != RIPPLEMARK_OK)) {
            fprintf(stderr, "pair %zu: code %u, released %d times\n", pair, code, arrays_released - before);
            CHECK(!"an error of the interface, and one release");
        }
        if (code == RIPPLEMARK_OK) {
            values_are_right(evaluation, EXACT);
        }
        ripplemark_evaluation_free(evaluation);
    }
    checks_passed++;
}

/* Arrays that are passed in the wrong way, and several problems at once. */
static void wrong_calls(void)
{
    struct batch batch;
    ripplemark_evaluation *evaluation = NULL;
    ripplemark_error error = RIPPLEMARK_ERROR_INIT;
    char report[2000];
    int before = arrays_released;
    CHECK(ripplemark_evaluation_new(program, &evaluation, NULL) == RIPPLEMARK_OK);
    fill(&batch);
    CHECK(ripplemark_evaluation_feed_arrow(evaluation, "rows", NULL, &batch.schema, NULL) == RIPPLEMARK_NULL_POINTER);
    CHECK(arrays_released == before);
    CHECK(ripplemark_evaluation_feed_arrow(evaluation, "rows", &batch.array, NULL, NULL) == RIPPLEMARK_NULL_POINTER);
    CHECK(arrays_released == before + 1);
    CHECK(ripplemark_evaluation_feed_arrow(evaluation, "rows", &batch.array, &batch.schema, &error) == RIPPLEMARK_ARROW);
    CHECK(strcmp(error.message, "the array has been released") == 0 && arrays_released == before + 1);
    fill(&batch);
    CHECK(ripplemark_evaluation_feed_arrow(NULL, "rows", &batch.array, &batch.schema, NULL) == RIPPLEMARK_NULL_POINTER);
    CHECK(arrays_released == before + 2);
    fill(&batch);
    CHECK(ripplemark_evaluation_feed_arrow(evaluation, NULL, &batch.array, &batch.schema, NULL) == RIPPLEMARK_NULL_POINTER);
    CHECK(arrays_released == before + 3);
    fill(&batch);
    CHECK(ripplemark_evaluation_feed_arrow(evaluation, "row", &batch.array, &batch.schema, &error) == RIPPLEMARK_DATA);
    CHECK(strstr(error.message, "no table `row`") != NULL && arrays_released == before + 4);
    fill(&batch);
    error.report = report;
    error.report_capacity = sizeof report;
    batch.buffers[PRICE][1] = NULL;
    batch.nodes[TEXT].n_buffers = 1;
    CHECK(ripplemark_evaluation_feed_arrow(evaluation, "rows", &batch.array, &batch.schema, &error) == RIPPLEMARK_ARROW);
    CHECK(strstr(report, "`price`") != NULL && strstr(report, "`text`") != NULL && arrays_released == before + 5);
    fill(&batch);
    batch.array.length = 0;
    batch.buffers[N][1] = batch.buffers[TEXT][1] = NULL;
    CHECK(ripplemark_evaluation_feed_arrow(evaluation, "rows", &batch.array, &batch.schema, NULL) == RIPPLEMARK_OK);
    CHECK(arrays_released == before + 6);
    ripplemark_evaluation_free(evaluation);
}

/* The last two rows of three, by an offset of the struct and its length. */
static void part_of_a_batch(void)
{
    static const char *const last_two[] = {"3", "0.15", "1", "1", "1", "1", "0", "1", NULL};
    struct batch batch;
    ripplemark_evaluation *evaluation = NULL;
    CHECK(ripplemark_evaluation_new(program, &evaluation, NULL) == RIPPLEMARK_OK);
    fill(&batch);
    batch.array.offset = 1;
    batch.array.length = 2;
    CHECK(ripplemark_evaluation_feed_arrow(evaluation, "rows", &batch.array, &batch.schema, NULL) == RIPPLEMARK_OK);
    values_are_right(evaluation, last_two);
    ripplemark_evaluation_free(evaluation);
}

/* Streams. */

struct source {
    struct batch batch;
    int left;        /* batches still to come */
    int fail_schema; /* the number that `get_schema` fails with */
    int fail_next;   /* the number that `get_next` fails with after the last batch */
    int spoil_last;  /* the last batch is broken */
    const char *words;
};

static int source_schema(struct ArrowArrayStream *stream, struct ArrowSchema *out)
{
    struct source *source = stream->private_data;
    if (source->fail_schema != 0) {
        memset(out, 0xff, sizeof *out); /* Must not be released. */
        return source->fail_schema;
    }
    fill(&source->batch);
    *out = source->batch.schema;
    source->batch.array.release(&source->batch.array);
    arrays_released--;
    return 0;
}

static int source_next(struct ArrowArrayStream *stream, struct ArrowArray *out)
{
    struct source *source = stream->private_data;
    if (source->left == 0) {
        memset(out, source->fail_next != 0 ? 0xff : 0, sizeof *out);
        return source->fail_next;
    }
    source->left--;
    fill(&source->batch);
    if (source->left == 0 && source->spoil_last) {
        source->batch.buffers[TEXT][1] = NULL;
    }
    *out = source->batch.array;
    return 0;
}

static const char *source_error(struct ArrowArrayStream *stream)
{
    return ((struct source *)stream->private_data)->words;
}

static void release_stream(struct ArrowArrayStream *stream)
{
    streams_released++;
    stream->release = NULL;
}

static struct ArrowArrayStream stream_of(struct source *source)
{
    struct ArrowArrayStream stream = {source_schema, source_next, source_error, release_stream, NULL};
    stream.private_data = source;
    return stream;
}

static void streams(void)
{
    static const char *const twice[] = {"8", "0.50", "4", "4", "4", "4", "2", "4", NULL};
    struct source source;
    struct ArrowArrayStream stream;
    ripplemark_evaluation *evaluation = NULL;
    ripplemark_error error = RIPPLEMARK_ERROR_INIT;
    CHECK(ripplemark_evaluation_new(program, &evaluation, NULL) == RIPPLEMARK_OK);
    arrays_released = schemas_released = streams_released = 0;

    memset(&source, 0, sizeof source);
    source.left = 2;
    stream = stream_of(&source);
    CHECK(ripplemark_evaluation_feed_arrow_stream(evaluation, "rows", &stream, &error) == RIPPLEMARK_OK);
    CHECK(arrays_released == 2 && schemas_released == 1 && streams_released == 1 && stream.release == NULL);
    values_are_right(evaluation, twice);

    /* Released already. */
    CHECK(ripplemark_evaluation_feed_arrow_stream(evaluation, "rows", &stream, &error) == RIPPLEMARK_ARROW);
    CHECK(strcmp(error.message, "the stream has been released") == 0 && streams_released == 1);
    CHECK(ripplemark_evaluation_feed_arrow_stream(evaluation, "rows", NULL, NULL) == RIPPLEMARK_NULL_POINTER);

    /* No batch at all, and a table that is not there. */
    stream = stream_of(&source);
    CHECK(ripplemark_evaluation_feed_arrow_stream(evaluation, "rows", &stream, &error) == RIPPLEMARK_OK);
    stream = stream_of(&source);
    CHECK(ripplemark_evaluation_feed_arrow_stream(evaluation, "row", &stream, &error) == RIPPLEMARK_DATA);
    CHECK(streams_released == 3 && schemas_released == 3);

    /* What the stream says about its own failures is passed on. */
    source.fail_schema = 5;
    source.words = "the database has gone away";
    stream = stream_of(&source);
    CHECK(ripplemark_evaluation_feed_arrow_stream(evaluation, "rows", &stream, &error) == RIPPLEMARK_STREAM);
    CHECK(strcmp(error.message, "the stream failed giving its schema with error 5: the database has gone away") == 0);
    source.fail_schema = 0;
    source.fail_next = 12;
    source.left = 1;
    stream = stream_of(&source);
    CHECK(ripplemark_evaluation_feed_arrow_stream(evaluation, "rows", &stream, &error) == RIPPLEMARK_STREAM);
    CHECK(strcmp(error.message, "the stream failed after 1 batches with error 12: the database has gone away") == 0);
    source.words = NULL;
    stream = stream_of(&source);
    CHECK(ripplemark_evaluation_feed_arrow_stream(evaluation, "rows", &stream, &error) == RIPPLEMARK_STREAM);
    CHECK(strstr(error.message, "with error 12: it does not say why") != NULL);
    stream = stream_of(&source);
    stream.get_last_error = NULL;
    CHECK(ripplemark_evaluation_feed_arrow_stream(evaluation, "rows", &stream, &error) == RIPPLEMARK_STREAM);
    CHECK(strstr(error.message, "with error 12: it does not say why") != NULL);
    CHECK(streams_released == 7 && arrays_released == 3 && schemas_released == 6);

    /* Functions that are not there, and a batch that is broken. */
    source.fail_next = 0;
    stream = stream_of(&source);
    stream.get_schema = NULL;
    CHECK(ripplemark_evaluation_feed_arrow_stream(evaluation, "rows", &stream, &error) == RIPPLEMARK_ARROW);
    stream = stream_of(&source);
    stream.get_next = NULL;
    CHECK(ripplemark_evaluation_feed_arrow_stream(evaluation, "rows", &stream, &error) == RIPPLEMARK_ARROW);
    source.left = 2;
    source.spoil_last = 1;
    stream = stream_of(&source);
    CHECK(ripplemark_evaluation_feed_arrow_stream(evaluation, "rows", &stream, &error) == RIPPLEMARK_ARROW);
    CHECK(strstr(error.message, "batch 1 of the stream") != NULL && strstr(error.message, "offsets, is NULL") != NULL);
    CHECK(streams_released == 10 && arrays_released == 5 && schemas_released == 8);
    stream = stream_of(&source);
    CHECK(ripplemark_evaluation_feed_arrow_stream(NULL, "rows", &stream, NULL) == RIPPLEMARK_NULL_POINTER);
    CHECK(streams_released == 11);
    ripplemark_evaluation_free(evaluation);
}

int main(void)
{
    ripplemark_error error = RIPPLEMARK_ERROR_INIT;
    if (ripplemark_program_compile(BOOK, strlen(BOOK), NULL, &program, &error) != RIPPLEMARK_OK) {
        fprintf(stderr, "%s\n", error.message);
        return 1;
    }
    try_all(FINE, sizeof FINE / sizeof *FINE);
    try_all(TRIALS, sizeof TRIALS / sizeof *TRIALS);
    try_pairs();
    wrong_calls();
    part_of_a_batch();
    streams();
    ripplemark_program_free(program);
    return checks_done("hostile-arrow");
}
