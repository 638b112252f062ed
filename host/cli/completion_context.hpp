// What may follow in an unfinished command line, for completion.
#pragma once

#include <string>
#include <vector>

namespace tapster::host {

// What may stand where a person is typing.
struct CompletionContext {
  std::vector<std::string> words;    // these words
  std::vector<std::string> options;  // or one of these options
  enum class Kind { words, file, directory, connector, stream } kind = Kind::words;  // or one of these
};

// What may follow the words that stand before, the program's own name left out.
CompletionContext completion_context(const std::vector<std::string>& before);

}  // namespace tapster::host
