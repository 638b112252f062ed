// The lists without times.
#include "streams.hpp"

namespace postmark {

using tapster::Column;
using tapster::Type;

namespace {

// https://postmarkapp.com/developer/api/server-api#get-server, without its ApiTokens
std::vector<Column> server_columns() {
  const auto hook = [](std::string_view name, std::string_view path, std::string_view description) {
    return Column{.name = name, .path = path, .description = description, .selected_by_default = false};
  };
  return {
      {"id", Type::integer, "/ID", "The id of the server."},
      {"name", Type::string, "/Name", "The name."},
      {"color", Type::string, "/Color", "The color in Postmark's list of servers."},
      {"smtp_api_activated", Type::boolean, "/SmtpApiActivated",
       "Whether the server accepts messages over SMTP."},
      {"raw_email_enabled", Type::boolean, "/RawEmailEnabled",
       "Whether inbound webhooks contain the raw message."},
      {"delivery_type", Type::string, "/DeliveryType", "Live or Sandbox."},
      {"server_link", Type::string, "/ServerLink", "The URL of the server's page in Postmark."},
      {"inbound_address", Type::string, "/InboundAddress", "The inbound address."},
      hook("inbound_hook_url", "/InboundHookUrl", "The inbound webhook, which may contain a password."),
      hook("bounce_hook_url", "/BounceHookUrl", "The bounce webhook, which may contain a password."),
      hook("open_hook_url", "/OpenHookUrl", "The open webhook, which may contain a password."),
      hook("delivery_hook_url", "/DeliveryHookUrl", "The delivery webhook, which may contain a password."),
      hook("click_hook_url", "/ClickHookUrl", "The click webhook, which may contain a password."),
      {"post_first_open_only", Type::boolean, "/PostFirstOpenOnly",
       "Whether the open webhook is called only for a recipient's first open."},
      {"inbound_domain", Type::string, "/InboundDomain", "The inbound domain."},
      {"inbound_hash", Type::string, "/InboundHash", "The hash of the inbound address."},
      {"inbound_spam_threshold", Type::integer, "/InboundSpamThreshold",
       "The spam score at which inbound messages are blocked."},
      {"track_opens", Type::boolean, "/TrackOpens", "Whether opens are tracked in all messages."},
      {"track_links", Type::string, "/TrackLinks", "None, HtmlAndText, HtmlOnly or TextOnly."},
      {"include_bounce_content_in_hook", Type::boolean, "/IncludeBounceContentInHook",
       "Whether the bounce webhook contains the bounced message."},
      {"enable_smtp_api_error_hooks", Type::boolean, "/EnableSmtpApiErrorHooks",
       "Whether errors of the SMTP API are sent to the bounce webhook."}};
}

}  // namespace

const std::vector<SmallList>& small_lists() {
  static const std::vector<SmallList> table{
      // https://postmarkapp.com/developer/api/message-streams-api#list-message-streams
      {.stream = {.name = "message_streams",
                  .description = "The server's message streams, including archived ones.",
                  .key = {"id"},
                  .columns = {{"id", Type::string, "/ID", "The id of the message stream."},
                              {"name", Type::string, "/Name", "The name."},
                              {"description", Type::string, "/Description", "The description."},
                              {"message_stream_type", Type::string, "/MessageStreamType",
                               "Transactional, Broadcasts or Inbound."},
                              {"created_at", Type::timestamp, "/CreatedAt", "When it was created."},
                              {"updated_at", Type::timestamp, "/UpdatedAt", "When it was last changed."},
                              {"archived_at", Type::timestamp, "/ArchivedAt", "When it was archived."},
                              {"expected_purge_date", Type::timestamp, "/ExpectedPurgeDate",
                               "When it will be deleted, if it is archived."},
                              {"unsubscribe_handling_type", Type::string,
                               "/SubscriptionManagementConfiguration/UnsubscribeHandlingType",
                               "None, Postmark or Custom."}}},
       .path = "/message-streams",
       .records = "MessageStreams",
       .query = {{"MessageStreamType", "All"}, {"IncludeArchivedStreams", "true"}}},

      // https://postmarkapp.com/developer/api/suppressions-api#suppression-dump
      {.stream = {.name = "suppressions",
                  .description = "Addresses that a message stream does not send to.",
                  .key = {"message_stream", "email_address", "suppression_reason", "origin"},
                  .columns = {{"message_stream", Type::string, "", "The id of the message stream."},
                              {"email_address", Type::string, "/EmailAddress", "The address."},
                              {"suppression_reason", Type::string, "/SuppressionReason",
                               "HardBounce, SpamComplaint or ManualSuppression."},
                              {"origin", Type::string, "/Origin", "Recipient, Customer or Admin.", nullptr,
                               R"("")"},
                              {"created_at", Type::timestamp, "/CreatedAt",
                               "When the address was suppressed."}}},
       .path = "/message-streams/{message_stream}/suppressions/dump",
       .records = "Suppressions"},

      // https://postmarkapp.com/developer/api/templates-api#list-templates
      {.stream = {.name = "templates",
                  .description = "The server's templates and layouts, without their content.",
                  .key = {"template_id"},
                  .columns = {{"template_id", Type::integer, "/TemplateId", "The id of the template."},
                              {"name", Type::string, "/Name", "The name."},
                              {"alias", Type::string, "/Alias", "The alias used to send."},
                              {"active", Type::boolean, "/Active", "Whether the template can be used."},
                              {"template_type", Type::string, "/TemplateType", "Standard or Layout."},
                              {"layout_template", Type::string, "/LayoutTemplate",
                               "The alias of the layout it uses."}}},
       .path = "/templates",
       .records = "Templates",
       .is_paged = true},

      // https://postmarkapp.com/developer/api/bounce-api#delivery-stats
      {.stream = {.name = "delivery_stats",
                  .description = "All-time bounces by type, one row per type and one for the total.",
                  .key = {"name"},
                  .columns = {{"name", Type::string, "/Name", "The title of the type; All for the total."},
                              {"type", Type::string, "/Type", "The type, as in bounces; null for the total."},
                              {"count", Type::integer, "/Count", "Bounces of this type."},
                              {"inactive_mails", Type::integer, "",
                               "Inactive addresses of all types; the same in each row."}}},
       .path = "/deliverystats",
       .records = "Bounces",
       .shared = "/InactiveMails",
       .shared_column = "inactive_mails"},

      // https://postmarkapp.com/developer/api/server-api#get-server
      {.stream = {.name = "server",
                  .description = "The server's settings, one row. API tokens are left out.",
                  .key = {"id"},
                  .columns = server_columns()},
       .path = "/server"},

      // https://postmarkapp.com/developer/api/inbound-rules-triggers-api#list-inbound-rule-triggers
      {.stream = {.name = "inbound_rules",
                  .description = "Senders whose messages the server rejects.",
                  .key = {"id"},
                  .columns = {{"id", Type::integer, "/ID", "The id of the rule."},
                              {"rule", Type::string, "/Rule", "The blocked address or domain."}}},
       .path = "/triggers/inboundrules",
       .records = "InboundRules",
       .is_paged = true},

      // https://postmarkapp.com/developer/api/servers-api#list-servers
      {.stream = {.name = "servers",
                  .description = "The servers of the account. API tokens are left out.",
                  .key = {"id"},
                  .columns = server_columns()},
       .path = "/servers",
       .records = "Servers",
       .is_paged = true,
       .is_of_account = true},

      // https://postmarkapp.com/developer/api/domains-api#list-domains
      {.stream = {.name = "domains",
                  .description = "The account's sending domains.",
                  .key = {"id"},
                  .columns = {{"id", Type::integer, "/ID", "The id of the domain."},
                              {"name", Type::string, "/Name", "The domain."},
                              {"spf_verified", Type::boolean, "/SPFVerified",
                               "Deprecated: Postmark no longer updates it."},
                              {"dkim_verified", Type::boolean, "/DKIMVerified",
                               "Whether DKIM has ever been verified."},
                              {"weak_dkim", Type::boolean, "/WeakDKIM",
                               "Whether the DKIM key is shorter than 1024 bits."},
                              {"return_path_domain_verified", Type::boolean, "/ReturnPathDomainVerified",
                               "Whether the Return-Path domain is verified."}}},
       .path = "/domains",
       .records = "Domains",
       .is_paged = true,
       .is_of_account = true},

      // https://postmarkapp.com/developer/api/signatures-api#list-sender-signatures
      {.stream = {.name = "sender_signatures",
                  .description = "The addresses that the account can send from.",
                  .key = {"id"},
                  .columns = {{"id", Type::integer, "/ID", "The id of the signature."},
                              {"domain", Type::string, "/Domain", "The domain."},
                              {"email_address", Type::string, "/EmailAddress", "The address."},
                              {"reply_to_email_address", Type::string, "/ReplyToEmailAddress",
                               "The Reply-To address."},
                              {"name", Type::string, "/Name", "The name of the sender."},
                              {"confirmed", Type::boolean, "/Confirmed",
                               "Whether the address has been confirmed."}}},
       .path = "/senders",
       .records = "SenderSignatures",
       .is_paged = true,
       .is_of_account = true},
  };
  return table;
}

}  // namespace postmark
