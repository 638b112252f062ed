// The received messages. Their random numbers do not affect those of other data.
#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "account.hpp"
#include "random.hpp"

namespace tapster::sandbox {

namespace {

using namespace std::chrono_literals;

constexpr uint64_t salt = 500;  // the salt of the first attribute

constexpr std::array<std::string_view, 4> names{R"("Jane Ö. \"J\" Doe")", R"("")", "null", R"("Grüße")"};
constexpr std::array<std::string_view, 3> subjects{"Re: Your invoice", "", R"(Tab\tand \"quotes\" 😀)"};
constexpr std::array<std::string_view, 3> attachments{
    "[]", R"([{"Name":"a b.pdf","ContentType":"application\/pdf","ContentLength":16656}])",
    R"([{"Name":"ü.png","ContentType":"image\/png","ContentLength":4294967296},{"Name":"","ContentType":null,"ContentLength":0}])"};

// Lists may lack these members.
constexpr std::array<std::string_view, 3> bccs{
    "", R"("Bcc":"","BccFull":[],)",
    R"("Bcc":"\"B\" <bcc@example.com>","BccFull":[{"Email":"bcc@example.com","Name":"B","MailboxHash":""}],)"};

// Returns "Mon, 23 Nov 2026 12:12:00" for a clock that is this far ahead of UTC, in this format.
std::string header(Time at, std::chrono::minutes ahead, const char* format = "%a, %d %b %Y %T") {
  const auto shown = date::floor<std::chrono::seconds>(at) + ahead;
  return date::format(format, date::sys_seconds(shown.time_since_epoch()));
}

}  // namespace

void Account::add_inbound(Time start, Ticks span) {
  const auto add = [&](Time at) { inbound_.push_back({at, static_cast<uint32_t>(inbound_.size())}); };
  const auto draw = [&](uint64_t kind, int64_t i, Ticks of) {
    return Ticks(mix(options_.seed + salt + kind, static_cast<uint64_t>(i)) %
                 static_cast<uint64_t>(of.count()));
  };
  for (int64_t i = 0; i < options_.messages * options_.inbound_per_hundred / 100; ++i)
    add(start + draw(0, i, span));
  for (int64_t i = 0; i < options_.inbound_burst; ++i)
    add(options_.inbound_burst_at + draw(1, i, options_.inbound_burst_span));
}

// A message that the server's webhook does not accept is retried for some hours.
std::string_view Account::status(const Inbound& inbound) const {
  const auto kind = attribute(inbound.id, salt) % 20;
  const auto age = now_ - inbound.at;
  if (kind < 2) return "Blocked";
  if (age < (kind < 4 ? 2h : 1min)) return "Queued";
  if (kind < 8 && age < 10h) return "Scheduled";
  return kind < 6 ? "Failed" : "Processed";
}

Account::Sent Account::sent(const Inbound& inbound) {
  const Time second = std::chrono::floor<std::chrono::seconds>(inbound.at);
  switch (attribute(inbound.id, salt + 1) % 12) {
    case 0:
      return {};
    case 1:
      return {"", {}};
    case 2:
      return {"yesterday at noon", {}};
    case 3:
      return {header(inbound.at, 0min) + " CEST", {}};
    case 4:  // an obsolete form
      return {header(inbound.at, -300min, "%e %b %y %H:%M:%S") + " est", second};
    case 5:  // a clock that is wrong by years
      return {"Thu, 1 Jan 1970 00:00:00 GMT", Time{}};
    case 6:
      return {header(inbound.at + 240h, 345min) + " +0545", second + 240h};
    case 7:
      return {header(inbound.at, 120min) + R"( +0200 (the \"summer\" time)\r\n)", second};
    default:
      return {header(inbound.at - 3s, -300min) + " -0500", second - 3s};
  }
}

void Account::append_inbound(std::string& out, const Inbound& inbound) const {
  const auto id = inbound.id;
  const auto draw = [&](uint64_t which) { return attribute(id, salt + which); };
  const auto [date, at] = sent(inbound);
  const auto from = fmt::format("user{}@example.com", draw(2) % 1000);
  const auto hash = draw(3) % 3 == 0 ? fmt::format("ticket-{}", id) : "";
  const auto to = fmt::format("inbound{}{}@inbound.example.com", hash.empty() ? "" : "+", hash);
  const std::string_view cc = draw(4) % 10 == 0 ? "cc@example.com" : "";
  fmt::format_to(
      std::back_inserter(out),
      R"({{"From":"{}","FromName":{},"FromFull":{{"Email":"{}","Name":{},"MailboxHash":""}},"To":"{}",)"
      R"("ToFull":[{{"Email":"{}","Name":"","MailboxHash":"{}"}}],"Cc":"{}","CcFull":{},{}"ReplyTo":"{}","OriginalRecipient":"{}",)"
      R"("Subject":"{}",{}"MailboxHash":"{}","Tag":"{}","Attachments":{},"MessageID":"{}",)"
      R"("Status":"{}","MessageStream":"{}"}})",
      from, pick(names, draw(5)), from, pick(names, draw(5)), to, to, hash, cc,
      cc.empty() ? "[]" : R"([{"Email":"cc@example.com","Name":"Cc","MailboxHash":""}])",
      pick(bccs, draw(12)), draw(6) % 4 == 0 ? "reply@example.com" : "", to, pick(subjects, draw(7)),
      date               ? fmt::format(R"("Date":"{}",)", *date)
      : draw(8) % 2 == 0 ? R"("Date":null,)"
                         : "",
      hash, draw(9) % 5 == 0 ? "a b&c=d" : "", pick(attachments, draw(10)), inbound_id(id), status(inbound),
      streams().back().id);
}

std::string Account::inbound_id(uint32_t inbound) const {
  return fmt::format("{:08x}-{:04x}-4000-b000-{:012x}", inbound, options_.seed & 0xFFFFU,
                     attribute(inbound, salt + 11) & 0xFFFFFFFFFFFFU);
}

const Account::Inbound* Account::find_inbound(std::string_view message_id) const {
  const auto shown = inbound(Time::min(), Time::max());
  const auto* found = std::find_if(shown.first, shown.last,
                                   [&](const Inbound& one) { return inbound_id(one.id) == message_id; });
  return found == shown.last ? nullptr : found;
}

void Account::append_details(std::string& out, const Inbound& inbound) const {
  append_inbound(out, inbound);
  out.pop_back();
  const auto is_blocked = status(inbound) == "Blocked";
  out += fmt::format(
      R"(,"TextBody":{},"HtmlBody":"<p>{}<\/p>",{}"Headers":[{{"Name":"X-Spam-Score","Value":"-0.1"}},{{"Name":"","Value":null}}],)"
      R"("BlockedReason":{}}})",
      attribute(inbound.id, salt + 13) % 3 == 0 ? R"("")" : R"("Grüße\n> \"quoted\"")", inbound.id,
      attribute(inbound.id, salt + 14) % 2 == 0 ? R"("StrippedTextReply":"Grüße",)" : "",
      is_blocked ? R"("Blocked by the rule \"badsender.example\"")" : "null");
}

}  // namespace tapster::sandbox
