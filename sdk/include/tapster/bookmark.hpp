// Bookmarks: how far a stream has been read, and the state that keeps them between syncs.
//
// A state is a JSON object. A stream that is read in parts (accounts, mailboxes, regions) has a bookmark for
// each, as the parts come and go:
//     {"received_at":"2026-11-01T05:00:00Z"}                                     one bookmark
//     {"message_streams":{"outbound":"2026-11-01T05:00:00Z", "news":"…"}}        one for each part
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <tapster/error.hpp>
#include <tapster/json.hpp>
#include <tapster/time.hpp>
#include <tapster/zone.hpp>

namespace tapster {

// Times from `from` up to and without `to`.
struct Window {
  Time from, to;
};

// The time that `since` of a plan request means: a day begins when it begins in `zone`. Nothing for an empty
// text, a config error for any other.
Result<std::optional<Time>> parse_since(std::string_view text, const Zone& zone);

// The time that `until` means, up to and without: a day is wholly included.
Result<std::optional<Time>> parse_until(std::string_view text, const Zone& zone);

// The bookmark of a stream in a state: everything before it has been read, and it is moved on by finished
// windows.
struct BookmarkName {
  std::string_view replication_key;  // the member that holds a bookmark for the whole stream
  std::string_view parts =
      {};                      // the member that holds one for each part; empty where the stream has no parts
  std::string_view part = {};  // which part
};

// The bookmark, a time. A part without one of its own has that of the whole stream; nothing where neither is
// there. A state error names the member that is no time.
Result<std::optional<Time>> time_bookmark(const json::object& state, BookmarkName name);

// The same for a bookmark that is a day, "2026-11-01".
Result<std::optional<Day>> day_bookmark(const json::object& state, BookmarkName name);

// Moves the bookmark to the window's end, if the window begins at or before the bookmark (otherwise what lies
// between has not been read) and ends after it. Where there is none yet, everything from `start` on is still
// to be read, so a window that begins later, or ends earlier, makes none. Members that are not ours stay as
// they are.
Result<json::object> advance(json::object state, BookmarkName name, Time start, Window read);

// The same for days, read from `from` on. The bookmark becomes `next`, the day to go on with: the last day
// that was read, which may not have been over, or the day after it where another slice begins there.
Result<json::object> advance(json::object state, BookmarkName name, Day start, Day from, Day next);

}  // namespace tapster
