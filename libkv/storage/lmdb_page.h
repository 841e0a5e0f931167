/**
 * How LMDB 0.9 lays out its data file on a 64-bit machine, for code that reads it with pread. All
 * numbers are little-endian, offsets in bytes.
 *
 * A page: 0 its number 8, 8 pad 2, 10 flags 2, 12 lower 2, 14 upper 2; the first of an overflow
 * run: 12 count of pages 4. Behind the header are the offsets of the nodes, 2 each, up to
 * `lower`; the nodes fill the page from `upper` to its end. In an overflow run its bytes follow.
 *
 * A node: 0 low 2, 2 high 2, 4 flags 2, 6 size of the key 2, 8 key, data. In a leaf low and high
 * are the data's size; in a branch low, high and flags are the child's page. Data that is too long
 * for a leaf is the number of an overflow run.
 *
 * A tree's descriptor: 0 pad 4 (in a meta page's first one: the page size), 4 flags 2, 6 depth 2,
 * 8 branch pages, 16 leaf pages, 24 overflow pages, 32 entries, 40 root; 8 bytes each.
 *
 * A meta page: 16 magic 4, 20 version 4, 24 address 8, 32 size of the map 8, 40 descriptor of the
 * free list, 88 of the main tree, 136 last page 8, 144 transaction 8.
 *
 * A row of the free list: the transaction that freed, then a count and that many page numbers, the
 * highest first. A row of the main tree: a table's name, then its descriptor.
 */
#ifndef KVI_LMDB_PAGE_H
#define KVI_LMDB_PAGE_H

#include "base/bytes.h"

#define KVI_PAGE_HEADER 16   /**< Bytes of a page's header. */
#define KVI_PAGE_BRANCH 0x01 /**< A page's flag: its nodes name pages. */
#define KVI_PAGE_LEAF 0x02   /**< A page's flag: its nodes are rows. */
#define KVI_PAGE_OVERFLOW 0x04
#define KVI_PAGE_META 0x08
#define KVI_PAGE_NONE UINT64_MAX /**< The root of an empty tree. */
#define KVI_PAGE_FIRST 2         /**< The first page behind the two meta pages. */

#define KVI_NODE_HEADER 8
#define KVI_NODE_BIG 0x01  /**< A leaf node's flag: the data is in an overflow run. */
#define KVI_NODE_TREE 0x02 /**< A leaf node's flag: the data is a tree's descriptor. */

#define KVI_TREE_SIZE 48 /**< Bytes of a descriptor. */
#define KVI_TREE_DEPTH_MAX 32

#define KVI_META_SIZE 152 /**< Bytes of a meta page that mean something. */
#define KVI_META_FREE_TREE 40
#define KVI_META_MAIN_TREE 88
#define KVI_META_LAST_PAGE 136
#define KVI_META_TRANSACTION 144

#define KVI_FREE_ROW_KEY 8 /**< Bytes of a key of the free list. */

/** A tree's descriptor, read. */
typedef struct kvi_lmdb_tree {
    uint64_t branches, leaves, overflow; /**< Pages of each kind. */
    uint64_t entries;                    /**< Rows. */
    uint64_t root;                       /**< KVI_PAGE_NONE: it is empty. */
    unsigned flags, depth;
} kvi_lmdb_tree;

/** Read a descriptor, KVI_TREE_SIZE bytes. */
static inline kvi_lmdb_tree kvi_lmdb_tree_read(const uint8_t *p)
{
    return (kvi_lmdb_tree){.branches = kvi_le64_load(p + 8),
                           .leaves = kvi_le64_load(p + 16),
                           .overflow = kvi_le64_load(p + 24),
                           .entries = kvi_le64_load(p + 32),
                           .root = kvi_le64_load(p + 40),
                           .flags = kvi_le16_load(p + 4),
                           .depth = kvi_le16_load(p + 6)};
}

/** How many nodes a page has, whose `lower` was checked. */
static inline unsigned kvi_page_node_count(const uint8_t *page)
{
    return (kvi_le16_load(page + 12) - KVI_PAGE_HEADER) / 2u;
}

/** Where a page's node begins, within the page; the caller checks it. */
static inline unsigned kvi_page_node_at(const uint8_t *page, unsigned i)
{
    return kvi_le16_load(page + KVI_PAGE_HEADER + 2 * (size_t)i);
}

/** The size of a leaf node's data. */
static inline uint32_t kvi_node_data_size(const uint8_t *node)
{
    return kvi_le16_load(node) | (uint32_t)kvi_le16_load(node + 2) << 16;
}

/** The page that a branch node names. */
static inline uint64_t kvi_node_child(const uint8_t *node)
{
    return kvi_le64_load(node) & 0xFFFFFFFFFFFF;
}

/** The size of a node's key. */
static inline unsigned kvi_node_key_size(const uint8_t *node)
{
    return kvi_le16_load(node + 6);
}

#endif
