// Declared streams that are parents and children of each other: see parent.hpp.
#pragma once

#include <memory>
#include <tapster/host.hpp>
#include <tapster/source.hpp>
#include <vector>

#include "prepared_stream.hpp"

namespace tapster {

// Adds the functions to the streams that have no failure. `prepared` has each of those; a child of another
// one gets a failure.
void relate(Host host, const std::vector<std::shared_ptr<const PreparedStream>>& prepared,
            std::vector<SourceStream>& streams);

}  // namespace tapster
