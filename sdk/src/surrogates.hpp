// Lone surrogates in JSON text: \uD83D without its other half is no character, and no reader takes it.
#pragma once

#include <cstddef>
#include <string>

namespace tapster {

// Writes U+FFFD over every \uD800..\uDFFF escape that is no half of a pair. Returns how many there were.
size_t mend_surrogates(std::string& body);

}  // namespace tapster
