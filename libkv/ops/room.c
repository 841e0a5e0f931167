#include "ops/room.h"

#include "base/layout.h"
#include "base/number.h"
#include "storage/free_pages.h"
#include "tables/catalog.h"
#include "tables/pieces.h"

#define FREED_MAX 440    /* Of some 500 in a page: a commit adds those that COMMIT_PAGES copy. */
#define RESERVE_SHARE 16 /* Of the file. */
#define RESERVE_MIN 256
#define RESERVE_MAX 32768
/* The sums, the log and its trimmed end, the roots, both ends of the free list. */
#define COMMIT_PAGES 48
#define FREE_PAGES_PER_ROW 500 /* Of the free list, which a commit may write anew. */
/* What one operation takes at worst: a path and a split in each table. */
#define WORST_COPIES 12
#define WORST_SPLITS 6
/* Leaves next to each other whose branch pages are one path; LMDB's branches hold more. */
#define LEAVES_PER_BRANCH 32

static const unsigned tree_tables[KVI_ROOM_TREES] = {
    [KVI_ROOM_VALUES] = KVI_VALUES,
    [KVI_ROOM_EXPIRY] = KVI_EXPIRY,
    [KVI_ROOM_PIECES] = KVI_PIECES,
};

uint64_t kvi_room_reserve(uint64_t pages)
{
    uint64_t share = pages / RESERVE_SHARE;

    return share < RESERVE_MIN ? RESERVE_MIN : kvi_number_least(share, RESERVE_MAX);
}

/* Take note of the trees' sizes; *pages_out: of all of them. */
static kv_status room_trees(kvi_room *room, kvi_txn *txn, uint64_t *pages_out)
{
    kv_status status = KV_OK;

    *pages_out = 0;
    for (size_t i = 0; i < KVI_ROOM_TREES && status == KV_OK; i++) {
        kvi_table_facts facts = {0};
        status = kvi_txn_table_facts(txn, tree_tables[i], &facts);
        room->trees[i].branches = facts.branches;
        room->trees[i].leaves = facts.leaves;
        room->trees[i].depth = facts.depth;
        *pages_out += facts.branches + facts.leaves;
    }
    return status;
}

/* Pages that the transaction takes at worst. A touched row may hold what just stays out of
   `pieces`: how much it holds is known only when it is read. */
static uint64_t need_worst(const kvi_need *need, uint64_t tree_pages, uint32_t page_size)
{
    uint64_t touched = KVI_PIECES_THRESHOLD / page_size + 1;

    return kvi_number_least(need->operations * WORST_COPIES, tree_pages) +
           need->operations * WORST_SPLITS + COMMIT_PAGES + 2 * need->payload_bytes / page_size +
           need->touches * touched;
}

/* Pages that it takes as a rule: the payload, and the leaves that it copies. */
static uint64_t need_usual(const kvi_need *need, uint64_t tree_pages, uint32_t page_size)
{
    return kvi_number_least(2 * need->operations, tree_pages) + need->operations / 8 +
           COMMIT_PAGES + 2 * need->payload_bytes / page_size;
}

/* Near the cap, or with a file that cannot grow beyond `pages`: count what is left. */
static kv_status room_shorten(kvi_room *room, kvi_env *env, uint64_t pages,
                              const kvi_env_facts *facts, kvi_pinned *pinned)
{
    uint64_t free_pages = 0;
    kv_status status = kvi_free_pages_count(env, pinned, &free_pages);

    room->is_short = true;
    room->tail =
        kvi_number_minus(pages, facts->pages_used + 1); /* LMDB leaves the last page alone. */
    room->reserve = kvi_room_reserve(pages);
    room->pages =
        kvi_number_minus(free_pages + room->tail, COMMIT_PAGES + free_pages / FREE_PAGES_PER_ROW);
    room->tail = kvi_number_least(room->tail, room->pages);
    if (pinned->oldest == facts->transaction) /* No reader pins them, only their age. */
        room->waiting = pinned->pages;
    return status;
}

/* What the tables whose pages rows split grew by since the last count. One that shrank counts for
   nothing: what it gave back may be of no use to this transaction. */
static kv_status room_growth(kvi_room *room, kvi_txn *txn, uint64_t *pages_out)
{
    static const unsigned tables[] = {KVI_VALUES, KVI_EXPIRY, KVI_CHANGES};
    kv_status status = KV_OK;

    *pages_out = 0;
    for (size_t i = 0; i < KVI_COUNT(tables) && status == KV_OK; i++) {
        uint64_t *last = &room->counted[i], pages;
        kvi_table_facts facts = {0};
        status = kvi_txn_table_facts(txn, tables[i], &facts);
        pages = facts.branches + facts.leaves;
        if (tables[i] == KVI_CHANGES) /* In the others they are charged as runs. */
            pages += facts.overflow;
        *pages_out += kvi_number_minus(pages, *last);
        *last = pages;
    }
    return status;
}

/* Whether nothing is to be done, however large the trees are: the usual case for a few operations.
 */
static bool room_is_plenty(const kvi_need *need, const kvi_env_facts *facts)
{
    uint64_t in_file = kvi_number_minus(facts->file_size / facts->page_size, facts->pages_used);
    uint64_t in_map = kvi_number_minus(facts->size_max / facts->page_size, facts->pages_used);

    return in_file >= need_usual(need, UINT64_MAX, facts->page_size) +
                          kvi_room_reserve(facts->pages_used) &&
           in_map >= need_worst(need, UINT64_MAX, facts->page_size) +
                         kvi_room_reserve(facts->size_max / facts->page_size);
}

kv_status kvi_room_begin(kvi_room *room, kvi_env *env, kvi_txn *txn, const kvi_need *need,
                         bool may_estimate, kvi_pinned *pinned)
{
    uint64_t tree_pages, pages, wanted;
    kvi_env_facts facts;
    kv_status status = kvi_env_facts_get(env, &facts);

    *room = (kvi_room){.status = KV_STORE_FULL, .is_estimated = may_estimate};
    if (status != KV_OK || room_is_plenty(need, &facts))
        return status;
    status = room_trees(room, txn, &tree_pages);
    if (status != KV_OK)
        return status;
    room->split_size = facts.page_size / 2; /* Splits leave pages half full. */
    pages = facts.size_max / facts.page_size;
    if (facts.size_max < facts.map_size)
        room->status = KV_DISK_FULL;
    wanted = facts.pages_used + need_usual(need, tree_pages, facts.page_size) +
             kvi_room_reserve(facts.pages_used);
    status = kvi_env_extend(env, wanted);
    if (status == KV_DISK_FULL) {
        room->status = KV_DISK_FULL;
        pages = kvi_number_least(pages, facts.file_size / facts.page_size);
    } else if (status != KV_OK) {
        return status;
    }
    if (status == KV_OK &&
        kvi_number_minus(pages, facts.pages_used) >=
            need_worst(need, tree_pages, facts.page_size) + kvi_room_reserve(pages))
        return KV_OK;
    status = room_shorten(room, env, pages, &facts, pinned);
    return status == KV_OK ? room_growth(room, txn, &tree_pages) : status;
}

/* Pages of a tree that changing so many of its leaves copies. */
static uint64_t tree_copies(const kvi_room *room, size_t tree, uint64_t leaves)
{
    uint64_t path;

    if (leaves == 0 || room->trees[tree].depth == 0)
        return 0;
    path = room->trees[tree].depth - 1 + leaves / LEAVES_PER_BRANCH;
    return kvi_number_least(leaves, room->trees[tree].leaves) +
           kvi_number_least(path, room->trees[tree].branches);
}

static void tree_copied(kvi_room *room, size_t tree, uint64_t leaves)
{
    uint64_t pages = tree_copies(room, tree, leaves);
    uint64_t of_leaves =
        kvi_number_least(kvi_number_least(leaves, room->trees[tree].leaves), pages);

    room->trees[tree].leaves -= of_leaves;
    room->trees[tree].branches -= pages - of_leaves;
}

/* Splits that a charge adds to those charged, and its bytes, which are never more than its splits
   would take at worst. */
static uint64_t charge_splits(const kvi_room *room, const kvi_charge *charge, uint64_t *size_out)
{
    *size_out = kvi_number_least(charge->size, charge->splits * room->split_size);
    if (!room->is_estimated)
        return charge->splits;
    return (room->size + *size_out) / room->split_size - room->size / room->split_size;
}

bool kvi_room_is_waiting(const kvi_room *room)
{
    return room->is_short && room->waiting >= room->reserve / 4;
}

uint64_t kvi_room_half(const kvi_room *room)
{
    return kvi_number_least(room->pages, room->reserve) / 2;
}

bool kvi_room_lists(const kvi_room *room, const kvi_charge *charge)
{
    uint64_t freed = room->freed + charge->freed;

    for (size_t i = 0; i < KVI_ROOM_TREES; i++)
        freed += tree_copies(room, i, charge->leaves[i]);
    return !room->is_short || freed <= FREED_MAX;
}

kv_status kvi_room_charge(kvi_room *room, const kvi_charge *charge, uint64_t kept)
{
    uint64_t pages, splits, size;

    if (!room->is_short)
        return KV_OK;
    splits = charge_splits(room, charge, &size);
    pages = charge->fresh + charge->run + splits;
    for (size_t i = 0; i < KVI_ROOM_TREES; i++)
        pages += tree_copies(room, i, charge->leaves[i]);
    if (pages + kept > room->pages || charge->run + kvi_number_least(kept, room->tail) > room->tail)
        return room->status;
    room->freed += charge->freed + pages - charge->fresh - charge->run - splits;
    for (size_t i = 0; i < KVI_ROOM_TREES; i++)
        tree_copied(room, i, charge->leaves[i]);
    room->pages -= pages;
    room->tail -= charge->run;
    if (room->is_estimated) {
        room->size += size;
        room->splits += splits;
    }
    return KV_OK;
}

kv_status kvi_room_count(kvi_room *room, kvi_txn *txn)
{
    uint64_t grown, more;
    kv_status status;

    if (!room->is_short || !room->is_estimated)
        return KV_OK;
    status = room_growth(room, txn, &grown);
    if (status != KV_OK)
        return status;
    more = kvi_number_minus(grown, room->splits);
    if (more > 0 && more + room->reserve > room->pages)
        return room->status;
    room->pages -= more;
    room->splits = kvi_number_minus(room->splits, grown);
    return KV_OK;
}
