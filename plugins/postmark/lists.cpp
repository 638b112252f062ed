// Makes the lists without times.
#include "api.hpp"
#include "streams.hpp"

namespace postmark {

using namespace tapster;

SourceStream make_stream(const List& list, const std::shared_ptr<Api>& api, const Config&, Host host) {
  auto declared = list.declared;
  if (list.by_message_stream) {
    declared.partitions = Partitions{.member = "message_stream",
                                     .bookmarks = "message_streams",
                                     .to = in_path("message_stream"),
                                     .find = [api] { return api->message_streams(false); }};
    declared.means_empty = [api](const Error& error, const json::object& slice) {
      return api->skips({text_of(slice, "message_stream"), slice}, error);
    };
  }
  return declare(host, api ? api->client() : nullptr, std::move(declared));
}

}  // namespace postmark
