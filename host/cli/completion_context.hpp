// What can come next on an unfinished command line, for completion.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace CLI {
class App;
}

namespace tapster::host {

// A word that is offered, and what it means; the latter may be empty.
struct Candidate {
  std::string word, description;
};

// What can come at the cursor.
struct CompletionContext {
  std::vector<Candidate> words;    // these words
  std::vector<Candidate> options;  // or one of these options
  // Or one of these. A pattern is a stream, or a stream's column.
  enum class Kind { words, file, directory, connector, stream, pattern } kind = Kind::words;
};

// What can come after the words `before`, which do not include the program's name.
CompletionContext completion_context(const std::vector<std::string>& before);

// The same for the words after a command, or after a program without commands.
CompletionContext completion_context(const CLI::App& command, const std::vector<std::string>& before);

}  // namespace tapster::host
