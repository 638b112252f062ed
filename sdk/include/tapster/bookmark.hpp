// Bookmarks: how far a stream has been read, and the state that stores them between syncs.
//
// A state is a JSON object. A stream that is read in parts (accounts, mailboxes, regions) has one bookmark
// per part, so that parts can be added and removed:
//     {"received_at":"2026-11-01T05:00:00Z"}                                     one bookmark
//     {"message_streams":{"outbound":"2026-11-01T05:00:00Z", "news":"…"}}        one per part
//
// All functions here are pure: they may be called from any thread and keep nothing of their arguments.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tapster/error.hpp>
#include <tapster/json.hpp>
#include <tapster/time.hpp>
#include <tapster/zone.hpp>

namespace tapster {

// The times from `from` (included) to `to` (excluded).
struct Window {
  Time from, to;
};

// Parses the bound `since` of a plan request: a day such as "2026-11-01", which starts at midnight in `zone`,
// or an RFC 3339 time. An empty text gives nothing. Errors: config for any other text and for years outside
// 1678 to 2261.
Result<std::optional<Time>> parse_since(std::string_view text, const Zone& zone);

// Parses the bound `until` of a plan request. The result is exclusive: a day gives the start of the next day,
// so all of it is read. Otherwise as parse_since.
Result<std::optional<Time>> parse_until(std::string_view text, const Zone& zone);

// Where a bookmark is stored in a state. Everything before a bookmark has been read. The names are borrowed.
struct BookmarkName {
  std::string_view replication_key;  // the member with the bookmark of the whole stream
  std::string_view parts = {};  // the member with one bookmark per part; empty if the stream has no parts
  std::string_view part = {};   // the name of the part
};

// Returns the bookmark as a time. A part without its own bookmark has that of the whole stream; without
// either the result is nothing. Errors: state, naming the member that is not a time.
Result<std::optional<Time>> time_bookmark(const json::object& state, BookmarkName name);

// As time_bookmark, for a bookmark that is a day, "2026-11-01".
Result<std::optional<Day>> day_bookmark(const json::object& state, BookmarkName name);

// As time_bookmark, for a bookmark of any form. The state owns it. Null if there is none.
Result<const json::value*> value_bookmark(const json::object& state, BookmarkName name);

// Returns the state with this bookmark.
json::object store_bookmark(json::object state, BookmarkName name, json::value bookmark);

// Returns the state after a window has been read: the bookmark advances to the window's end if the window
// starts at or before the bookmark (otherwise there would be a gap) and ends after it. Without a bookmark,
// reading starts at `start`, and only a window that spans it sets one. Otherwise, and in all other members,
// the state stays as it is. Errors: state, as in time_bookmark.
Result<json::object> advance(json::object state, BookmarkName name, Time start, Window read);

// As above for days, after reading from the day `from` on. `next` becomes the bookmark: the day on which the
// next read starts. That is the last day that was read if it may not have been over, otherwise the day after
// it.
Result<json::object> advance(json::object state, BookmarkName name, Day start, Day from, Day next);

}  // namespace tapster
