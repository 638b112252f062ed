// The lists without times.
#include <tapster/converters.hpp>

#include "api.hpp"
#include "columns.hpp"
#include "streams.hpp"

namespace postmark {

using namespace tapster;

namespace {

// The DNS records of a domain, and whether Postmark has found them.
Columns dns_columns() {
  return {{"spf_host", Type::string, "/SPFHost", "The name of the SPF record."},
          {"spf_text_value", Type::string, "/SPFTextValue", "The value of the SPF record."},
          {"dkim_verified", Type::boolean, "/DKIMVerified", "Whether DKIM has ever been verified."},
          {"weak_dkim", Type::boolean, "/WeakDKIM", "Whether the DKIM key is shorter than 1024 bits."},
          {"dkim_host", Type::string, "/DKIMHost", "The name of the current DKIM record."},
          {"dkim_text_value", Type::string, "/DKIMTextValue", "The value of the current DKIM record."},
          {"dkim_pending_host", Type::string, "/DKIMPendingHost", "The name of the next DKIM record."},
          {"dkim_pending_text_value", Type::string, "/DKIMPendingTextValue",
           "The value of the next DKIM record."},
          {"dkim_revoked_host", Type::string, "/DKIMRevokedHost", "The name of the last DKIM record."},
          {"dkim_revoked_text_value", Type::string, "/DKIMRevokedTextValue",
           "The value of the last DKIM record."},
          {"safe_to_remove_revoked_key_from_dns", Type::boolean, "/SafeToRemoveRevokedKeyFromDNS",
           "Whether the last DKIM record can be removed.", boolean_in_text},
          {"dkim_update_status", Type::string, "/DKIMUpdateStatus", "Pending or Verified."},
          {"return_path_domain", Type::string, "/ReturnPathDomain", "The Return-Path domain."},
          {"return_path_domain_verified", Type::boolean, "/ReturnPathDomainVerified",
           "Whether the Return-Path domain is verified."},
          {"return_path_domain_cname_value", Type::string, "/ReturnPathDomainCNAMEValue",
           "The value of the Return-Path domain's CNAME record."}};
}

constexpr const char* triggers =
    R"("properties":{"Open":{"type":["null","object"],"properties":{"Enabled":{"type":["null","boolean"]},"PostFirstOpenOnly":{"type":["null","boolean"]}}},)"
    R"("Click":{"type":["null","object"],"properties":{"Enabled":{"type":["null","boolean"]}}},)"
    R"("Delivery":{"type":["null","object"],"properties":{"Enabled":{"type":["null","boolean"]}}},)"
    R"("Bounce":{"type":["null","object"],"properties":{"Enabled":{"type":["null","boolean"]},"IncludeContent":{"type":["null","boolean"]}}},)"
    R"("SpamComplaint":{"type":["null","object"],"properties":{"Enabled":{"type":["null","boolean"]},"IncludeContent":{"type":["null","boolean"]}}},)"
    R"("SubscriptionChange":{"type":["null","object"],"properties":{"Enabled":{"type":["null","boolean"]}}}})";

// https://postmarkapp.com/developer/api/server-api#get-server, without its ApiTokens
std::vector<Column> server_columns() {
  const auto hook = [](const char* name, const char* path, const char* description) {
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

Details details_at(const char* what, const char* path) {
  return {.what = what, .request = {.path = path}, .is_gone = is_gone};
}

}  // namespace

OffsetPages list_pages() {
  return {.size = page_size,
          .offset = in_query("offset"),
          .limit = in_query("count"),
          .reachable = reachable_rows};
}

const std::vector<List>& lists() {
  static const std::vector<List> table{
      // https://postmarkapp.com/developer/api/message-streams-api#list-message-streams
      {
          .declared =
              {.stream =
                   {.name = "message_streams",
                    .description = "The server's message streams, including archived ones.",
                    .key = {"id"},
                    .columns =
                        {{"id", Type::string, "/ID", "The id of the message stream."},
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
                          "None, Postmark or Custom."}},
                    .ignored =
                        {"/ServerID"}},
               .request = {.path = "/message-streams",
                           .query = {{"MessageStreamType", "All"}, {"IncludeArchivedStreams", "true"}}},
               .records = {.records = "/MessageStreams"}}},

      // https://postmarkapp.com/developer/api/suppressions-api#suppression-dump
      {.declared = {.stream = {.name = "suppressions",
                               .description = "Addresses that a message stream does not send to.",
                               .key = {"message_stream", "email_address", "suppression_reason", "origin"},
                               .columns = {{"message_stream", Type::string, "",
                                            "The id of the message stream."},
                                           {"email_address", Type::string, "/EmailAddress", "The address."},
                                           {"suppression_reason", Type::string, "/SuppressionReason",
                                            "HardBounce, SpamComplaint or ManualSuppression."},
                                           {"origin", Type::string, "/Origin",
                                            "Recipient, Customer or Admin.", nullptr, R"("")"},
                                           {"created_at", Type::timestamp, "/CreatedAt",
                                            "When the address was suppressed."}}},
                    .request = {.path = "/message-streams/{message_stream}/suppressions/dump"},
                    .records = {.records = "/Suppressions"}},
       .by_message_stream = true},

      // https://postmarkapp.com/developer/api/templates-api#list-templates
      {.declared = {.stream = {.name = "templates",
                               .description = "The server's templates and layouts, without their content.",
                               .key = {"template_id"},
                               .columns = {{"template_id", Type::integer, "/TemplateId",
                                            "The id of the template."},
                                           {"name", Type::string, "/Name", "The name."},
                                           {"alias", Type::string, "/Alias", "The alias used to send."},
                                           {"active", Type::boolean, "/Active",
                                            "Whether the template can be used."},
                                           {"template_type", Type::string,
                                            "/TemplateType", "Standard or Layout."},
                                           {"layout_template", Type::string, "/LayoutTemplate",
                                            "The alias of the layout it uses."}}},
                    .request = {.path = "/templates"},
                    .records = {.records = "/Templates", .total = "/TotalCount"},
                    .paginator = list_pages()}},

      // https://postmarkapp.com/developer/api/templates-api#get-template
      {.declared =
           {.stream =
                {.name = "template_details",
                 .description =
                     "The content of templates and layouts, one row each. Costs one request per template, so "
                     "the stream is not selected by default.",
                 .key = {"template_id"},
                 .columns = {{"template_id", Type::integer, "/TemplateId", "The id of the template."},
                             {"name", Type::string, "/Name", "The name."},
                             {"alias", Type::string, "/Alias", "The alias used to send."},
                             {"active", Type::boolean, "/Active", "Whether the template can be used."},
                             {"template_type", Type::string, "/TemplateType", "Standard or Layout."},
                             {"layout_template", Type::string, "/LayoutTemplate",
                              "The alias of the layout it uses."},
                             {"subject", Type::string, "/Subject", "The subject."},
                             {"text_body", Type::string, "/TextBody", "The text body."},
                             {"html_body", Type::string, "/HtmlBody", "The HTML body."}},
                 .selected_by_default = false,
                 .is_partial = true},
            .request = {.path = "/templates"},
            .records = {.records = "/Templates", .total = "/TotalCount"},
            .paginator = list_pages(),
            .details = details_at("template", "/templates/{id}")}},

      // https://postmarkapp.com/developer/api/webhooks-api#list-webhooks, without HttpAuth and HttpHeaders
      {.declared = {.stream = {.name = "webhooks",
                               .description =
                                   "The server's webhooks. Their credentials and headers are left out.",
                               .key = {"id"},
                               .columns = {{"id", Type::integer, "/ID", "The id of the webhook."},
                                           {"message_stream", Type::string, "/MessageStream",
                                            "The id of the message stream that calls it."},
                                           {.name = "url",
                                            .path = "/Url",
                                            .description = "The URL, which may contain a password.",
                                            .selected_by_default = false},
                                           {.name = "triggers",
                                            .type = Type::object,
                                            .path = "/Triggers",
                                            .description =
                                                "What the webhook is called for, and with which options.",
                                            .inside = triggers}},
                               .ignored = {"/HttpAuth", "/HttpHeaders"}},
                    .request = {.path = "/webhooks"},
                    .records = {.records = "/Webhooks"}}},

      // https://postmarkapp.com/developer/api/bounce-api#delivery-stats
      {.declared = {.stream = {.name = "delivery_stats",
                               .description =
                                   "All-time bounces by type, one row per type and one for the total.",
                               .key = {"name"},
                               .columns = {{"name", Type::string,
                                            "/Name", "The title of the type; All for the total."},
                                           {"type", Type::string,
                                            "/Type", "The type, as in bounces; null for the total."},
                                           {"count", Type::integer, "/Count", "Bounces of this type."},
                                           {"inactive_mails", Type::integer, "",
                                            "Inactive addresses of all types; the same in each row."}}},
                    .request = {.path = "/deliverystats"},
                    .records = {.records = "/Bounces"},
                    .beside = {{"/InactiveMails", "inactive_mails"}}}},

      // https://postmarkapp.com/developer/api/server-api#get-server
      {.declared = {.stream = {.name = "server",
                               .description = "The server's settings, one row. API tokens are left out.",
                               .key = {"id"},
                               .columns = server_columns(),
                               .ignored = {"/ApiTokens"}},
                    .request = {.path = "/server"}}},

      // https://postmarkapp.com/developer/api/inbound-rules-triggers-api#list-inbound-rule-triggers
      {.declared = {.stream = {.name = "inbound_rules",
                               .description = "Senders whose messages the server rejects.",
                               .key = {"id"},
                               .columns = {{"id", Type::integer, "/ID", "The id of the rule."},
                                           {"rule", Type::string, "/Rule",
                                            "The blocked address or domain."}}},
                    .request = {.path = "/triggers/inboundrules"},
                    .records = {.records = "/InboundRules", .total = "/TotalCount"},
                    .paginator = list_pages()}},
  };
  return table;
}

const std::vector<DeclaredStream>& account_lists() {
  static const std::vector<DeclaredStream> table{
      // https://postmarkapp.com/developer/api/servers-api#list-servers
      {.stream = {.name = "servers",
                  .description = "The servers of the account. API tokens are left out.",
                  .key = {"id"},
                  .columns = server_columns(),
                  .ignored = {"/ApiTokens"}},
       .request = {.path = "/servers"},
       .records = {.records = "/Servers", .total = "/TotalCount"},
       .paginator = list_pages()},

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
       .request = {.path = "/domains"},
       .records = {.records = "/Domains", .total = "/TotalCount"},
       .paginator = list_pages()},

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
       .request = {.path = "/senders"},
       .records = {.records = "/SenderSignatures", .total = "/TotalCount"},
       .paginator = list_pages()},

      // https://postmarkapp.com/developer/api/domains-api#domain-details
      {.stream = {.name = "domain_details",
                  .description = "The DNS records of the account's sending domains, one row per domain. "
                                 "Costs one request per domain, so the stream is not selected by default.",
                  .key = {"id"},
                  .columns = Columns{{"id", Type::integer, "/ID", "The id of the domain, as in domains."},
                                     {"name", Type::string, "/Name", "The domain."}} +
                             dns_columns(),
                  .selected_by_default = false,
                  .is_partial = true},
       .request = {.path = "/domains"},
       .records = {.records = "/Domains", .total = "/TotalCount"},
       .paginator = list_pages(),
       .details = details_at("domain", "/domains/{id}")},

      // https://postmarkapp.com/developer/api/signatures-api#sender-signature
      {.stream = {.name = "sender_signature_details",
                  .description =
                      "The DNS records and confirmation of the addresses that the account can send from, "
                      "one row per address. Costs one request per address, so the stream is not selected by "
                      "default.",
                  .key = {"id"},
                  .columns = Columns{{"id", Type::integer, "/ID",
                                      "The id of the signature, as in sender_signatures."},
                                     {"domain", Type::string, "/Domain", "The domain."},
                                     {"email_address", Type::string, "/EmailAddress", "The address."},
                                     {"reply_to_email_address", Type::string, "/ReplyToEmailAddress",
                                      "The Reply-To address."},
                                     {"name", Type::string, "/Name", "The name of the sender."},
                                     {"confirmed", Type::boolean, "/Confirmed",
                                      "Whether the address has been confirmed."}} +
                             dns_columns() +
                             Columns{{"confirmation_personal_note", Type::string, "/ConfirmationPersonalNote",
                                      "The note in the message that asked for the confirmation."}},
                  .selected_by_default = false,
                  .is_partial = true},
       .request = {.path = "/senders"},
       .records = {.records = "/SenderSignatures", .total = "/TotalCount"},
       .paginator = list_pages(),
       .details = details_at("sender signature", "/senders/{id}")},
  };
  return table;
}

}  // namespace postmark
