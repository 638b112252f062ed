#include "expected_lists.hpp"

#include <date/date.h>

#include <tapster/time.hpp>

#include "lists.hpp"

namespace tapster::e2e {

namespace {

// Columns and the members of the API's rows; those with a "@" are times.
using Columns = std::vector<std::pair<const char*, std::string_view>>;

json::value value_of(const json::object& row, std::string_view member) {
  const bool is_time = member.starts_with('@');
  if (is_time) member.remove_prefix(1);
  const auto* found = row.if_contains(member);
  if (!found || found->is_null()) return nullptr;
  if (!is_time) return *found;
  const auto time = parse_time(json::value_to<std::string>(*found));
  return json::string(
      date::format("%FT%TZ", date::sys_time<std::chrono::microseconds>(
                                 std::chrono::floor<std::chrono::microseconds>(*time).time_since_epoch())));
}

// Adds a row of the API; `more` are further columns.
void add(Tables& tables, const std::string& stream, std::string_view from_api, const Columns& columns,
         json::object more = {}) {
  const auto object = json::parse(from_api).as_object();
  for (const auto& [column, member] : columns) more[column] = value_of(object, member);
  upsert(tables, stream, std::move(more));
}

const Columns server_columns{{"id", "ID"},
                             {"name", "Name"},
                             {"color", "Color"},
                             {"smtp_api_activated", "SmtpApiActivated"},
                             {"raw_email_enabled", "RawEmailEnabled"},
                             {"delivery_type", "DeliveryType"},
                             {"server_link", "ServerLink"},
                             {"inbound_address", "InboundAddress"},
                             {"post_first_open_only", "PostFirstOpenOnly"},
                             {"inbound_domain", "InboundDomain"},
                             {"inbound_hash", "InboundHash"},
                             {"inbound_spam_threshold", "InboundSpamThreshold"},
                             {"track_opens", "TrackOpens"},
                             {"track_links", "TrackLinks"},
                             {"include_bounce_content_in_hook", "IncludeBounceContentInHook"},
                             {"enable_smtp_api_error_hooks", "EnableSmtpApiErrorHooks"}};

}  // namespace

Tables expected_lists(const sandbox::Account& account) {
  Tables tables;
  const auto& streams = sandbox::Account::streams();
  for (size_t i = 0; i < streams.size(); ++i) {
    const auto row = sandbox::message_stream_row(account, streams[i]);
    add(tables, "message_streams", row,
        {{"id", "ID"},
         {"name", "Name"},
         {"description", "Description"},
         {"message_stream_type", "MessageStreamType"},
         {"created_at", "@CreatedAt"},
         {"updated_at", "@UpdatedAt"},
         {"archived_at", "@ArchivedAt"},
         {"expected_purge_date", "@ExpectedPurgeDate"}},
        {{"unsubscribe_handling_type",
          json::parse(row).at("SubscriptionManagementConfiguration").at("UnsubscribeHandlingType")}});
    for (const auto& suppression : sandbox::suppressions(account, i)) {
      add(tables, "suppressions", suppression,
          {{"email_address", "EmailAddress"},
           {"suppression_reason", "SuppressionReason"},
           {"origin", "Origin"},
           {"created_at", "@CreatedAt"}},
          {{"message_stream", streams[i].id}});
    }
  }
  for (const auto& row : sandbox::templates(account)) {
    add(tables, "templates", row,
        {{"template_id", "TemplateId"},
         {"name", "Name"},
         {"alias", "Alias"},
         {"active", "Active"},
         {"template_type", "TemplateType"},
         {"layout_template", "LayoutTemplate"}});
  }
  for (const auto& row : sandbox::webhooks())
    add(tables, "webhooks", row,
        {{"id", "ID"}, {"message_stream", "MessageStream"}, {"triggers", "Triggers"}});
  for (const auto& row : sandbox::inbound_rules())
    add(tables, "inbound_rules", row, {{"id", "ID"}, {"rule", "Rule"}});
  const auto stats = json::parse(sandbox::delivery_stats(account));
  for (const auto& row : stats.at("Bounces").as_array()) {
    add(tables, "delivery_stats", json::serialize(row),
        {{"name", "Name"}, {"type", "Type"}, {"count", "Count"}},
        {{"inactive_mails", stats.at("InactiveMails")}});
  }
  add(tables, "server", sandbox::server_row(account, ""), server_columns);
  return tables;
}

Tables expected_template_details(const sandbox::Account& account) {
  Tables tables;
  for (const auto& row : sandbox::templates(account)) {
    const auto id = json::serialize(json::parse(row).at("TemplateId"));
    add(tables, "template_details", *sandbox::template_details(account, id),
        {{"template_id", "TemplateId"},
         {"name", "Name"},
         {"alias", "Alias"},
         {"active", "Active"},
         {"template_type", "TemplateType"},
         {"layout_template", "LayoutTemplate"},
         {"subject", "Subject"},
         {"text_body", "TextBody"},
         {"html_body", "HtmlBody"}});
  }
  return tables;
}

Tables expected_account_details() {
  const Columns dns{{"spf_host", "SPFHost"},
                    {"spf_text_value", "SPFTextValue"},
                    {"dkim_verified", "DKIMVerified"},
                    {"weak_dkim", "WeakDKIM"},
                    {"dkim_host", "DKIMHost"},
                    {"dkim_text_value", "DKIMTextValue"},
                    {"dkim_pending_host", "DKIMPendingHost"},
                    {"dkim_pending_text_value", "DKIMPendingTextValue"},
                    {"dkim_revoked_host", "DKIMRevokedHost"},
                    {"dkim_revoked_text_value", "DKIMRevokedTextValue"},
                    {"safe_to_remove_revoked_key_from_dns", "SafeToRemoveRevokedKeyFromDNS"},
                    {"dkim_update_status", "DKIMUpdateStatus"},
                    {"return_path_domain", "ReturnPathDomain"},
                    {"return_path_domain_verified", "ReturnPathDomainVerified"},
                    {"return_path_domain_cname_value", "ReturnPathDomainCNAMEValue"}};
  Columns domain{{"id", "ID"}, {"name", "Name"}};
  Columns signature{{"id", "ID"},
                    {"domain", "Domain"},
                    {"email_address", "EmailAddress"},
                    {"reply_to_email_address", "ReplyToEmailAddress"},
                    {"name", "Name"},
                    {"confirmed", "Confirmed"},
                    {"confirmation_personal_note", "ConfirmationPersonalNote"}};
  for (auto* columns : {&domain, &signature}) columns->insert(columns->end(), dns.begin(), dns.end());
  const auto id_of = [](const std::string& row) { return json::serialize(json::parse(row).at("ID")); };
  Tables tables;
  for (const auto& row : sandbox::domains())
    add(tables, "domain_details", *sandbox::domain_details(id_of(row)), domain);
  for (const auto& row : sandbox::sender_signatures())
    add(tables, "sender_signature_details", *sandbox::sender_signature_details(id_of(row)), signature);
  return tables;
}

Tables expected_account_lists(const std::vector<const sandbox::Account*>& servers) {
  Tables tables;
  for (const auto* server : servers) add(tables, "servers", sandbox::server_row(*server, ""), server_columns);
  for (const auto& row : sandbox::domains()) {
    add(tables, "domains", row,
        {{"id", "ID"},
         {"name", "Name"},
         {"spf_verified", "SPFVerified"},
         {"dkim_verified", "DKIMVerified"},
         {"weak_dkim", "WeakDKIM"},
         {"return_path_domain_verified", "ReturnPathDomainVerified"}});
  }
  for (const auto& row : sandbox::sender_signatures()) {
    add(tables, "sender_signatures", row,
        {{"id", "ID"},
         {"domain", "Domain"},
         {"email_address", "EmailAddress"},
         {"reply_to_email_address", "ReplyToEmailAddress"},
         {"name", "Name"},
         {"confirmed", "Confirmed"}});
  }
  return tables;
}

}  // namespace tapster::e2e
