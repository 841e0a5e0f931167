/* How many items an array has. */
#ifndef SUPPORT_COUNT_H
#define SUPPORT_COUNT_H

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

#endif
