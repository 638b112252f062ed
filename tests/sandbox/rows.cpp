// The rows of the sandbox, as the API writes them.
#include <fmt/format.h>

#include <algorithm>

#include "account.hpp"
#include "random.hpp"

namespace tapster::sandbox {

namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 8> subjects{R"(Your invoice)",
                                                   R"(Quotes \"inside\" and a back\\slash)",
                                                   R"(Grüße 😀 from \ud83d\ude80)",
                                                   R"(Tab\tand line\nbreak)",
                                                   R"()",
                                                   R"(separators \u2028 and \u2029)",
                                                   R"(control \u0001\u001f)",
                                                   R"(slash \/ and {\"json\":[1]})"};
constexpr std::array<std::string_view, 5> tags{"", "welcome", "invoice", "Grüße", "a \"b\" & c=d+50%"};
constexpr std::array<std::string_view, 4> platforms{"Desktop", "Mobile", "WebMail", "Unknown"};
constexpr std::array<std::string_view, 5> clients{"Apple Mail", "Gmail", "Outlook 2016", "Thunderbird",
                                                  "Name \\\"with\\\" quotes"};
constexpr std::array<std::string_view, 3> click_platforms{"Desktop", "Mobile", "Unknown"};
constexpr std::array<std::string_view, 4> browsers{"Chrome", "Firefox", "Safari", "Name \\\"with\\\" quotes"};
constexpr std::array<std::string_view, 5> links{
    "https:\\/\\/example.com\\/", "https:\\/\\/example.com\\/a?b=c&d=e%20f#g",
    "https:\\/\\/example.com\\/Grüße", "https:\\/\\/example.com\\/unsubscribe", "mailto:someone@example.com"};
// https://postmarkapp.com/developer/api/bounce-api#bounce-types
constexpr std::array<Account::BounceType, 11> bounce_types{
    {{"HardBounce", 1, "Hard bounce"},
     {"SoftBounce", 4096, "Soft bounce"},
     {"Transient", 2, "Message delayed"},
     {"Blocked", 100006, "ISP block"},
     {"SpamComplaint", 100001, "Spam complaint"},
     {"DMARCPolicy", 100009, "DMARC Policy"},
     {"AutoResponder", 64, "Auto responder"},
     {"DnsError", 256, "DNS error"},
     {"SpamNotification", 512, "Spam notification"},
     {"Unknown", 2048, "Undetermined"},
     {"VirusNotification", 8192, "Virus notification"}}};
constexpr std::array<std::string_view, 5> metadata{
    R"({})", R"({"color":"blue","client-id":"12345"})", R"({"odd \"key\"":"","":"empty"})", R"({"n":"3.10"})",
    R"({"float":3.10,"small":1E-7,"least":-9223372036854775808,"most":18446744073709551615})"};
// The reference shows the names of attachments, its OpenAPI file shows objects.
constexpr std::array<std::string_view, 2> attachments{
    R"(["a b.pdf","ü.png"])",
    R"([{"Name":"a b.pdf","ContentType":"application\/pdf","ContentLength":16656},{"Name":null}])"};
constexpr std::array<std::string_view, 3> places{
    "{}", "null",
    R"({"CountryISOCode":"DE","Country":"Germany","RegionISOCode":"BW","Region":"Baden-Württemberg","City":"Ulm","Zip":"89073","Coords":"48.4,9.99","IP":"203.0.113.7"})"};

}  // namespace

std::string Account::message_id(uint32_t message) const {
  const auto a = attribute(message, options_.seed + 20);
  const auto b = attribute(message, options_.seed + 21);
  // The first eight digits are the id, so all are different.
  return fmt::format("{:08x}-{:04x}-4{:03x}-a{:03x}-{:012x}", message, a & 0xFFFFU, a >> 16U & 0xFFFU,
                     a >> 28U & 0xFFFU, b & 0xFFFFFFFFFFFFU);
}

std::string_view Account::status(const Message& message) const {
  const auto age = now_ - message.at;
  return age < 2min ? "Queued" : age < 10min ? "Processed" : "Sent";
}

std::string_view Account::platform(const Open& open) {
  return pick(platforms, mix(attribute(open.message, 30), open.number));
}

std::string_view Account::platform(const Click& click) {
  return pick(click_platforms, mix(attribute(click.message, 70), click.number));
}

std::string_view Account::browser(const Click& click) {
  return pick(browsers, mix(attribute(click.message, 71), click.number));
}

std::string_view Account::click_location(const Click& click) {
  return click.number % 6 > 3 ? "Text" : "HTML";
}

std::string_view Account::client(const Open& open) {
  return pick(clients, mix(attribute(open.message, 50), open.number));
}

static uint64_t read_seconds(const Account::Open& open) {
  return mix(attribute(open.message, 50), open.number) % 30;
}

std::string Account::read_time(const Open& open) {
  const auto seconds = read_seconds(open);
  return seconds < 20 ? fmt::format("{}s", seconds) : "20s+";
}

Account::BounceType Account::type(const Bounce& bounce) {
  return bounce_types[attribute(bounce.message, 61) % bounce_types.size()];
}

int64_t Account::bounce_id(const Bounce& bounce) {
  // More digits than a double has.
  return 9'007'199'254'740'993 + bounce.message;
}

std::string_view Account::link(const Click& click) {
  // A client that opens all links clicks some at the same time.
  return pick(links, attribute(click.message, 73) + click.number);
}

std::string Account::recipient(uint32_t message) const {
  return fmt::format("user{}@example.com", attribute(message, 31) % 1000);
}

std::string_view Account::tag(uint32_t message) {
  return pick(tags, attribute(message, 32));
}

static std::string quotes_escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"') escaped.push_back('\\');
    escaped.push_back(c);
  }
  return escaped;
}

static std::string tag_member(uint32_t message) {
  const auto tag = Account::tag(message);
  if (!tag.empty()) return fmt::format(R"("Tag":"{}",)", quotes_escaped(tag));
  return attribute(message, 33) % 2 == 0 ? R"("Tag":null,)" : "";
}

void Account::append_message(std::string& out, const Message& message) const {
  const auto id = message.id;
  const auto to = recipient(id);
  const std::array<std::string_view, 3> names{"null", R"("")", R"("Jane Ö. \"J\" Doe")"};
  const auto cc = attribute(id, 40) % 10 == 0 ? R"([{"Email":"cc@example.com","Name":"Cc"}])" : "[]";
  const auto bcc = attribute(id, 41) % 20 == 0
                       ? R"([{"Email":"bcc@example.com","Name":null},{"Email":"b2@example.com","Name":""}])"
                       : "[]";
  fmt::format_to(
      std::back_inserter(out),
      R"({{{}"MessageID":"{}","To":[{{"Email":"{}","Name":{}}}],"Cc":{},"Bcc":{},"Recipients":["{}"],"ReceivedAt":"{}",)"
      R"("From":"\"Sender\" <sender@example.com>","Subject":"{}","Attachments":{},"Status":"{}","TrackOpens":{},)"
      R"("TrackLinks":"{}","Metadata":{},"MessageStream":"{}","Sandboxed":{}}})",
      tag_member(id), message_id(id), to, pick(names, attribute(id, 42)), cc, bcc, to,
      time_text(message.at, attribute(id, 43)),
      id == 0 && !options_.subject.empty() ? options_.subject : pick(subjects, attribute(id, 44)),
      attribute(id, 45) % 10 == 0 ? pick(attachments, attribute(id, 45) / 10) : "[]", status(message),
      attribute(id, 46) % 3 != 0, attribute(id, 47) % 2 == 0 ? "None" : "HtmlAndText",
      pick(metadata, attribute(id, 48)), streams()[message.stream].id, attribute(id, 49) % 100 == 0);
}

void Account::append_open(std::string& out, const Open& open) const {
  const auto id = open.message;
  const auto draw = mix(attribute(id, 50), open.number);
  fmt::format_to(
      std::back_inserter(out),
      R"({{"RecordType":"Open","MessageStream":"{}",{}"Client":{{"Name":"{}","Company":"Maker","Family":"{}"}},)"
      R"("OS":{{"Name":"OS X 10.7 Lion","Company":"Apple Computer, Inc.","Family":"OS X 10"}},"Platform":"{}",)"
      R"("UserAgent":"Mozilla\/5.0 \"x\" (y","ReadSeconds":{}{},"Geo":{},"MessageID":"{}","ReceivedAt":"{}",{}"Recipient":"{}"}})",
      streams()[by_id_[id].stream].id,
      open.number == 0 ? R"("FirstOpen":true,)"
      : draw % 2 == 0  ? R"("FirstOpen":false,)"
                       : "",
      client(open), client(open), platform(open), read_seconds(open), draw % 7 == 0 ? ".25" : "",
      pick(places, draw >> 8U), message_id(id), time_text(open.at, draw >> 16U), tag_member(id),
      recipient(id));
}

void Account::append_click(std::string& out, const Click& click) const {
  const auto id = click.message;
  const auto draw = mix(attribute(id, 72), click.number);
  fmt::format_to(
      std::back_inserter(out),
      R"({{"RecordType":"Click","ClickLocation":"{}","Client":{{"Name":"{}","Company":"Maker","Family":"{}"}},)"
      R"("OS":{{"Name":"OS X 10.7 Lion","Company":"Apple Computer, Inc.","Family":"OS X 10"}},"Platform":"{}",)"
      R"("UserAgent":"Mozilla\/5.0 \"x\" (y","OriginalLink":"{}","Geo":{},"MessageID":"{}","MessageStream":"{}","ReceivedAt":"{}",{}"Recipient":"{}"}})",
      click_location(click), browser(click), browser(click), platform(click), link(click),
      pick(places, draw >> 8U), message_id(id), streams()[by_id_[id].stream].id,
      time_text(click.at, draw >> 16U), tag_member(id), recipient(id));
}

void Account::append_bounce(std::string& out, const Bounce& bounce) const {
  const auto id = bounce.message;
  const auto draw = attribute(id, 62);
  const auto [name, code, title] = type(bounce);
  const bool is_hard = name == "HardBounce" || name == "SpamComplaint";
  fmt::format_to(
      std::back_inserter(out),
      R"({{"RecordType":"Bounce","ID":{},"Type":"{}","TypeCode":{},"Name":"{}",{}"MessageID":"{}","ServerID":{},"MessageStream":"{}",)"
      R"("Description":"The server was unable to deliver your message (ex: unknown user, mailbox not found).",)"
      R"("Details":{},"Email":"{}","From":"sender@example.com","BouncedAt":"{}","DumpAvailable":{},"Inactive":{},"CanActivate":{},)"
      R"("Subject":"{}"}})",
      bounce_id(bounce), name, code, title, tag_member(id), message_id(id), options_.server_id,
      streams()[by_id_[id].stream].id,
      draw % 3 == 0 ? "null" : fmt::format(R"("smtp;550 5.1.1 \"unknown\" user <{}>\r\n")", recipient(id)),
      recipient(id), time_text(bounce.at, draw >> 16U), draw % 2 == 0, is_hard,
      is_hard && name != "SpamComplaint", pick(subjects, attribute(id, 44)));
}

void Account::append_dump(std::string& out, const Bounce& bounce) const {
  const auto id = bounce.message;
  out += attribute(id, 64) % 3 == 0
             ? R"({"Body":""})"
             : fmt::format(R"({{"Body":"Return-Path: <>\r\nTo: \"J\" <{}>\r\n\r\nGrüße"}})", recipient(id));
}

std::string Account::events_of(const Message& message) const {
  std::vector<std::pair<Time, std::string>> events;
  // `details` are the members of the event's Details object.
  const auto add = [&](Time at, std::string_view type, const std::string& details) {
    if (at > now_) return;
    events.emplace_back(
        at, fmt::format(R"({{"Recipient":"{}","Type":"{}","ReceivedAt":"{}","Details":{{{}}}}})",
                        recipient(message.id), type, time_text(at, attribute(message.id, 80)), details));
  };
  const auto delivery = [](std::string_view said) {
    return fmt::format(
        R"("DeliveryMessage":"{}","DestinationServer":"mx.example.com Grüße","DestinationIP":"203.0.113.9")",
        said);
  };
  // Some fail twice in the same second before they are delivered.
  const auto tries = attribute(message.id, 81) % 20 == 0 ? 2 : 0;
  for (int i = 0; i < tries; ++i)
    add(std::chrono::floor<std::chrono::seconds>(message.at) + 2s, "Transient", delivery("421 later"));
  const auto is_of_message = [&](const auto& row) { return row.message == message.id; };
  const auto bounced = bounces(message.stream, message.at, Time::max());
  const auto* bounce = std::find_if(bounced.first, bounced.last, is_of_message);
  if (bounce == bounced.last) {
    add(message.at + 3s, "Delivered", delivery(fmt::format(R"(250 \"OK\" <{}>)", recipient(message.id))));
  } else {
    const auto name = type(*bounce).name;
    add(bounce->at, "Bounced",
        fmt::format(R"("Summary":"smtp;550 5.1.1 {} <{}>","BounceID":"{}")", name, recipient(message.id),
                    bounce_id(*bounce)));
    if (name == "SpamComplaint") {
      add(bounce->at + 1s, "SubscriptionChanged", R"("Origin":"Recipient","SuppressSending":"True")");
    } else if (name == "HardBounce") {
      add(bounce->at + 1s, "SubscriptionChanged", R"("Origin":"Admin","SuppressSending":true)");
    }
  }
  const auto opened = opens(message.stream, message.at, Time::max());
  for (const auto* open = opened.first; open != opened.last; ++open) {
    if (is_of_message(*open))
      add(open->at, "Opened", fmt::format(R"("Summary":"Email opened with {}")", client(*open)));
  }
  const auto clicked = clicks(message.stream, message.at, Time::max());
  for (const auto* click = clicked.first; click != clicked.last; ++click) {
    if (!is_of_message(*click)) continue;
    add(click->at, "LinkClicked",
        fmt::format(R"("Summary":"Tracked link clicked","Link":"{}","ClickLocation":"{}")", link(*click),
                    click_location(*click)));
  }
  std::stable_sort(events.begin(), events.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  std::string text;
  for (const auto& [at, event] : events) text += (text.empty() ? "" : ",") + event;
  return text;
}

void Account::append_details(std::string& out, const Message& message) const {
  append_message(out, message);
  out.pop_back();
  out += fmt::format(
      R"(,"TextBody":{},"HtmlBody":"<p>html {} Grüße<\/p>","Body":"From: sender@example.com\r\n\r\nraw","MessageEvents":[{}]}})",
      attribute(message.id, 82) % 4 == 0 ? "null" : R"("text\nof \"it\"")", message.id, events_of(message));
}

}  // namespace tapster::sandbox
