// Preloaded into the program: writes what it does to files below $TAPSTER_TEST_BELOW to the file
// $TAPSTER_TEST_TRACE, in order and one call a line: "write PATH", "sync PATH", "rename FROM TO".
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define EXPORT __attribute__((visibility("default")))

// The function that the program would have called without us; C has no cast from an object to a function.
#define REAL(function)                       \
  __typeof__(function)* real = NULL;         \
  void* found = dlsym(RTLD_NEXT, #function); \
  memcpy((void*)&real, (void*)&found, sizeof found)

static void trace(const char* what, const char* path, const char* other) {
  const char* below = getenv("TAPSTER_TEST_BELOW");
  const char* file = getenv("TAPSTER_TEST_TRACE");
  if (below == NULL || file == NULL || strncmp(path, below, strlen(below)) != 0) return;
  char line[4096];
  const int size =
      snprintf(line, sizeof line, "%s %s%s%s\n", what, path, other ? " " : "", other ? other : "");
  const int out = open(file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
  REAL(write);
  if (out < 0 || real(out, line, (size_t)size) != size) abort();
  close(out);
}

static void trace_descriptor(const char* what, int descriptor) {
  char link[64];
  char path[2048];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  const ssize_t size = readlink(link, path, sizeof path - 1);
  if (size < 0) return;
  path[size] = '\0';
  trace(what, path, NULL);
}

EXPORT ssize_t write(int descriptor, const void* data, size_t size) {
  trace_descriptor("write", descriptor);
  REAL(write);
  return real(descriptor, data, size);
}

EXPORT int ftruncate(int descriptor, off_t size) {
  trace_descriptor("write", descriptor);
  REAL(ftruncate);
  return real(descriptor, size);
}

EXPORT int fsync(int descriptor) {
  REAL(fsync);
  const int result = real(descriptor);
  trace_descriptor("sync", descriptor);
  return result;
}

EXPORT int fdatasync(int descriptor) {
  REAL(fdatasync);
  const int result = real(descriptor);
  trace_descriptor("sync", descriptor);
  return result;
}

EXPORT int rename(const char* from, const char* to) {
  trace("rename", from, to);
  REAL(rename);
  return real(from, to);
}

EXPORT int renameat2(int from_directory, const char* from, int to_directory, const char* to, unsigned flags) {
  trace("rename", from, to);
  REAL(renameat2);
  return real(from_directory, from, to_directory, to, flags);
}
