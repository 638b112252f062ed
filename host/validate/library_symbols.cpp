#include "validate/library_symbols.hpp"

#include <link.h>

#include <cstring>
#include <optional>

#include "system/file.hpp"

namespace tapster::host {

namespace {

template <class Part>
std::optional<Part> part_at(const std::string& file, size_t offset) {
  Part part{};
  if (offset > file.size() || file.size() - offset < sizeof part) return std::nullopt;
  std::memcpy(&part, file.data() + offset, sizeof part);
  return part;
}

bool is_exported(const ElfW(Sym) & symbol) {
  const auto binding = ELF64_ST_BIND(symbol.st_info);
  const auto visibility = ELF64_ST_VISIBILITY(symbol.st_other);
  return symbol.st_shndx != SHN_UNDEF && binding != STB_LOCAL &&
         (visibility == STV_DEFAULT || visibility == STV_PROTECTED);
}

}  // namespace

std::vector<std::string> exported_symbols(const std::filesystem::path& library) {
  std::vector<std::string> names;
  const auto file = read_file(library, 1UL << 30U);
  const auto header = file ? part_at<ElfW(Ehdr)>(*file, 0) : std::nullopt;
  if (!header) return names;
  const auto section = [&](size_t index) {
    return part_at<ElfW(Shdr)>(*file, header->e_shoff + index * sizeof(ElfW(Shdr)));
  };
  for (size_t i = 0; i < header->e_shnum; ++i) {
    const auto symbols = section(i);
    if (!symbols || symbols->sh_type != SHT_DYNSYM) continue;
    const auto texts = section(symbols->sh_link);
    if (!texts) continue;
    for (size_t at = 0; at + sizeof(ElfW(Sym)) <= symbols->sh_size; at += sizeof(ElfW(Sym))) {
      const auto symbol = part_at<ElfW(Sym)>(*file, symbols->sh_offset + at);
      if (!symbol || !is_exported(*symbol)) continue;
      const auto name = texts->sh_offset + symbol->st_name;
      if (name < file->size()) names.emplace_back(file->c_str() + name);
    }
  }
  return names;
}

}  // namespace tapster::host
