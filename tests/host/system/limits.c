// Preloaded into the program: lets the calls of one function fail from a number on.
// TAPSTER_TEST_LIMIT=pthread_create:2 allows two threads.
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

static atomic_int calls;

static int is_refused(const char* function) {
  const char* limit = getenv("TAPSTER_TEST_LIMIT");
  const size_t size = strlen(function);
  if (limit == NULL || strncmp(limit, function, size) != 0 || limit[size] != ':') return 0;
  return atomic_fetch_add(&calls, 1) >= atoi(limit + size + 1);
}

// The function that the program would have called without us; C has no cast from an object to a function.
#define REAL(function)                       \
  __typeof__(function)* real = NULL;         \
  void* found = dlsym(RTLD_NEXT, #function); \
  memcpy((void*)&real, (void*)&found, sizeof found)

#define EXPORT __attribute__((visibility("default")))

EXPORT int pthread_create(pthread_t* thread, const pthread_attr_t* attributes, void* (*start)(void*),
                          void* argument) {
  if (is_refused("pthread_create")) return EAGAIN;
  REAL(pthread_create);
  return real(thread, attributes, start, argument);
}

EXPORT int eventfd(unsigned count, int flags) {
  if (is_refused("eventfd")) return errno = EMFILE, -1;
  REAL(eventfd);
  return real(count, flags);
}

EXPORT int signalfd(int descriptor, const sigset_t* set, int flags) {
  if (is_refused("signalfd")) return errno = EMFILE, -1;
  REAL(signalfd);
  return real(descriptor, set, flags);
}

EXPORT int pipe2(int ends[2], int flags) {
  if (is_refused("pipe2")) return errno = EMFILE, -1;
  REAL(pipe2);
  return real(ends, flags);
}

EXPORT int pipe(int ends[2]) {
  if (is_refused("pipe")) return errno = EMFILE, -1;
  REAL(pipe);
  return real(ends);
}

EXPORT struct dirent* readdir(DIR* directory) {
  if (is_refused("readdir")) return errno = EIO, NULL;
  REAL(readdir);
  return real(directory);
}

EXPORT int link(const char* from, const char* to) {
  if (is_refused("link")) return errno = EPERM, -1;
  REAL(link);
  return real(from, to);
}

EXPORT pid_t fork(void) {
  if (is_refused("fork")) return errno = EAGAIN, -1;
  REAL(fork);
  return real();
}

EXPORT int posix_spawn(pid_t* child, const char* path, const posix_spawn_file_actions_t* actions,
                       const posix_spawnattr_t* attributes, char* const argv[], char* const environment[]) {
  if (is_refused("posix_spawn")) return EAGAIN;
  REAL(posix_spawn);
  return real(child, path, actions, attributes, argv, environment);
}
