/** What the compiler knows of arrays and structs: how many items, and where a member lies. */
#ifndef KVI_LAYOUT_H
#define KVI_LAYOUT_H

#include <stddef.h>

/** How many items an array has. Of a pointer the result is wrong: give it the array. */
#define KVI_COUNT(array) (sizeof(array) / sizeof((array)[0]))

/** The struct of type `type` whose member `member` is at `pointer`, which must not be NULL. */
#define KVI_CONTAINER(pointer, type, member)                                                       \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

#endif
