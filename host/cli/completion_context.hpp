// What can come next on an unfinished command line, for completion.
#pragma once

#include <string>
#include <vector>

namespace tapster::host {

// What can come at the cursor.
struct CompletionContext {
  std::vector<std::string> words;    // these words
  std::vector<std::string> options;  // or one of these options
  enum class Kind { words, file, directory, connector, stream } kind = Kind::words;  // or one of these
};

// What can come after the words `before`, which do not include the program's name.
CompletionContext completion_context(const std::vector<std::string>& before);

}  // namespace tapster::host
