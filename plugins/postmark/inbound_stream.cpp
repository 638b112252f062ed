// The streams of received messages.
#include <tapster/converters.hpp>

#include "api.hpp"
#include "streams.hpp"

namespace postmark {

using namespace tapster;

namespace {

constexpr const char* address =
    R"("properties":{"Email":{"type":["null","string"]},"Name":{"type":["null","string"]},"MailboxHash":{"type":["null","string"]}})";
constexpr const char* addresses =
    R"("items":{"type":"object","properties":{"Email":{"type":["null","string"]},"Name":{"type":["null","string"]},"MailboxHash":{"type":["null","string"]}}})";
constexpr const char* files =
    R"("items":{"type":"object","properties":{"Name":{"type":["null","string"]},"ContentType":{"type":["null","string"]},"ContentLength":{"type":["null","integer"]}}})";

constexpr const char* headers =
    R"("items":{"type":"object","properties":{"Name":{"type":["null","string"]},"Value":{"type":["null","string"]}}})";

// https://postmarkapp.com/support/article/1290-inbound-message-statuses
Names statuses() {
  return {"queued", "scheduled", "failed", "blocked", "processed"};
}

}  // namespace

const std::vector<Inbound>& inbounds() {
  static const std::vector<Inbound> table{
      // https://postmarkapp.com/developer/api/messages-api#inbound-message-search
      {.stream =
           {.name = "messages_inbound",
            .description = "Messages received, one row per message. A row changes when its status does.",
            .key = {"message_id"},
            .replication_key = "date",
            .columns = {{"date", Type::date, "",
                         "The day under which Postmark lists the message, in US Eastern time."},
                        {"message_id", Type::string, "/MessageID", "Postmark's id of the message, a UUID."},
                        {"message_stream", Type::string, "/MessageStream",
                         "The id of the message stream that received it."},
                        {"status", Type::string, "/Status",
                         "Queued, Scheduled (will be retried), Failed, Blocked or Processed."},
                        {"sent_at", Type::timestamp, "/Date",
                         "The time in the sender's Date header, which may be wrong. Null if the header is "
                         "missing or unreadable.",
                         mail_time},
                        {"sent_header", Type::string, "/Date", "The text of the Date header."},
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
                        {"bcc", Type::string, "/Bcc", "The Bcc header."},
                        {.name = "bcc_full",
                         .type = Type::array,
                         .path = "/BccFull",
                         .description = "The Bcc recipients.",
                         .inside = addresses},
                        {"reply_to", Type::string, "/ReplyTo", "The Reply-To header."},
                        {"original_recipient", Type::string, "/OriginalRecipient",
                         "The address that received the message."},
                        {"subject", Type::string, "/Subject", "The subject."},
                        {"mailbox_hash", Type::string, "/MailboxHash",
                         "The part of the inbound address after the +."},
                        {"tag", Type::string, "/Tag", "The tag set by the sender."},
                        {.name = "attachments",
                         .type = Type::array,
                         .path = "/Attachments",
                         .description = "The attachments, without their content.",
                         .inside = files}}},
       .path = "/messages/inbound",
       .records = "/InboundMessages",
       .statuses = statuses()},

      // https://postmarkapp.com/developer/api/messages-api#inbound-message-details
      {.stream = {.name = "messages_inbound_details",
                  .description =
                      "The bodies and headers of messages received, one row per message. They are large and "
                      "personal, and cost one request per message, so the stream is not selected by default.",
                  .key = {"message_id"},
                  .replication_key = "date",
                  .columns = {{"date", Type::date, "",
                               "The day under which Postmark lists the message, in US Eastern time."},
                              {"message_id", Type::string, "/MessageID",
                               "The id of the message, as in messages_inbound."},
                              {"message_stream", Type::string, "/MessageStream",
                               "The id of the message stream that received it."},
                              {"status", Type::string, "/Status",
                               "Queued, Scheduled (will be retried), Failed, Blocked or Processed."},
                              {"blocked_reason", Type::string, "/BlockedReason",
                               "Why it was blocked; null if it was not."},
                              {"text_body", Type::string, "/TextBody", "The text body."},
                              {"html_body", Type::string, "/HtmlBody", "The HTML body."},
                              {"stripped_text_reply", Type::string, "/StrippedTextReply",
                               "The text of a reply, without the message that it quotes."},
                              {.name = "headers",
                               .type = Type::array,
                               .path = "/Headers",
                               .description = "The headers.",
                               .inside = headers}},
                  .selected_by_default = false,
                  .is_partial = true},
       .path = "/messages/inbound",
       .records = "/InboundMessages",
       .statuses = statuses(),
       .details = Details{.what = "received message",
                          .request = {.path = "/messages/inbound/{id}/details"},
                          .is_gone = is_gone},
       .listed = {.name = "messages",
                  .key = {"message_id"},
                  .columns = {{"message_id", Type::string, "/MessageID"}},
                  .is_partial = true}}};
  return table;
}

}  // namespace postmark
