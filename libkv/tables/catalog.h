/** The tables of a store, in the order in which storage/ opens them. Their numbers are part of the
 *  checksums of rows (codec/row_envelope): on disk, do not renumber. */
#ifndef KVI_CATALOG_H
#define KVI_CATALOG_H

/** The number of each table. */
enum {
    KVI_META = 0,
    KVI_NAMESPACES,
    KVI_VALUES,
    KVI_PIECES,
    KVI_EXPIRY,
    KVI_USAGE,
    KVI_CHANGES,
    KVI_TABLE_COUNT /**< How many there are. */
};

/** The name of each table in LMDB, by its number. */
extern const char *const kvi_catalog_names[KVI_TABLE_COUNT];

#endif
