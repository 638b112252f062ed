// How a stream is replicated: in full, or incrementally by its replication key.
#pragma once

#include <string>
#include <tapster/error.hpp>

#include "catalog/catalog_entry.hpp"

namespace tapster::host {

// The replication key of a stream; empty if it is read in full, by its nature or because the given catalog
// says FULL_TABLE. An error (of class config) if the given catalog asks for what the stream cannot do.
Result<std::string> replication_key(const CatalogEntry& entry);

}  // namespace tapster::host
