/* Certificates (certificate.h), made by openssl(1). Runs on the test's main thread; failures end the test. */
#include "lib/certificate.h"

#include "lib/process.h"

#include <stdlib.h>

void certificate_init(struct certificate *c)
{
    tempdir_init(&c->dir);
    c->key = tempdir_path(&c->dir, "server.key");
    c->path = tempdir_path(&c->dir, "server.crt");
    process_must((const char *const[]){"openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days",
                                       "2", "-subj", "/CN=localhost", "-addext",
                                       "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout", c->key, "-out",
                                       c->path, NULL},
                 &(struct process_options){.ordinary = true, .output = "/dev/null"}, 60000);
}

void certificate_fini(struct certificate *c)
{
    free(c->key);
    free(c->path);
    c->key = c->path = NULL;
    tempdir_fini(&c->dir);
}
