#include "plugin/library_file.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <link.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdint>
#include <cstring>
#include <system_error>

namespace tapster::host {

namespace {

using Header = ElfW(Ehdr);
using Segment = ElfW(Phdr);

bool read_at(int file, void* to, size_t size, uint64_t offset) {
  return ::pread(file, to, size, static_cast<off_t>(offset)) == static_cast<ssize_t>(size);
}

bool is_library(const Header& header) {
  return std::memcmp(header.e_ident, ELFMAG, SELFMAG) == 0;
}

// The host's own header says what this machine can run.
bool is_for_this_machine(const Header& header) {
  const int self = ::open("/proc/self/exe", O_RDONLY | O_CLOEXEC);
  Header own{};
  const bool known = self >= 0 && read_at(self, &own, sizeof own, 0);
  if (self >= 0) ::close(self);
  return !known || (header.e_machine == own.e_machine && header.e_ident[EI_CLASS] == own.e_ident[EI_CLASS] &&
                    header.e_ident[EI_DATA] == own.e_ident[EI_DATA]);
}

// Finds where the file must end according to its headers. The section table usually comes last. The loader
// does not need it, but a file without it was truncated. False if the headers themselves are truncated or
// wrong.
bool find_end(int file, const Header& header, uint64_t& end) {
  const uint64_t sections = uint64_t{header.e_shnum} * header.e_shentsize;
  if (header.e_shoff != 0 && __builtin_add_overflow(header.e_shoff, sections, &end)) return false;
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Segment segment{};
    if (header.e_phentsize != sizeof segment ||
        !read_at(file, &segment, sizeof segment, header.e_phoff + i * sizeof segment))
      return false;
    uint64_t segment_end = 0;
    if (__builtin_add_overflow(segment.p_offset, segment.p_filesz, &segment_end)) return false;
    if (segment.p_type == PT_LOAD && segment_end > end) end = segment_end;
  }
  return true;
}

std::string flaw_of(int file) {
  struct stat status {};
  if (::fstat(file, &status) != 0) return std::generic_category().message(errno);
  if (!S_ISREG(status.st_mode)) return "it is not a regular file";
  Header header{};
  if (!read_at(file, &header, sizeof header, 0) || !is_library(header)) return "it is not a shared library";
  if (!is_for_this_machine(header)) return "it was built for another kind of machine";
  uint64_t end = 0;
  if (!find_end(file, header, end)) return "the file is truncated or damaged";
  const auto size = static_cast<uint64_t>(status.st_size);
  if (size < end) return fmt::format("the file is truncated: it has {} bytes of {}", size, end);
  return {};
}

}  // namespace

std::string library_flaw(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  if (file < 0) return std::generic_category().message(errno);
  auto flaw = flaw_of(file);
  ::close(file);
  return flaw;
}

}  // namespace tapster::host
