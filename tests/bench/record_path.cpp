#include "record_path.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <boost/json/basic_parser_impl.hpp>
#include <stdexcept>
#include <tapster/record_parser.hpp>

#include "output/output.hpp"
#include "streams.hpp"

namespace tapster::bench {

namespace {

// Takes every event and does nothing.
struct NullHandler {
  static constexpr size_t max_object_size = ~size_t{0};
  static constexpr size_t max_array_size = ~size_t{0};
  static constexpr size_t max_key_size = ~size_t{0};
  static constexpr size_t max_string_size = ~size_t{0};
  using E = json::error_code;
  using S = json::string_view;
  bool on_document_begin(E&) { return true; }
  bool on_document_end(E&) { return true; }
  bool on_object_begin(E&) { return true; }
  bool on_object_end(size_t, E&) { return true; }
  bool on_array_begin(E&) { return true; }
  bool on_array_end(size_t, E&) { return true; }
  bool on_key_part(S, size_t, E&) { return true; }
  bool on_key(S, size_t, E&) { return true; }
  bool on_string_part(S, size_t, E&) { return true; }
  bool on_string(S, size_t, E&) { return true; }
  bool on_number_part(S, E&) { return true; }
  bool on_int64(int64_t, S, E&) { return true; }
  bool on_uint64(uint64_t, S, E&) { return true; }
  bool on_double(double, S, E&) { return true; }
  bool on_bool(bool, E&) { return true; }
  bool on_null(E&) { return true; }
  bool on_comment_part(S, E&) { return true; }
  bool on_comment(S, E&) { return true; }
};

// The columns that are always written.
std::vector<std::string> key_columns(const Stream& stream) {
  std::vector<std::string> pointers;
  for (const auto& name : stream.key) pointers.push_back("/" + name);
  return pointers;
}

const Stream& messages() {
  return postmark::activities().front().stream;
}

const RecordSelector selector{.records = "/Messages", .total = "/TotalCount"};

}  // namespace

struct RecordPath::Steps {
  Projection key = *Projection::create(messages(), key_columns(messages()));
  Projection all = *Projection::create(messages(), {});
  RecordParser key_parser{key, selector};
  RecordParser all_parser{all, selector};
  Block block;
  int sink = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  std::unique_ptr<host::Clock> clock = host::system_clock();
  std::unique_ptr<host::Output> output = host::singer_output(sink, *clock);

  void parse(RecordParser& parser, std::string& page) {
    block.clear();
    const auto parsed = parser.parse(page, block, [](const Row&, std::string&) { return Keep::yes; });
    if (!parsed) throw std::runtime_error("a page of messages: " + parsed.error().message);
  }
};

RecordPath::RecordPath() : steps_(std::make_unique<Steps>()) {
  host::State state;
  const auto started = steps_->output->start({{.name = messages().name,
                                               .alias = messages().name,
                                               .schema = {},
                                               .key_properties = {},
                                               .replication_key = {},
                                               .columns = {}}},
                                             state);
  if (!started) throw std::runtime_error(started.error().message);
}

RecordPath::~RecordPath() {
  ::close(steps_->sink);
}

void RecordPath::parse(const std::string& page) {
  json::basic_parser<NullHandler> parser(json::parse_options{});
  json::error_code error;
  parser.write_some(false, page.data(), page.size(), error);
  if (error) throw std::runtime_error("a page of messages: " + error.message());
}

void RecordPath::project(std::string& page) {
  steps_->parse(steps_->key_parser, page);
}

size_t RecordPath::serialize(std::string& page) {
  steps_->parse(steps_->all_parser, page);
  return steps_->block.count;
}

void RecordPath::write() {
  const auto& block = steps_->block;
  const tapster_batch batch{sizeof batch, block.lines.data(), block.lines.size(), block.count, 1};
  const auto written = steps_->output->write({0, 0}, batch);
  if (!written) throw std::runtime_error(written.error().message);
}

const std::string& RecordPath::lines() const {
  return steps_->block.lines;
}

}  // namespace tapster::bench
