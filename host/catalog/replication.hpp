// How a stream is replicated: in full, or incrementally by its replication key.
#pragma once

#include <string>
#include <tapster/error.hpp>
#include <vector>

#include "catalog/catalog_entry.hpp"

namespace tapster::host {

// The replication key of a stream; empty if it is read in full, by its nature or because the given catalog
// says FULL_TABLE. An error (of class config) for a replication-method that is unknown, or FULL_TABLE where
// the stream forces INCREMENTAL.
Result<std::string> replication_key(const CatalogEntry& entry);

// What the given catalog says of the stream and has no effect, one sentence each: another replication or
// primary key, another type of a column. Catalogs made by another connector for the same source have these.
std::vector<std::string> ignored_overrides(const CatalogEntry& entry);

}  // namespace tapster::host
