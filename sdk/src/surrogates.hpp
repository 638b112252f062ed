// Lone surrogates in JSON text: \uD83D without its other half is not a character, and parsers reject it.
#pragma once

#include <cstddef>
#include <string>

namespace tapster {

// Replaces every \uD800..\uDFFF escape that is not part of a pair by \uFFFD. Returns how many it replaced.
size_t mend_surrogates(std::string& body);

}  // namespace tapster
