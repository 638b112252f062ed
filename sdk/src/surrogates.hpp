// Lone surrogates in JSON text: \uD83D without its other half is not a character, and parsers reject it.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tapster {

// Replaces every \uD800..\uDFFF escape that is not part of a pair by \uFFFD. Returns how many it replaced.
size_t repair_surrogates(std::string& body);

// The same for text that arrives in pieces.
class SurrogateRepair {
 public:
  // Returns the next piece, without an escape at its end that is not complete. Valid until the next call.
  std::string_view repair(std::string_view piece);
  // Returns what is left at the end of the text.
  std::string_view rest();

 private:
  std::string text_, kept_;
};

}  // namespace tapster
