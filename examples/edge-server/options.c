#include "options.h"

#include "kv.h"

#include <getopt.h>
#include <stdio.h>
#include <string.h>

#define EXIT_USAGE 64 /* As sysexits.h has it, and the kv command. */

static const char help_text[] =
    "edge-server: the EdgeKV service on a libkv store, over HTTP\n"
    "\n"
    "usage: edge-server --store DIR --credentials FILE [option...]\n"
    "       edge-server --store DIR --no-auth [option...]\n"
    "\n"
    "  --store DIR             the store's directory; made when missing (its parent is not)\n"
    "  --credentials FILE      JSON: {\"Credentials\":[{\"AccessKeyId\",\"AccessKeySecret\",\n"
    "                          \"Policy\"}]}; read again on SIGHUP\n"
    "  --credentials-readable  take that file though others can read it\n"
    "  --no-auth               serve everybody who can connect; on loopback only\n"
    "  --listen HOST:PORT      where to serve (127.0.0.1:8787); port 0: any free one\n"
    "  --metrics HOST:PORT     serve Prometheus metrics at /metrics there\n"
    "  --host NAME             a name that clients call us by, without the port; may come often.\n"
    "                          The listening address is one, and on loopback localhost is\n"
    "  --namespaces-max N      namespaces the store may hold (10 for a new store)\n"
    "  --upload-dir DIR        spool uploads of the high-capacity operations there; a directory\n"
    "                          of ours alone, whose files are removed at the start\n"
    "  --upload-host NAME[:PORT]  the name, with a dot in it, that clients upload to (the first\n"
    "                          --host, or the listening address); it is a --host too\n"
    "  --upload-mib-max N      MiB of all spooled uploads together (1024)\n"
    "  --nonces-max N          nonces remembered at once (4194304); a signed request beyond those\n"
    "                          of the last 15 minutes is answered 503\n"
    "  --connections-max N     connections at once (1000); more wait\n"
    "  --timeout S             close a connection that is silent for S seconds (15), and one\n"
    "                          whose request takes 10 times as long to come or to be answered\n"
    "  --help, --version\n"
    "\n"
    "The console is at /console/, health at /healthz. A line for each request goes to stderr.\n"
    "SIGTERM and SIGINT finish the requests in flight and close the store.\n";

bool options_number(const char *text, uint64_t min, uint64_t max, uint64_t *out)
{
    uint64_t number = 0;

    if (*text == '\0')
        return false;
    for (const char *at = text; *at != '\0'; at++) {
        unsigned digit = (unsigned)(*at - '0');
        if (*at < '0' || *at > '9' || number > (UINT64_MAX - digit) / 10)
            return false;
        number = number * 10 + digit;
    }
    *out = number;
    return number >= min && number <= max;
}

static bool take_number(const char *name, const char *text, uint32_t min, uint32_t max,
                        uint32_t *out)
{
    uint64_t number = 0;

    if (!options_number(text, min, max, &number)) {
        fprintf(stderr, "edge-server: --%s: \"%s\" is not a whole number from %u to %u\n", name,
                text, min, max);
        return false;
    }
    *out = (uint32_t)number;
    return true;
}

static bool take_host(const char *text, options *out)
{
    if (out->host_count == OPTIONS_HOSTS_MAX) {
        fprintf(stderr, "edge-server: more than %d times --host\n", OPTIONS_HOSTS_MAX);
        return false;
    }
    if (*text == '\0' || strpbrk(text, "/:@ ") != NULL) {
        fprintf(stderr, "edge-server: --host: \"%s\" is not a name (without port or scheme)\n",
                text);
        return false;
    }
    out->hosts[out->host_count++] = text;
    return true;
}

/* Clients are told what is before the first dot and what is behind it, apart. */
static bool take_upload_host(const char *text, options *out)
{
    const char *dot = strchr(text, '.');
    const char *colon = strchr(text, ':');
    uint64_t port;

    out->upload_host = text;
    if (dot != NULL && dot != text && dot[1] != '\0' && dot[1] != ':' &&
        strpbrk(text, "/@ []") == NULL && strlen(text) <= OPTIONS_UPLOAD_HOST_MAX &&
        (colon == NULL || (colon > dot && options_number(colon + 1, 1, 65535, &port))))
        return true;
    fprintf(stderr,
            "edge-server: --upload-host: \"%s\" is not NAME or NAME:PORT with a dot in it\n", text);
    return false;
}

/* What the options say together. */
static bool check(const options *given)
{
    const char *problem = NULL;

    if (given->store == NULL)
        problem = "--store is missing";
    else if (given->credentials == NULL && !given->has_no_auth)
        problem = "either --credentials or --no-auth must be given";
    else if (given->credentials != NULL && given->has_no_auth)
        problem = "--credentials and --no-auth exclude each other";
    else if (given->upload_host != NULL && given->upload_dir == NULL)
        problem = "--upload-host is given, and --upload-dir is not";
    if (problem != NULL)
        fprintf(stderr, "edge-server: %s (--help lists the options)\n", problem);
    return problem == NULL;
}

enum {
    LISTEN = 256,
    METRICS,
    STORE,
    CREDENTIALS,
    UPLOAD_DIR,
    UPLOAD_HOST,
    UPLOAD_MIB_MAX,
    HOST,
    NAMESPACES_MAX,
    NONCES_MAX,
    CONNECTIONS_MAX,
    TIMEOUT,
    NO_AUTH,
    READABLE,
    HELP,
    VERSION
};

static const struct option known[] = {{"listen", required_argument, NULL, LISTEN},
                                      {"metrics", required_argument, NULL, METRICS},
                                      {"store", required_argument, NULL, STORE},
                                      {"credentials", required_argument, NULL, CREDENTIALS},
                                      {"upload-dir", required_argument, NULL, UPLOAD_DIR},
                                      {"upload-host", required_argument, NULL, UPLOAD_HOST},
                                      {"upload-mib-max", required_argument, NULL, UPLOAD_MIB_MAX},
                                      {"host", required_argument, NULL, HOST},
                                      {"namespaces-max", required_argument, NULL, NAMESPACES_MAX},
                                      {"nonces-max", required_argument, NULL, NONCES_MAX},
                                      {"connections-max", required_argument, NULL, CONNECTIONS_MAX},
                                      {"timeout", required_argument, NULL, TIMEOUT},
                                      {"no-auth", no_argument, NULL, NO_AUTH},
                                      {"credentials-readable", no_argument, NULL, READABLE},
                                      {"help", no_argument, NULL, HELP},
                                      {"version", no_argument, NULL, VERSION},
                                      {NULL, 0, NULL, 0}};

static bool take(int option, const char *text, options *out)
{
    switch (option) {
    case LISTEN:
        out->listen = text;
        return true;
    case METRICS:
        out->metrics = text;
        return true;
    case STORE:
        out->store = text;
        return true;
    case CREDENTIALS:
        out->credentials = text;
        return true;
    case UPLOAD_DIR:
        out->upload_dir = text;
        return true;
    case UPLOAD_HOST:
        return take_upload_host(text, out);
    case UPLOAD_MIB_MAX:
        return take_number("upload-mib-max", text, 1, 1000000, &out->upload_mib_max);
    case HOST:
        return take_host(text, out);
    case NAMESPACES_MAX:
        return take_number("namespaces-max", text, 1, 1000000, &out->namespaces_max);
    case NONCES_MAX:
        return take_number("nonces-max", text, 1, 1000000000, &out->nonces_max);
    case CONNECTIONS_MAX:
        return take_number("connections-max", text, 8, 100000, &out->connections_max);
    case TIMEOUT:
        return take_number("timeout", text, 1, 3600, &out->timeout_s);
    case NO_AUTH:
        out->has_no_auth = true;
        return true;
    case READABLE:
        out->is_credentials_readable = true;
        return true;
    default:
        return false; /* getopt_long() has said what is wrong. */
    }
}

bool options_parse(int argc, char **argv, options *out, int *exit_out)
{
    int option;

    *out = (options){.listen = "127.0.0.1:8787",
                     .upload_mib_max = 1024,
                     .connections_max = 1000,
                     .timeout_s = 15};
    *exit_out = EXIT_USAGE;
    while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
        if (option == HELP || option == VERSION) {
            *exit_out = 0;
            if (option == HELP)
                fputs(help_text, stdout);
            else
                printf("edge-server %d.%d.%d\n", KV_VERSION_MAJOR, KV_VERSION_MINOR,
                       KV_VERSION_PATCH);
            return false;
        }
        if (!take(option, optarg, out))
            return false;
    }
    if (optind < argc) {
        fprintf(stderr, "edge-server: \"%s\" is no option (--help lists them)\n", argv[optind]);
        return false;
    }
    return check(out);
}
