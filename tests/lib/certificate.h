/* A key and a certificate of 127.0.0.1 and localhost, signed by itself, for servers of a test. */
#ifndef TESTS_LIB_CERTIFICATE_H
#define TESTS_LIB_CERTIFICATE_H

#include "lib/tempdir.h"

struct certificate {
    struct tempdir dir;
    char *key, *path; /* files of the user whom servers run as */
};

void certificate_init(struct certificate *certificate);
/* Zeroed is fine. */
void certificate_fini(struct certificate *certificate);

#endif
