/* For what is loaded into a daemon by LD_PRELOAD: the C library's own function of a name. */
#ifndef JIELI_TESTS_SUPPORT_PRELOAD_H
#define JIELI_TESTS_SUPPORT_PRELOAD_H

#include <dlfcn.h>
#include <stdlib.h>

#define REAL(name) (__extension__(__typeof__(&name))real(#name))

static inline void *real(const char *name)
{
    void *found = dlsym(RTLD_NEXT, name);
    if (found == NULL)
        abort();
    return found;
}

#endif
