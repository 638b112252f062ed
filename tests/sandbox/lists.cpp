#include "lists.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <map>
#include <set>

namespace tapster::sandbox {

namespace {

constexpr int64_t largest_page = 500;

// Calls `use` with each bounce that is shown.
template <class Use>
void each_bounce(const Account& account, size_t stream, const Use& use) {
  const auto bounces = account.bounces(stream, Time::min(), Time::max());
  for (const auto* bounce = bounces.first; bounce != bounces.last; ++bounce)
    use(*bounce, Account::type(*bounce));
}

}  // namespace

// The row with this id and more members.
static std::optional<std::string> details_of(const std::vector<std::string>& rows, std::string_view member,
                                             std::string_view id, std::string_view more) {
  for (const auto& row : rows) {
    const auto text = fmt::format("\"{}\":{}", member, id);
    const auto at = row.find(text);
    if (at == std::string::npos || std::isdigit(static_cast<unsigned char>(row[at + text.size()])) != 0)
      continue;
    return row.substr(0, row.size() - 1) + std::string(more);
  }
  return std::nullopt;
}

// https://postmarkapp.com/developer/api/domains-api#domain-details
constexpr std::string_view dns =
    R"(,"SPFHost":"example.com","SPFTextValue":"v=spf1 a mx include:spf.mtasv.net ~all","DKIMHost":"","DKIMTextValue":"",)"
    R"("DKIMPendingHost":"2026pm._domainkey.example.com","DKIMPendingTextValue":"k=rsa;p=MIGf+\/AQAB","DKIMRevokedHost":null,)"
    R"("SafeToRemoveRevokedKeyFromDNS":false,"DKIMUpdateStatus":"Pending","ReturnPathDomain":"pmbounces.example.com",)"
    R"("ReturnPathDomainCNAMEValue":"pm.mtasv.net")";

std::optional<std::string> domain_details(std::string_view id) {
  return details_of(domains(), "ID", id, std::string(dns) + "}");
}

// https://postmarkapp.com/developer/api/signatures-api#sender-signature
std::optional<std::string> sender_signature_details(std::string_view id) {
  return details_of(
      sender_signatures(), "ID", id,
      std::string(dns) +
          R"(,"DKIMVerified":true,"WeakDKIM":false,"ReturnPathDomainVerified":true,"ConfirmationPersonalNote":"Dear \"J\""})");
}

// https://postmarkapp.com/developer/api/templates-api#get-template
std::optional<std::string> template_details(const Account& account, std::string_view id) {
  return details_of(
      templates(account), "TemplateId", id,
      R"(,"Subject":"Grüße {{name}}","HtmlBody":"<p>{{name}}<\/p>","TextBody":null,"AssociatedServerId":7})");
}

// https://postmarkapp.com/developer/api/webhooks-api#list-webhooks
std::vector<std::string> webhooks() {
  return {
      R"({"ID":1234567,"Url":"https:\/\/user:a-password@example.com\/a","MessageStream":"outbound",)"
      R"("HttpAuth":{"Username":"user","Password":"a-password"},"HttpHeaders":[{"Name":"Authorization","Value":"a-password"}],)"
      R"("Triggers":{"Open":{"Enabled":true,"PostFirstOpenOnly":false},"Click":{"Enabled":true},"Delivery":{"Enabled":true},)"
      R"("Bounce":{"Enabled":false,"IncludeContent":false},"SpamComplaint":{"Enabled":false,"IncludeContent":false},)"
      R"("SubscriptionChange":{"Enabled":true}}})",
      R"({"ID":1234568,"Url":"https:\/\/example.com\/b","MessageStream":"broadcast","HttpAuth":null,"HttpHeaders":[],)"
      R"("Triggers":{"Open":{"Enabled":false,"PostFirstOpenOnly":true},"Bounce":{"Enabled":true,"IncludeContent":true}}})"};
}

// https://postmarkapp.com/developer/api/server-api#get-server
std::string server_row(const Account& account, std::string_view token) {
  return fmt::format(
      R"({{"ID":{0},"Name":"{1}","ApiTokens":["{2}"],"Color":"Blue","SmtpApiActivated":true,"RawEmailEnabled":false,"DeliveryType":"Live",)"
      R"("ServerLink":"https://postmarkapp.com/servers/{0}/streams","InboundAddress":"hash{0}@inbound.postmarkapp.com",)"
      R"("InboundHookUrl":"https://user:a-password@example.com/inbound","BounceHookUrl":"","PostFirstOpenOnly":false,"InboundDomain":"",)"
      R"("InboundHash":"hash{0}","InboundSpamThreshold":5,"TrackOpens":true,"TrackLinks":"None","IncludeBounceContentInHook":true,)"
      R"("EnableSmtpApiErrorHooks":false}})",
      account.options().server_id, account.options().server_name, token);
}

// https://postmarkapp.com/developer/api/message-streams-api#list-message-streams
std::string message_stream_row(const Account& account, const MessageStream& stream) {
  return fmt::format(
      R"({{"ID":"{}","ServerID":{},"Name":"{}","Description":{},"MessageStreamType":"{}","CreatedAt":"2020-01-01T00:00:00-05:00",)"
      R"("UpdatedAt":null,"ArchivedAt":{},"ExpectedPurgeDate":{},"SubscriptionManagementConfiguration":{{"UnsubscribeHandlingType":"{}"}}}})",
      stream.id, account.options().server_id, stream.name,
      stream.type == "Broadcasts" ? R"("News \"and\" more")" : "null", stream.type,
      stream.is_archived ? R"("2024-01-01T00:00:00-05:00")" : "null",
      stream.is_archived ? R"("2024-02-15T09:30:00.1234567-05:00")" : "null",
      stream.type == "Broadcasts" ? "Postmark" : "None");
}

// https://postmarkapp.com/developer/api/templates-api#list-templates
std::vector<std::string> templates(const Account& account) {
  std::vector<std::string> rows;
  const int count = 620 + std::max(0, eastern_day(account.now()) - eastern_day(account.options().now));
  for (int i = count - 1; i >= 0; --i) {
    rows.push_back(fmt::format(
        R"({{"Active":{},"TemplateId":{},"Name":"Grüße \"{}\"","Alias":{},"TemplateType":"{}","LayoutTemplate":{}}})",
        i % 7 != 0, 1'000'000 + i, i, i % 3 == 0 ? "null" : fmt::format("\"alias-{}\"", i),
        i % 10 == 0 ? "Layout" : "Standard", i % 10 == 1 ? R"("layout")" : "null"));
  }
  return rows;
}

// https://postmarkapp.com/developer/api/inbound-rules-triggers-api#list-inbound-rule-triggers
std::vector<std::string> inbound_rules() {
  return {R"({"ID":3,"Rule":"someone@example.com"})", R"({"ID":5,"Rule":"badsender.example"})"};
}

// Recipients with a hard bounce or a complaint.
// https://postmarkapp.com/developer/api/suppressions-api#suppression-dump
std::vector<std::string> suppressions(const Account& account, size_t stream) {
  std::vector<std::string> rows;
  std::set<std::string> known;
  each_bounce(account, stream, [&](const Account::Bounce& bounce, const Account::BounceType& type) {
    if (type.name != "HardBounce" && type.name != "SpamComplaint") return;
    const auto address = account.recipient(bounce.message);
    if (!known.insert(address + std::string(type.name)).second) return;
    rows.push_back(fmt::format(
        R"({{"EmailAddress":"{}","SuppressionReason":"{}","Origin":"Recipient","CreatedAt":"{}"}})", address,
        type.name, time_text(std::chrono::floor<std::chrono::seconds>(bounce.at), 1)));
  });
  return rows;
}

// https://postmarkapp.com/developer/api/bounce-api#delivery-stats
std::string delivery_stats(const Account& account) {
  std::map<std::string_view, std::pair<std::string_view, int64_t>> types;
  int64_t all = 0;
  size_t inactive = 0;
  for (size_t stream = 0; stream < Account::streams().size(); ++stream) {
    inactive += suppressions(account, stream).size();
    each_bounce(account, stream, [&](const Account::Bounce&, const Account::BounceType& type) {
      auto& [title, count] = types[type.name];
      title = type.title;
      ++count;
      ++all;
    });
  }
  std::string body = fmt::format(R"({{"Name":"All","Count":{}}})", all);
  for (const auto& [name, type] : types)
    body += fmt::format(R"(,{{"Type":"{}","Name":"{}","Count":{}}})", name, type.first, type.second);
  return fmt::format(R"({{"InactiveMails":{},"Bounces":[{}]}})", inactive, body);
}

// https://postmarkapp.com/developer/api/domains-api#list-domains
std::vector<std::string> domains() {
  return {
      R"({"Name":"example.com","SPFVerified":true,"DKIMVerified":true,"WeakDKIM":false,"ReturnPathDomainVerified":false,"ID":36735})",
      R"({"Name":"bücher.example","DKIMVerified":false,"WeakDKIM":true,"ReturnPathDomainVerified":true,"ID":81605})"};
}

// https://postmarkapp.com/developer/api/signatures-api#list-sender-signatures
std::vector<std::string> sender_signatures() {
  return {
      R"({"Domain":"example.com","EmailAddress":"jane@example.com","ReplyToEmailAddress":"info@example.com","Name":"Jane Ö.","Confirmed":true,"ID":36735})",
      R"({"Domain":"example.com","EmailAddress":"j@example.com","ReplyToEmailAddress":"","Name":"J","Confirmed":false,"ID":81605})"};
}

Answer page_of(std::string_view name, const std::vector<std::string>& rows, const Query& query) {
  const auto number = [&](std::string_view parameter) -> int64_t {
    const auto found = query.find(parameter);
    return found == query.end() ? -1 : std::atoll(found->second.c_str());
  };
  const auto count = number("count");
  const auto offset = number("offset");
  if (count < 1 || count > largest_page || offset < 0)
    return {422, R"({"ErrorCode":600,"Message":"Parameters 'count' and 'offset' are required."})"};
  std::string body;
  for (auto i = offset; i < std::min(static_cast<int64_t>(rows.size()), offset + count); ++i)
    body += (body.empty() ? "" : ",") + rows[static_cast<size_t>(i)];
  return {200, fmt::format(R"({{"TotalCount":{},"{}":[{}]}})", rows.size(), name, body)};
}

}  // namespace tapster::sandbox
