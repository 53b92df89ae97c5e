/* Threads of this program take no signals: those are the main thread's to wait for. */
#ifndef JIELI_NET_THREAD_H
#define JIELI_NET_THREAD_H

#include <pthread.h>
#include <stdbool.h>

/* Begins one that the caller joins or detaches; false: the machine has none to give. */
bool thread_start(pthread_t *out, void *(*run)(void *ctx), void *ctx);

#endif
