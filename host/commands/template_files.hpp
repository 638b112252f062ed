// The files of sdk/template, which `tapster new` writes. The source file with their texts is generated; see
// embed_template.cmake.
#pragma once

#include <string_view>
#include <vector>

namespace tapster::host {

struct TemplateFile {
  std::string_view path;  // inside the folder, such as "demo/main.cpp"
  std::string_view text;
};

// All files, in the order of their paths. Views of constants.
const std::vector<TemplateFile>& template_files();

}  // namespace tapster::host
