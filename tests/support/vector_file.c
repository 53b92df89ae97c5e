#include "tests/support/vector_file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

void vector_path(char *out, size_t out_bytes, const char *name)
{
    const char *folder = getenv("JIELI_VECTORS");
    int len = snprintf(out, out_bytes, "%s/%s", folder == NULL ? "../shared/vectors" : folder,
                       name);
    if (len < 0 || (size_t)len >= out_bytes) {
        abort();
    }
}

void vector_require(const char *name)
{
    char path[1024];
    vector_path(path, sizeof path, name);
    if (access(path, R_OK) != 0) {
        print_message("skipped: no vectors at %s\n", path);
        skip();
    }
}

bool vector_read(struct buffer *out, const char *name)
{
    char path[1024];
    vector_path(path, sizeof path, name);
    FILE *file = fopen(path, "rb");
    bool good = file != NULL;
    while (good && !feof(file)) {
        good = buffer_reserve(out, 65536) == OK && ferror(file) == 0;
        if (good) {
            out->len += fread(out->data + out->len, 1, 65535, file);
        }
    }
    if (good) {
        out->data[out->len] = '\0';
    }
    if (file != NULL) {
        fclose(file);
    }
    return good;
}
