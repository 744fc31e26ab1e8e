/* Calls of the system (fails.h): files, sockets, threads, clocks. */
#include "fault/calls/wrap/fails.h"

#include <dirent.h>
#include <netdb.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

/* Files. Those with 64 are what <stdio.h> and <fcntl.h> make of open(), fopen() and so on. */
CALL(int, open64, (const char *path, int flags, mode_t mode), (path, flags, mode), -1, EIO, EMFILE, EINTR)
CALL(int, fstat64, (int fd, struct stat *st), (fd, st), -1, EIO)
CALL(int, stat64, (const char *path, struct stat *st), (path, st), -1, EIO)
CALL(int, access, (const char *path, int mode), (path, mode), -1, EIO)
CALL(FILE *, fopen64, (const char *path, const char *mode), (path, mode), NULL, EIO, EMFILE)
CALL(size_t, fread, (void *to, size_t size, size_t n, FILE *file), (to, size, n, file), 0, EIO)
CALL(FILE *, open_memstream, (char **text, size_t *len), (text, len), NULL, ENOMEM)
CALL(DIR *, opendir, (const char *path), (path), NULL, EMFILE)
CALL(int, getrlimit64, (int what, struct rlimit *limit), (what, limit), -1, EINVAL)

/* Others. */
CALL(int, socket, (int domain, int type, int protocol), (domain, type, protocol), -1, EMFILE, ENOMEM)
CALL(int, bind, (int fd, const struct sockaddr *to, socklen_t len), (fd, to, len), -1, EADDRINUSE)
CALL(int, listen, (int fd, int n), (fd, n), -1, EADDRINUSE)
CALL(int, connect, (int fd, const struct sockaddr *to, socklen_t len), (fd, to, len), -1, ECONNREFUSED,
     ETIMEDOUT, EAGAIN, EINTR)
CALL(int, getsockopt, (int fd, int level, int name, void *value, socklen_t *len),
     (fd, level, name, value, len), -1, ENOMEM)
CALL(int, setsockopt, (int fd, int level, int name, const void *value, socklen_t len),
     (fd, level, name, value, len), -1, ENOPROTOOPT)
CALL(int, shutdown, (int fd, int how), (fd, how), -1, ENOTCONN)
CALL(int, poll, (struct pollfd * fds, nfds_t n, int timeout), (fds, n, timeout), -1, EINTR, ENOMEM)
CALL(int, eventfd, (unsigned count, int flags), (count, flags), -1, EMFILE, ENOMEM)
CALL(int, eventfd_read, (int fd, eventfd_t *count), (fd, count), -1, EAGAIN, EINTR)
CALL(int, eventfd_write, (int fd, eventfd_t count), (fd, count), -1, EINTR)
CALL(ssize_t, getrandom, (void *to, size_t n, unsigned flags), (to, n, flags), -1, EINTR, ENOSYS)
CALL(int, getentropy, (void *to, size_t n), (to, n), -1, EIO)
CALL(int, gethostname, (char *name, size_t n), (name, n), -1, EFAULT)
CALL(int, kill, (pid_t pid, int number), (pid, number), -1, EPERM)
CALL(int, sigtimedwait, (const sigset_t *set, siginfo_t *info, const struct timespec *time),
     (set, info, time), -1, EINTR)
CALL(int, nanosleep, (const struct timespec *time, struct timespec *left), (time, left), -1, EINTR)

/* These return what they have to say. */
CALL(int, clock_nanosleep, (clockid_t clock, int flags, const struct timespec *time, struct timespec *left),
     (clock, flags, time, left), error, EINTR)
CALL(int, pthread_create, (pthread_t * thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg),
     (thread, attr, run, arg), error, EAGAIN)
CALL(int, pthread_mutex_init, (pthread_mutex_t * lock, const pthread_mutexattr_t *attr), (lock, attr), error,
     ENOMEM)
CALL(int, pthread_cond_init, (pthread_cond_t * cond, const pthread_condattr_t *attr), (cond, attr), error,
     ENOMEM)

CALL_DECLARE(int, getaddrinfo,
             (const char *host, const char *service, const struct addrinfo *hints, struct addrinfo **list))
int __wrap_getaddrinfo(const char *host, const char *service, const struct addrinfo *hints,
                       struct addrinfo **list)
{
    int error = CALL_FAILS(getaddrinfo, ENOMEM, EIO);

    if (!error)
        return __real_getaddrinfo(host, service, hints, list);
    errno = error;
    return error == EIO ? EAI_AGAIN : EAI_SYSTEM;
}

/* The descriptor is gone all the same. */
CALL_DECLARE(int, close, (int fd))
int __wrap_close(int fd)
{
    int error = CALL_FAILS(close, EIO, EINTR), rc = __real_close(fd);

    if (!error)
        return rc;
    errno = error;
    return -1;
}

/* Bytes that come and go: fewer than were asked for, none, and no more. */

static ssize_t give(int error)
{
    if (error == CALL_END)
        return 0;
    errno = error;
    return -1;
}

static size_t fewer(size_t n)
{
    return n > 1 ? n / 2 : n;
}

CALL_DECLARE(ssize_t, read, (int fd, void *to, size_t n))
ssize_t __wrap_read(int fd, void *to, size_t n)
{
    int error = CALL_FAILS(read, EIO, EINTR, CALL_SHORT);

    if (error == CALL_SHORT)
        n = n == 8 ? n : fewer(n); /* an eventfd gives 8 or nothing */
    return error && error != CALL_SHORT ? give(error) : __real_read(fd, to, n);
}

CALL_DECLARE(ssize_t, recv, (int fd, void *to, size_t n, int flags))
ssize_t __wrap_recv(int fd, void *to, size_t n, int flags)
{
    int error = CALL_FAILS(recv, ECONNRESET, EAGAIN, EINTR, ENOMEM, CALL_SHORT, CALL_END);

    if (error == CALL_SHORT)
        n = 1;
    return error && error != CALL_SHORT ? give(error) : __real_recv(fd, to, n, flags);
}

CALL_DECLARE(ssize_t, write, (int fd, const void *from, size_t n))
ssize_t __wrap_write(int fd, const void *from, size_t n)
{
    int error = CALL_FAILS(write, EIO, EINTR, CALL_SHORT);

    if (error == CALL_SHORT)
        n = n == 8 ? n : fewer(n);
    return error && error != CALL_SHORT ? give(error) : __real_write(fd, from, n);
}

CALL_DECLARE(ssize_t, send, (int fd, const void *from, size_t n, int flags))
ssize_t __wrap_send(int fd, const void *from, size_t n, int flags)
{
    int error = CALL_FAILS(send, ECONNRESET, EPIPE, EAGAIN, EINTR, ENOBUFS, CALL_SHORT);

    if (error == CALL_SHORT)
        n = fewer(n);
    return error && error != CALL_SHORT ? give(error) : __real_send(fd, from, n, flags);
}

CALL_DECLARE(ssize_t, sendmsg, (int fd, const struct msghdr *message, int flags))
ssize_t __wrap_sendmsg(int fd, const struct msghdr *message, int flags)
{
    int error = CALL_FAILS(sendmsg, ECONNRESET, EPIPE, EAGAIN, EINTR, ENOBUFS, CALL_SHORT);
    struct iovec part;

    if (!error)
        return __real_sendmsg(fd, message, flags);
    if (error != CALL_SHORT)
        return give(error);
    part = message->msg_iov[0];
    part.iov_len = fewer(part.iov_len);
    return __real_sendmsg(fd, &(struct msghdr){.msg_iov = &part, .msg_iovlen = 1}, flags);
}
