#include "validate/library_symbols.hpp"

#include <fcntl.h>
#include <link.h>
#include <unistd.h>

#include <string_view>

namespace tapster::host {

namespace {

using Header = ElfW(Ehdr);
using Section = ElfW(Shdr);
using Symbol = ElfW(Sym);

// A file with debug information is large, so only parts of it are read.
class OpenLibrary {
 public:
  explicit OpenLibrary(const std::filesystem::path& path)
      : descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC)) {}
  OpenLibrary(const OpenLibrary&) = delete;
  OpenLibrary& operator=(const OpenLibrary&) = delete;
  ~OpenLibrary() {
    if (descriptor_ >= 0) ::close(descriptor_);
  }

  // Elements from this offset on; none if they are not all there.
  template <class Part>
  [[nodiscard]] std::vector<Part> parts(size_t offset, size_t count) const {
    std::vector<Part> parts(count);
    const auto size = static_cast<ssize_t>(count * sizeof(Part));
    if (::pread(descriptor_, parts.data(), static_cast<size_t>(size), static_cast<off_t>(offset)) != size)
      return {};
    return parts;
  }

 private:
  int descriptor_;
};

constexpr size_t longest_section = 1UL << 28U;  // a damaged size must not use up the memory

bool is_exported(const Symbol& symbol) {
  const auto binding = ELF64_ST_BIND(symbol.st_info);
  const auto visibility = ELF64_ST_VISIBILITY(symbol.st_other);
  return symbol.st_shndx != SHN_UNDEF && binding != STB_LOCAL &&
         (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

}  // namespace

std::vector<std::string> exported_symbols(const std::filesystem::path& library) {
  std::vector<std::string> names;
  const OpenLibrary file(library);
  const auto header = file.parts<Header>(0, 1);
  if (header.empty()) return names;
  const auto sections = file.parts<Section>(header[0].e_shoff, header[0].e_shnum);
  for (const auto& table : sections) {
    if (table.sh_type != SHT_DYNSYM || table.sh_link >= sections.size()) continue;
    const auto& strings = sections[table.sh_link];
    if (table.sh_size > longest_section || strings.sh_size > longest_section) continue;
    const auto bytes = file.parts<char>(strings.sh_offset, strings.sh_size);
    const std::string_view texts(bytes.data(), bytes.size());
    for (const auto& symbol : file.parts<Symbol>(table.sh_offset, table.sh_size / sizeof(Symbol))) {
      if (!is_exported(symbol) || symbol.st_name >= texts.size()) continue;
      const auto name = texts.substr(symbol.st_name);
      names.emplace_back(name.substr(0, name.find('\0')));
    }
  }
  return names;
}

}  // namespace tapster::host
