// How a stream is replicated: in full, or incrementally by its replication key.
#pragma once

#include <string>
#include <tapster/error.hpp>
#include <vector>

#include "catalog/catalog_entry.hpp"

namespace tapster::host {

// The replication key of a stream; empty if it is read in full, by its nature or because the given catalog
// says FULL_TABLE. An error (of class config) for an unknown replication-method, and for FULL_TABLE if the
// stream forces INCREMENTAL.
Result<std::string> replication_key(const CatalogEntry& entry);

// What the given catalog says about the stream without effect, one sentence each: another replication or
// primary key, another type of a column. Catalogs of another connector for the same source have these. Also a
// stream_alias in the metadata, where Singer has none.
std::vector<std::string> ignored_overrides(const CatalogEntry& entry);

}  // namespace tapster::host
