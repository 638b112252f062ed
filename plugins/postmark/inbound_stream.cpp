#include <tapster/time.hpp>

#include "streams.hpp"

namespace postmark {

using tapster::Type;

namespace {

constexpr std::string_view address =
    R"("properties":{"Email":{"type":["null","string"]},"Name":{"type":["null","string"]},"MailboxHash":{"type":["null","string"]}})";
constexpr std::string_view addresses =
    R"("items":{"type":"object","properties":{"Email":{"type":["null","string"]},"Name":{"type":["null","string"]},"MailboxHash":{"type":["null","string"]}}})";
constexpr std::string_view files =
    R"("items":{"type":"object","properties":{"Name":{"type":["null","string"]},"ContentType":{"type":["null","string"]},"ContentLength":{"type":["null","integer"]}}})";

// The time of a Date header; null for one that is none, as anybody may write into it what he likes.
bool time_sent(std::string_view header, std::string& out) {
  const auto time = tapster::parse_mail_time(header);
  if (!time) {
    out += "null";
    return true;
  }
  out.push_back('"');
  tapster::append_time(out, std::chrono::floor<std::chrono::microseconds>(*time));
  out.push_back('"');
  return true;
}

}  // namespace

const Inbound& inbound() {
  // https://postmarkapp.com/developer/api/messages-api#inbound-message-search
  static const Inbound table{
      .stream =
          {.name = "messages_inbound",
           .description = "Messages received, one row a message. A message changes after it appears, as its "
                          "status does.",
           .key = {"message_id"},
           .replication_key = "date",
           .columns = {{"date", Type::date, "", "The day that Postmark lists it under, in US Eastern time."},
                       {"message_id", Type::string, "/MessageID", "Postmark's id of the message, a UUID."},
                       {"message_stream", Type::string, "/MessageStream",
                        "The id of the message stream it was received through."},
                       {"status", Type::string, "/Status",
                        "Queued, Scheduled (to be tried again), Failed, Blocked or Processed."},
                       {"sent_at", Type::timestamp, "/Date",
                        "The time that its sender wrote into its Date header, right or wrong. Null where "
                        "there is none, or none that can be read.",
                        time_sent},
                       {"sent_header", Type::string, "/Date", "The Date header as it was written."},
                       {"from", Type::string, "/From", "The sender's address."},
                       {"from_name", Type::string, "/FromName", "The sender's name."},
                       {.name = "from_full",
                        .type = Type::object,
                        .path = "/FromFull",
                        .description = "The sender.",
                        .inside = address},
                       {"to", Type::string, "/To", "The To header."},
                       {.name = "to_full",
                        .type = Type::array,
                        .path = "/ToFull",
                        .description = "The To recipients.",
                        .inside = addresses},
                       {"cc", Type::string, "/Cc", "The Cc header."},
                       {.name = "cc_full",
                        .type = Type::array,
                        .path = "/CcFull",
                        .description = "The Cc recipients.",
                        .inside = addresses},
                       {"reply_to", Type::string, "/ReplyTo", "The Reply-To header."},
                       {"original_recipient", Type::string, "/OriginalRecipient",
                        "The address that it came to."},
                       {"subject", Type::string, "/Subject", "The subject."},
                       {"mailbox_hash", Type::string, "/MailboxHash",
                        "What stood behind the + of the inbound address."},
                       {"tag", Type::string, "/Tag", "The tag that its sender gave it."},
                       {.name = "attachments",
                        .type = Type::array,
                        .path = "/Attachments",
                        .description = "Its attachments, without what is in them.",
                        .inside = files}}},
      .path = "/messages/inbound",
      .records = "InboundMessages",
      // https://postmarkapp.com/support/article/1290-inbound-message-statuses
      .statuses = {"queued", "scheduled", "failed", "blocked", "processed"}};
  return table;
}

}  // namespace postmark
