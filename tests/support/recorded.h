/* Requests that the service's own clients sent, as text (support/request_text.h): three styles of
 * client, two versions. Their signatures are right for the secret below. */
#ifndef SUPPORT_RECORDED_H
#define SUPPORT_RECORDED_H

#define RECORDED_KEY_ID "testid"
#define RECORDED_SECRET "testsecret"
/** The time stamps of all are this one, or a second more: 2026-11-24T01:51:26Z. */
#define RECORDED_TIME 1795485086

struct recorded {
    const char *name;
    const char *text;
};

/** Ends with a row without a name. */
extern const struct recorded recorded_requests[];

#endif
