// The details of single messages, which cost one request each.
// https://postmarkapp.com/developer/api/messages-api#outbound-message-details
#pragma once

#include <map>
#include <string>
#include <tapster/record_parser.hpp>

#include "api.hpp"
#include "streams.hpp"

namespace postmark {

// The types of a message's events, in order and joined by commas, as a JSON string; null where the message is
// gone.
tapster::Result<std::string> event_types(Api& api, std::string_view message_id);

// Reads the rows that messages' details hold. One thread at a time; what it is given has to outlive it.
class DetailsReader {
 public:
  DetailsReader(Api& api, const Activity& activity, const tapster::Projection& projection,
                std::string_view message_stream);

  // Appends the rows of one message. A message that is gone has none, and a log line says so.
  tapster::Result<void> append(const std::string& message_id, tapster::Block& block);

 private:
  Api& api_;
  const Activity& activity_;
  tapster::RecordParser parser_;
  std::string message_stream_;        // as JSON
  std::map<std::string, int> twins_;  // rows of the message so far, by key
};

}  // namespace postmark
