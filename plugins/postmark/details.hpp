// Reads the details of messages, at one request per message.
// https://postmarkapp.com/developer/api/messages-api#outbound-message-details
#pragma once

#include <map>
#include <string>
#include <tapster/record_parser.hpp>

#include "api.hpp"
#include "streams.hpp"

namespace postmark {

// Returns the types of a message's events, in order and joined by commas, as a JSON string; null if the
// message no longer exists.
tapster::Result<std::string> event_types(Api& api, std::string_view message_id);

// Reads the rows in the details of messages. One thread at a time. Its arguments must outlive it.
class DetailsReader {
 public:
  DetailsReader(Api& api, const Activity& activity, const tapster::Projection& projection,
                std::string_view message_stream);

  // Appends the rows of one message. A message that no longer exists is logged and skipped.
  tapster::Result<void> append(const std::string& message_id, tapster::Block& block);

 private:
  Api& api_;
  const Activity& activity_;
  tapster::RecordParser parser_;
  std::string message_stream_;        // as JSON
  std::map<std::string, int> twins_;  // the number of rows of the message so far, by key
};

}  // namespace postmark
