#include "support/lmdb_faults.h"

#include "support/faults.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#define INTERPOSED __attribute__((visibility("default"), used))

/* One thread makes the plans and writes; others may read meanwhile. */
static struct {
    const void *part;
    size_t part_size;
    int put_rc, begin_rc;
    unsigned puts, begins_skip, begins, fired;
    void (*hook)(void *ctx);
    void *hook_ctx;
} plan;

void lmdb_faults_reset(void)
{
    memset(&plan, 0, sizeof(plan));
}

void lmdb_faults_put(const void *part, size_t size, int rc, unsigned times)
{
    plan.part = part;
    plan.part_size = size;
    plan.put_rc = rc;
    plan.puts = times;
}

void lmdb_faults_begin(int rc, unsigned skip, unsigned times)
{
    plan.begins_skip = skip;
    plan.begin_rc = rc;
    plan.begins = times;
}

void lmdb_faults_begin_hook(void (*hook)(void *ctx), void *ctx)
{
    plan.hook = hook;
    plan.hook_ctx = ctx;
}

unsigned lmdb_faults_fired(void)
{
    return plan.fired;
}

static bool put_must_fail(const MDB_val *key)
{
    if (plan.puts == 0 || memmem(key->mv_data, key->mv_size, plan.part, plan.part_size) == NULL)
        return false;
    plan.puts--;
    plan.fired++;
    return true;
}

/* LMDB's own function. ISO C has no cast from an object's address to a function's. */
static void real_find(const char *name, void *function_out)
{
    void *found = dlsym(RTLD_NEXT, name);

    if (found == NULL)
        abort();
    memcpy(function_out, &found, sizeof(found));
}

INTERPOSED int mdb_put(MDB_txn *txn, MDB_dbi dbi, MDB_val *key, MDB_val *data, unsigned int flags)
{
    int (*real)(MDB_txn *, MDB_dbi, MDB_val *, MDB_val *, unsigned int);

    if (put_must_fail(key))
        return plan.put_rc;
    real_find("mdb_put", &real);
    return real(txn, dbi, key, data, flags);
}

INTERPOSED int mdb_cursor_put(MDB_cursor *cursor, MDB_val *key, MDB_val *data, unsigned int flags)
{
    int (*real)(MDB_cursor *, MDB_val *, MDB_val *, unsigned int);

    if (put_must_fail(key))
        return plan.put_rc;
    real_find("mdb_cursor_put", &real);
    return real(cursor, key, data, flags);
}

INTERPOSED int mdb_txn_begin(MDB_env *env, MDB_txn *parent, unsigned int flags, MDB_txn **txn)
{
    int (*real)(MDB_env *, MDB_txn *, unsigned int, MDB_txn **);
    void (*hook)(void *ctx) = plan.hook;

    if ((flags & MDB_RDONLY) == 0 && hook != NULL) {
        plan.hook = NULL;
        hook(plan.hook_ctx);
    }
    if ((flags & MDB_RDONLY) == 0 && plan.begins_skip > 0) {
        plan.begins_skip--;
    } else if ((flags & MDB_RDONLY) == 0 && plan.begins > 0) {
        plan.begins--;
        plan.fired++;
        return plan.begin_rc;
    }
    real_find("mdb_txn_begin", &real);
    return real(env, parent, flags, txn);
}

int lmdb_faults_setup(void **state)
{
    faults_reset();
    lmdb_faults_reset();
    return fixture_setup(state);
}
