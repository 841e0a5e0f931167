#include "ops/capacity.h"
#include "support/run.h"

typedef struct capacity_row {
    const char *name;
    uint64_t capacity, used, more;
    bool fits;
} capacity_row;

static const capacity_row rows[] = {
    {"capacity: to the last byte", 100, 60, 40, true},
    {"capacity: one byte too many", 100, 60, 41, false},
    {"capacity: full", 100, 100, 1, false},
    {"capacity: lowered below what is there", 100, 150, 1, false},
    {"capacity: lowered, nothing more", 100, 150, 0, true},
    {"capacity: a sum beyond 64 bits", 100, 60, UINT64_MAX, false},
    {"capacity: used beyond 64 bits together", UINT64_MAX - 1, UINT64_MAX - 1, 2, false},
    {"capacity: unlimited", KV_CAPACITY_UNLIMITED, UINT64_MAX, UINT64_MAX, true},
};

static void test_fits(void **state)
{
    const capacity_row *row = *state;

    assert_int_equal(kvi_capacity_fits(row->capacity, row->used, row->more), row->fits);
}

int main(void)
{
    run_rows(rows, test_fits, NULL, NULL);
    return run_all("ops: capacity");
}
