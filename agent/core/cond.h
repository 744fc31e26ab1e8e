/* Waiting on a condition for a time, by the monotonic clock: a wall clock that is set must not make anybody wait. Any thread. */
#ifndef CORE_COND_H
#define CORE_COND_H

#include <pthread.h>
#include <stdint.h>
#include <time.h>

/* A condition whose deadlines are those of cond_deadline(). 0, or -1 when the system is out of resources. */
int cond_init(pthread_cond_t *cond);
/* The deadline for pthread_cond_timedwait(), so many milliseconds from now. */
struct timespec cond_deadline(int64_t ms);
/* Waits with the lock held, for `ms` milliseconds at most; may return early. */
void cond_wait(pthread_cond_t *cond, pthread_mutex_t *lock, int64_t ms);

#endif
