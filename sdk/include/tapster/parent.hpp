// Parent and child streams: the records of the parent say what to request for the child. Plain values.
//
//     DeclaredStream comments{.stream = {.name = "comments", .key = {"id"}, .replication_key = "updated_at",
//                                        .columns = {{"id", Type::integer, "/id"},
//                                                    {"ticket_id", Type::integer},
//                                                    {"updated_at", Type::timestamp}, …}},
//                             .request = {.path = "/tickets/{ticket}/comments"},
//                             .parent = Parent{.stream = "tickets",
//                                              .bind = {{"/id", in_path("ticket"), "ticket_id"},
//                                                       {.from = "/updated_at", .column = "updated_at"}}}};
//     return Source{.streams = declare(host, client, {tickets, comments})};
//
// A child has the slices and the partitions of its parent, and reads the children of all records of a slice.
// With a replication key it is incremental by its parent's cursor, and its state has the form of the parent's
// state: the bookmark says up to which records of the parent the children have been read. Without one, each
// sync reads the children of every record.
//
// A slice of the parent is requested once for the parent itself and all its children, whichever of them are
// selected, if their bookmarks are equal. It is requested again if more than 32 MiB would have to be kept for
// those that have not read it yet.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <tapster/error.hpp>
#include <tapster/request_template.hpp>
#include <vector>

namespace tapster {

// A value of the parent's record, and where it goes.
struct Bind {
  // A JSON Pointer through objects into the parent's record as it is emitted: it begins with a column's name.
  // The column is read whether it is selected or not.
  std::string from;
  std::optional<Place> to = {};  // in each request for the child
  std::string column = {};       // of each record of the child; a column without a path
};

struct Parent {
  std::string stream;  // the name of one that is declared in the same call, and may be a child too
  std::vector<Bind> bind;
  // Whether a record of the parent is skipped, with a warning, if its first request means that it no longer
  // exists, or if it has null where a request needs a value. Otherwise the slice fails. The counter
  // "skipped_parents" has their number.
  bool skip_missing = false;
  // Whether an error means that. Any thread.
  std::function<bool(const Error& error)> is_missing = [](const Error& error) {
    return error.http_status == 404;
  };
};

}  // namespace tapster
