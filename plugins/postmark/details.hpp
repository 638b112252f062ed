// Reads the details of the rows of a list, at one request per row.
// https://postmarkapp.com/developer/api/messages-api#outbound-message-details
#pragma once

#include <initializer_list>
#include <map>
#include <string>
#include <tapster/record_parser.hpp>

#include "api.hpp"
#include "streams.hpp"

namespace postmark {

// A block of details is pushed when it reaches this size.
constexpr size_t large_block = 1U << 20U;

constexpr Details message_details{"message", "/messages/outbound/{id}/details"};

// Returns the types of a message's events, in order and joined by commas, as a JSON string; null if the
// message no longer exists.
tapster::Result<std::string> event_types(Api& api, std::string_view message_id);

// Returns the raw source of a bounce as a JSON string: empty if Postmark no longer has it, and null if the
// bounce no longer exists. https://postmarkapp.com/developer/api/bounce-api#bounce-dump
tapster::Result<std::string> bounce_dump(Api& api, std::string_view bounce_id);

// Reads the rows in the details. One thread at a time. Its arguments must outlive it.
class DetailsReader {
 public:
  DetailsReader(Api& api, const Details& details, const tapster::Projection& projection);

  // Appends the rows of one id, with these values. An id that no longer exists is logged and skipped.
  tapster::Result<void> append(std::string_view id, tapster::Block& block,
                               std::initializer_list<tapster::Projection::Value> values = {});

 private:
  Api& api_;
  const Details& details_;
  tapster::RecordParser parser_;
  std::map<std::string, int> twins_;  // the number of rows of the message so far, by key
};

}  // namespace postmark
