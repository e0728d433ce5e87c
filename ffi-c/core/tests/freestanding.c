/* A program without libc: what a device would link. It loads a program, feeds two halves of a batch into states that
 * start too small, merges them, and prints every canonical cell; the Rust test beside it compares them with the
 * ripplemark library's. It also misuses every function, and measures the stack by painting it.
 *
 * case.h, written by that test, holds CASE_PROGRAM, CASE_COLUMNS, CASE_COLUMN_COUNT and CASE_ROWS. */
#include "ripplemark_core.h"
#include "case.h"

#if !defined(__x86_64__) || !defined(__linux__)
#error "the system calls below are those of Linux on x86-64"
#endif

/* What the compiler may call; everything else the library brings itself. */
void *memcpy(void *to, const void *from, size_t n) {
  unsigned char *t = to;
  const unsigned char *f = from;
  while (n--) *t++ = *f++;
  return to;
}
void *memmove(void *to, const void *from, size_t n) {
  unsigned char *t = to;
  const unsigned char *f = from;
  if (t < f) return memcpy(to, from, n);
  while (n--) t[n] = f[n];
  return to;
}
void *memset(void *to, int byte, size_t n) {
  unsigned char *t = to;
  while (n--) *t++ = (unsigned char)byte;
  return to;
}
int memcmp(const void *a, const void *b, size_t n) {
  const unsigned char *x = a, *y = b;
  for (; n--; x++, y++)
    if (*x != *y) return *x - *y;
  return 0;
}
int bcmp(const void *a, const void *b, size_t n) { return memcmp(a, b, n); }

static long system_call(long number, long a, long b, long c) {
  long result;
  __asm__ volatile("syscall" : "=a"(result) : "a"(number), "D"(a), "S"(b), "d"(c) : "rcx", "r11", "memory");
  return result;
}
static void finish(int code) {
  for (;;) system_call(60, code, 0, 0);
}

/* Output. */
static char line[1 << 16];
static size_t line_len;
static void flush(void) {
  size_t done = 0;
  while (done < line_len) {
    long n = system_call(1, 1, (long)(line + done), (long)(line_len - done));
    if (n <= 0) finish(3);
    done += (size_t)n;
  }
  line_len = 0;
}
static void put_bytes(const char *bytes, size_t len) {
  for (size_t i = 0; i < len; i++) {
    if (line_len == sizeof line) flush();
    line[line_len++] = bytes[i];
  }
}
static void put(const char *text) {
  size_t len = 0;
  while (text[len]) len++;
  put_bytes(text, len);
}
static void put_number(uint64_t value) {
  char digits[20];
  size_t at = sizeof digits;
  do digits[--at] = (char)('0' + value % 10);
  while (value /= 10);
  put_bytes(digits + at, sizeof digits - at);
}
static void put_hex(const uint8_t *bytes, size_t len) {
  static const char hex[] = "0123456789abcdef";
  for (size_t i = 0; i < len; i++) {
    char pair[2] = {hex[bytes[i] >> 4], hex[bytes[i] & 15]};
    put_bytes(pair, 2);
  }
}
static void figure(const char *name, uint64_t value) {
  put("figure ");
  put(name);
  put(" ");
  put_number(value);
  put("\n");
}

/* Checks. */
static unsigned passed, failed;
static void check(int good, const char *what, uint32_t line_number) {
  if (good) {
    passed++;
    return;
  }
  failed++;
  put("FAILED line ");
  put_number(line_number);
  put(": ");
  put(what);
  put("\n");
}
#define CHECK(condition) check(condition, #condition, __LINE__)
static void must(rmc_status status, uint32_t line_number) {
  if (status.code == RMC_OK) return;
  rmc_text text = rmc_status_message(status.code);
  put("FAILED line ");
  put_number(line_number);
  put(": ");
  put_bytes(text.bytes, text.len);
  put(" (detail ");
  put_number(status.detail);
  put(")\n");
  flush();
  finish(2);
}
#define MUST(call) must(call, __LINE__)

/* Memory: one arena, given out and never taken back. The library knows nothing of it. */
static uint64_t arena[1 << 20];
static size_t arena_used;
static uint64_t *take(size_t words) {
  uint64_t *memory = arena + arena_used;
  if (words > sizeof arena / sizeof arena[0] - arena_used) {
    put("FAILED: arena\n");
    flush();
    finish(2);
  }
  arena_used += words;
  return memory;
}

/* Stack: paint what lies below, call, and look how far down the paint is gone. */
enum { PAINTED = 192 * 1024 };
static const uint64_t PAINT = 0x5a5a5a5a5a5a5a5aU;
static size_t stack_peak;
__attribute__((noinline)) static void paint(uint64_t *top) {
  for (uint64_t *at = top - PAINTED / 8; at < top - 64; at++) *(volatile uint64_t *)at = PAINT;
}
__attribute__((noinline)) static size_t painted_over(uint64_t *top) {
  uint64_t *at = top - PAINTED / 8;
  while (at < top && *(volatile uint64_t *)at == PAINT) at++;
  return (size_t)((char *)top - (char *)at);
}
/* `paint` leaves 512 bytes below the frame alone, where its own frame and the return address lie. */
#define MEASURED(call)                                    \
  do {                                                    \
    uint64_t *top_ = __builtin_frame_address(0);          \
    __asm__ volatile("mov %%rsp, %0" : "=r"(top_));       \
    paint(top_);                                          \
    MUST(call);                                           \
    size_t used_ = painted_over(top_);                    \
    if (used_ > stack_peak) stack_peak = used_;           \
  } while (0)

static rmc_program program;

typedef struct {
  uint64_t *memory;
  size_t words;
  rmc_capacity capacity;
} state;

static state new_state(rmc_capacity capacity) {
  state s = {0, 0, capacity};
  MUST(rmc_state_words(&program, capacity, &s.words));
  s.memory = take(s.words);
  MUST(rmc_state_init(&program, s.memory, s.words, capacity));
  return s;
}
static void grow(state *s, uint32_t need) {
  state larger = new_state(rmc_capacity_grown(s->capacity, need));
  rmc_merged merged;
  MUST(rmc_merge(&program, larger.memory, larger.words, s->memory, s->words, 0, RMC_EVERYTHING, &merged));
  CHECK(merged.need == RMC_NEED_NOTHING);
  *s = larger;
}

static uint64_t *scratch;
static size_t scratch_words;
static unsigned grown;

static void feed(state *s, size_t from, size_t to) {
  while (from < to) {
    rmc_fed fed = {0, 0};
    MEASURED(rmc_feed(&program, s->memory, s->words, 0, CASE_COLUMNS, CASE_COLUMN_COUNT, to, from, scratch,
                      scratch_words, &fed));
    from = fed.rows_done;
    if (fed.need == RMC_NEED_NOTHING) break;
    grow(s, fed.need);
    grown++;
  }
}
static void merge(state *into, const state *other, uint32_t mask) {
  size_t from = 0;
  for (;;) {
    rmc_merged merged = {0, 0};
    MEASURED(rmc_merge(&program, into->memory, into->words, other->memory, other->words, from, mask, &merged));
    from = merged.groups_done;
    if (merged.need == RMC_NEED_NOTHING) return;
    grow(into, merged.need);
    grown++;
  }
}

static void print_cells(const state *s, uint32_t mask, const rmc_program_info *info) {
  size_t needed, groups;
  MUST(rmc_cells_words(&program, s->memory, s->words, &needed));
  uint64_t *working = take(needed);
  rmc_cells cells;
  MEASURED(rmc_cells_begin(&program, s->memory, s->words, mask, working, needed, &cells, &groups));
  uint32_t more = 0;
  rmc_cell cell;
  CHECK(rmc_cells_cell(&cells, 0, &cell).code == RMC_NOTHING);
  size_t seen = 0;
  for (;;) {
    MEASURED(rmc_cells_next(&cells, &more));
    if (!more) break;
    seen++;
    for (size_t i = 0; i < info->metrics; i++) {
      static uint8_t canonical[4096];
      static char text[16384];
      size_t len = 0;
      MEASURED(rmc_cells_cell(&cells, i, &cell));
      MEASURED(rmc_cells_write(&cells, i, canonical, sizeof canonical, &len));
      put("cell ");
      put_hex(canonical, len);
      put(" ");
      rmc_metric_info metric;
      MUST(rmc_metric_describe(&program, i, &metric));
      put_bytes(metric.name.bytes, metric.name.len);
      rmc_status exact = rmc_cells_exact_text(&cells, i, text, sizeof text, &len);
      if (exact.code == RMC_OK) {
        put(" ");
        put_bytes(text, len);
        CHECK(len <= metric.exact_text_capacity);
      } else {
        CHECK(exact.code == RMC_NOTHING);
        CHECK(!metric.exact || !(cell.has & RMC_HAS_VALUE));
        put(" -");
      }
      put("\n");
      CHECK((cell.reasons == 0) == ((cell.has & RMC_HAS_VALUE) != 0));
      rmc_cell *row = (rmc_cell *)(void *)take(info->metrics * ((sizeof(rmc_cell) + 7) / 8));
      MUST(rmc_cells_row(&cells, row, info->metrics));
      CHECK(row[i].n == cell.n && memcmp(&row[i].value, &cell.value, 8) == 0);
      arena_used -= info->metrics * ((sizeof(rmc_cell) + 7) / 8);
    }
    for (size_t d = 0; d < info->dims; d++) {
      rmc_dim dim;
      char name[64];
      size_t len = 99;
      MUST(rmc_cells_dim(&cells, d, &dim));
      rmc_status status = rmc_cells_dim_text(&cells, d, name, sizeof name, &len);
      CHECK(status.code == (dim.kind == RMC_DIM_TEXT ? RMC_OK : RMC_NOTHING));
      if (dim.kind == RMC_DIM_TEXT && dim.value > 0) {
        CHECK(len == (size_t)dim.value);
        len = 99;
        CHECK(rmc_cells_dim_text(&cells, d, name, (size_t)dim.value - 1, &len).code == RMC_OUTPUT_SHORT && len == 99);
      }
    }
  }
  CHECK(seen == groups);
}

/* Every pointer NULL, every size wrong: a code, and nothing written. */
static void misuse(const state *s, const rmc_program_info *info) {
  rmc_program other;
  memset(&other, 0, sizeof other);
  rmc_program before = other;
  size_t size = 77;
  CHECK(rmc_program_load(0, 4, &other).code == RMC_NULL);
  CHECK(rmc_program_load(CASE_PROGRAM, sizeof CASE_PROGRAM, 0).code == RMC_NULL);
  CHECK(rmc_program_load(CASE_PROGRAM, sizeof CASE_PROGRAM, (rmc_program *)((char *)&other + 1)).code == RMC_MISALIGNED);
  CHECK(rmc_program_load(CASE_PROGRAM, SIZE_MAX, &other).code == RMC_SIZE);
  CHECK(rmc_program_load(0, 0, &other).code == RMC_PROGRAM_MAGIC);
  for (size_t len = 0; len < sizeof CASE_PROGRAM; len += 1 + len / 64)
    CHECK(rmc_program_load(CASE_PROGRAM, len, &other).code != RMC_OK);
  CHECK(memcmp(&other, &before, sizeof other) == 0);
  CHECK(rmc_state_words(&other, s->capacity, &size).code == RMC_UNLOADED);
  CHECK(rmc_state_words(0, s->capacity, &size).code == RMC_NULL);
  CHECK(size == 77);
  CHECK(rmc_state_init(&program, s->memory, 3, s->capacity).code == RMC_STATE_MEMORY);
  CHECK(rmc_state_init(&program, (uint64_t *)(void *)((char *)arena + 1), 9999, s->capacity).code == RMC_MISALIGNED);
  CHECK(rmc_state_init(&program, 0, s->words, s->capacity).code == RMC_NULL);

  rmc_fed fed = {7, 7};
  CHECK(rmc_feed(&program, s->memory, s->words, 9, CASE_COLUMNS, CASE_COLUMN_COUNT, CASE_ROWS, 0, scratch, scratch_words,
                 &fed).code == RMC_BATCH_TABLE);
  CHECK(rmc_feed(&program, s->memory, s->words, 0, CASE_COLUMNS, CASE_COLUMN_COUNT - 1, CASE_ROWS, 0, scratch,
                 scratch_words, &fed).code == RMC_BATCH_COLUMNS);
  CHECK(rmc_feed(&program, s->memory, s->words, 0, CASE_COLUMNS, CASE_COLUMN_COUNT, CASE_ROWS + 1, 0, scratch,
                 scratch_words, &fed).code == RMC_BATCH_LENGTH);
  CHECK(rmc_feed(&program, s->memory, s->words, 0, CASE_COLUMNS, CASE_COLUMN_COUNT, CASE_ROWS, 0, scratch,
                 scratch_words - 1, &fed).code == RMC_SCRATCH);
  CHECK(rmc_feed(&program, s->memory, s->words, 0, CASE_COLUMNS, CASE_COLUMN_COUNT, CASE_ROWS, 0, s->memory + 1,
                 scratch_words, &fed).code == RMC_OVERLAP);
  CHECK(rmc_feed(&program, s->memory, s->words, 0, 0, CASE_COLUMN_COUNT, CASE_ROWS, 0, scratch, scratch_words,
                 &fed).code == RMC_NULL);
  CHECK(rmc_feed(&program, s->memory, s->words, 0, CASE_COLUMNS, CASE_COLUMN_COUNT, CASE_ROWS, 0, scratch, scratch_words,
                 0).code == RMC_NULL);
  uint64_t foreign[64] = {0};
  CHECK(rmc_feed(&program, foreign, 64, 0, CASE_COLUMNS, CASE_COLUMN_COUNT, CASE_ROWS, 0, scratch, scratch_words,
                 &fed).code == RMC_STATE_FOREIGN);
  static rmc_column bad[sizeof CASE_COLUMNS / sizeof CASE_COLUMNS[0]];
  for (size_t i = 0; i < CASE_COLUMN_COUNT; i++) bad[i] = CASE_COLUMNS[i];
#define FEED_BAD() \
  rmc_feed(&program, s->memory, s->words, 0, bad, CASE_COLUMN_COUNT, CASE_ROWS, 0, scratch, scratch_words, &fed)
  bad[0].struct_size = 8;
  CHECK(FEED_BAD().code == RMC_STRUCT_SIZE);
  bad[0] = CASE_COLUMNS[0];
  bad[0].layout = 99;
  CHECK(FEED_BAD().code == RMC_UNKNOWN_TYPE);
  bad[0] = CASE_COLUMNS[0];
  bad[0].values = 0;
  bad[0].offsets = 0;
  CHECK(FEED_BAD().code == RMC_NULL && FEED_BAD().detail == RMC_COLUMN_DETAIL);
  bad[0] = CASE_COLUMNS[0];
  bad[0].length = SIZE_MAX;
  bad[0].validity = 0;
  CHECK(FEED_BAD().code == RMC_SIZE);
  CHECK(fed.rows_done == 7 && fed.need == 7);
  /* No rows, and no memory for them, is fine. */
  for (size_t i = 0; i < CASE_COLUMN_COUNT; i++) {
    bad[i].length = 0;
    bad[i].values = 0;
    bad[i].validity = 0;
    bad[i].invalid = 0;
    bad[i].offsets = 0;
    bad[i].text_bytes = 0;
    bad[i].text_bytes_len = 0;
    bad[i].text_count = 0;
    bad[i].text_validity = 0;
  }
  CHECK(rmc_feed(&program, s->memory, s->words, 0, bad, CASE_COLUMN_COUNT, 0, 0, scratch, scratch_words, &fed).code ==
        RMC_OK);
  CHECK(fed.rows_done == 0 && fed.need == RMC_NEED_NOTHING);

  rmc_merged merged = {7, 7};
  CHECK(rmc_merge(&program, s->memory, s->words, s->memory, s->words, 0, RMC_EVERYTHING, &merged).code == RMC_OVERLAP);
  CHECK(rmc_state_merge_bytes(&program, s->memory, s->words, CASE_PROGRAM, 40, 0, &merged).code == RMC_STATE_MAGIC);
  CHECK(merged.groups_done == 7 && merged.need == 7);
  CHECK(rmc_state_write(&program, s->memory, s->words, 0, 0, 0, 0, &size).code == RMC_SCRATCH && size == 77);

  rmc_table_info table;
  rmc_column_info column;
  rmc_dim_info dim;
  rmc_metric_info metric;
  uint32_t mask;
  MUST(rmc_table_describe(&program, 0, &table));
  CHECK(table.columns == CASE_COLUMN_COUNT);
  MUST(rmc_table_find(&program, table.name.bytes, table.name.len, &size));
  CHECK(size == 0);
  CHECK(rmc_table_find(&program, "nowhere", 7, &size).code == RMC_NOTHING);
  CHECK(rmc_table_describe(&program, info->tables, &table).code == RMC_INDEX);
  MUST(rmc_column_describe(&program, 0, 0, &column));
  CHECK(column.name.len > 0 && column.source.len > 0);
  CHECK(rmc_column_describe(&program, 0, CASE_COLUMN_COUNT, &column).code == RMC_INDEX);
  CHECK(rmc_dim_describe(&program, info->dims, &dim).code == RMC_INDEX);
  CHECK(rmc_metric_describe(&program, info->metrics, &metric).code == RMC_INDEX);
  CHECK(rmc_level_mask(&program, info->levels, &mask).code == RMC_INDEX);

  rmc_cells cells;
  memset(&cells, 0, sizeof cells);
  CHECK(rmc_cells_next(&cells, &mask).code == RMC_UNLOADED);
  CHECK(rmc_cells_next(0, &mask).code == RMC_NULL);
  CHECK(rmc_cells_begin(&program, s->memory, s->words, 0, scratch, 0, &cells, 0).code == RMC_SCRATCH);
  CHECK(rmc_status_message(12345).len > 0);
}

/* A host that rounds upward and takes subnormal numbers for zero; it must get its own settings back. */
static const uint32_t HOSTILE = 0x1f80 | 0x4000 | 0x8000 | 0x0040;

__attribute__((used)) static void run(void) {
  uint32_t control = HOSTILE;
  __asm__ volatile("ldmxcsr %0" : : "m"(control));

  CHECK(rmc_abi_version() == RMC_ABI_VERSION);
  MEASURED(rmc_program_load(CASE_PROGRAM, sizeof CASE_PROGRAM, &program));
  figure("stack_load", stack_peak);
  stack_peak = 0;
  rmc_program_info info;
  MUST(rmc_program_describe(&program, &info));

  MUST(rmc_scratch_words(&program, 0, CASE_COLUMNS, CASE_COLUMN_COUNT, &scratch_words));
  scratch = take(scratch_words);

  /* Two halves, in states that hold almost nothing at first. */
  rmc_capacity tiny = {1, 1, 8};
  state a = new_state(tiny), b = new_state(tiny);
  feed(&a, 0, CASE_ROWS / 2);
  feed(&b, CASE_ROWS / 2, CASE_ROWS);
  figure("stack_feed", stack_peak);
  stack_peak = 0;
  merge(&b, &a, RMC_EVERYTHING);
  figure("stack_merge", stack_peak);
  stack_peak = 0;
  misuse(&b, &info);
  CHECK(info.dims == 0 || grown > 2);

  /* Canonical bytes, and back. */
  size_t groups, len = 0;
  MUST(rmc_state_size(&program, b.memory, b.words, 0, &groups));
  uint64_t *order = take(groups);
  rmc_status length = rmc_state_write(&program, b.memory, b.words, order, groups, 0, 0, &len);
  CHECK(length.code == RMC_OUTPUT_SHORT && len == 0);
  uint8_t *bytes = (uint8_t *)take(length.detail / 8 + 1);
  MEASURED(rmc_state_write(&program, b.memory, b.words, order, groups, bytes, length.detail, &len));
  CHECK(len == length.detail);
  put("state ");
  put_hex(bytes, len);
  put("\n");
  state c = new_state(b.capacity);
  rmc_merged merged;
  MEASURED(rmc_state_merge_bytes(&program, c.memory, c.words, bytes, len, 0, &merged));
  CHECK(merged.need == RMC_NEED_NOTHING && merged.groups_done > 0);
  figure("stack_bytes", stack_peak);
  stack_peak = 0;
  rmc_row_counts rows;
  MUST(rmc_state_rows(&program, c.memory, c.words, 0, &rows));
  CHECK(rows.read == CASE_ROWS);
  CHECK(rmc_state_rows(&program, c.memory, c.words, 99, &rows).code == RMC_INDEX);
  uint64_t missing, invalid;
  MUST(rmc_state_column(&program, c.memory, c.words, 0, 0, &missing, &invalid));

  for (size_t i = 0; i < info.levels; i++) {
    uint32_t mask;
    MUST(rmc_level_mask(&program, i, &mask));
    state level = new_state(c.capacity);
    merge(&level, &c, mask);
    print_cells(&level, mask, &info);
  }
  figure("stack_cells", stack_peak);

  size_t small, large;
  rmc_capacity thousand = {1024, 0, 0}, two = {2048, 0, 0};
  MUST(rmc_state_words(&program, thousand, &small));
  MUST(rmc_state_words(&program, two, &large));
  figure("program_bytes", sizeof CASE_PROGRAM);
  figure("scratch_bytes", scratch_words * 8);
  figure("group_bytes", (large - small) * 8 / 1024);
  figure("metrics", info.metrics);

  uint32_t after = 0;
  __asm__ volatile("stmxcsr %0" : "=m"(after));
  CHECK((after & ~0x3fU) == HOSTILE);
  put("checks ");
  put_number(passed);
  put(" ");
  put_number(failed);
  put("\n");
  flush();
  finish(failed != 0);
}

__asm__(".globl _start\n_start:\n  xor %ebp, %ebp\n  and $-16, %rsp\n  call run\n");
