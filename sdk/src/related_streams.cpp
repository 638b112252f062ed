// A root is planned and read as any declared stream. A child is planned by its root, with its own state; the
// read of one of its slices is
//   1. the rows of its parent's slice, from the family: see stream_family.hpp;
//   2. for each of them, a read of the child with the values that are bound.
// The reads of a stream that is a parent itself go through the family too, so that its children get the rows.
#include "related_streams.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <iterator>
#include <map>
#include <string>
#include <string_view>
#include <utility>

#include "argument_value.hpp"
#include "json_pointer.hpp"
#include "parent_rows.hpp"
#include "slice_reader.hpp"
#include "stream_family.hpp"

namespace tapster {

namespace {

// One stream of a family. Constant once all are related.
struct Member {
  std::shared_ptr<const PreparedStream> prepared;
  std::shared_ptr<StreamFamily> family;
  std::shared_ptr<const Member> parent = {};  // null for a root
  std::vector<std::string> wanted = {};       // pointers into its records that its children bind
  std::vector<size_t> places = {};            // of each Parent::bind in `wanted` of the parent

  [[nodiscard]] const DeclaredStream& declared() const { return prepared->stream; }
  [[nodiscard]] const std::string& name() const { return declared().stream.name; }
  [[nodiscard]] const Member& root() const { return parent ? parent->root() : *this; }
  // The stream in its chain whose parent could not be prepared; null if there is none.
  [[nodiscard]] const Member* without_parent() const {
    if (parent) return parent->without_parent();
    return declared().parent ? this : nullptr;
  }
};

// ---- A child

// The records of many parents, pushed in large blocks.
class Batch {
 public:
  explicit Batch(Records& records)
      : records_(records),
        taker_{.push = [this](Block& block) { return add(block); },
               .progress = [](const json::object&) -> Result<void> { return {}; },
               .takes_rejects = records.takes_rejects()} {}

  Result<void> add(Block& block) {
    block_.lines += block.lines;
    block_.count += block.count;
    block_.extracted_at = block.extracted_at;
    std::move(block.rejects.begin(), block.rejects.end(), std::back_inserter(block_.rejects));
    std::move(block.unknown.begin(), block.unknown.end(), std::back_inserter(block_.unknown));
    return block_.lines.size() > large_block ? push() : Result<void>();
  }
  Result<void> push() { return records_.push(block_); }
  [[nodiscard]] const RecordsTaker& taker() const { return taker_; }

 private:
  Records& records_;
  RecordsTaker taker_;
  Block block_;
};

// Reads the children of one record of the parent.
Result<void> read_children_of(const Member& member, const std::vector<std::string_view>& values,
                              const ReadRequest& request, Records& records) {
  const auto& parent = *member.declared().parent;
  Arguments arguments;
  auto projection = request.projection;
  for (size_t i = 0; i < parent.bind.size(); ++i) {
    const auto& [from, to, column] = parent.bind[i];
    const auto value = values[member.places[i]];
    if (!column.empty()) projection = projection.with(column, value);
    if (!to) continue;
    if (value == "null") {
      const auto why = fmt::format("a record of {} has no value at {}, which the requests for its {} need",
                                   parent.stream, from, member.name());
      if (!parent.skip_missing) return source_error(why);
      skip_parent(*member.prepared, why);
      return {};
    }
    arguments.push_back({*to, argument_of(*to, value)});
  }
  return read_slice(*member.prepared, {projection, request.slice}, records, std::move(arguments));
}

// The children of a parent's record that cannot be read are missing too.
Result<void> reject_children(const Member& member, const std::vector<Reject>& parents, Batch& batch) {
  Block block;
  for (const auto& [record, reason] : parents)
    block.rejects.push_back(
        {record, fmt::format("{} of a record that cannot be read: {}", member.name(), reason)});
  if (!parents.empty() && !batch.taker().takes_rejects) return source_error(block.rejects.front().reason);
  return batch.add(block);
}

Result<ParentRows> rows_of(const Member& parent, const json::object& slice, bool takes_rejects);

Result<void> read_child(const Member& member, const ReadRequest& request, Records& records) {
  const auto rows = rows_of(*member.parent, request.slice, records.takes_rejects());
  if (!rows) return Failed(rows.error());
  const auto& parent = *rows->values;
  Batch batch(records);
  auto rejected = reject_children(member, parent.rejects, batch);
  if (!rejected) return rejected;
  Records into(batch.taker());
  for (std::string_view rest = parent.lines; !rest.empty(); rest.remove_prefix(rest.find('\n') + 1)) {
    auto read = read_children_of(member, elements_of(rest.substr(0, rest.find('\n'))), request, into);
    if (!read) return read;
  }
  auto pushed = batch.push();
  return pushed && parent.progress ? records.progress(*parent.progress) : pushed;
}

// ---- A parent

// Reads a slice of the stream, without the family's rows of it.
Result<void> read_anew(const Member& member, const ReadRequest& request, Records& records) {
  return member.parent ? read_child(member, request, records)
                       : read_slice(*member.prepared, request, records);
}

// All columns of which none costs a request for each record.
std::vector<std::string> cheap_columns(const DeclaredStream& declared) {
  std::vector<std::string> columns;
  for (const auto& column : declared.stream.columns) {
    if (!declared.requested || column.name != declared.requested->column)
      columns.push_back(pointer_to(column.name));
  }
  return columns;
}

// The rows of a slice of a parent, for one of its children.
Result<ParentRows> rows_of(const Member& parent, const json::object& slice, bool takes_rejects) {
  const auto suffice = [](const ParentRows& rows) { return rows.values != nullptr; };
  return parent.family->rows(parent.name(), slice, suffice, [&]() -> Result<ParentRows> {
    const auto projection = Projection::create(parent.declared().stream, cheap_columns(parent.declared()));
    if (!projection) return Failed(projection.error());
    ParentRowsCollector collector(parent.wanted, parent.family->most_kept() / 2);
    const RecordsTaker taker{
        .push = [&](Block& block) -> Result<void> { return collector.add(block), Result<void>(); },
        .progress = [&](const json::object& turned) -> Result<void> {
          return collector.set_progress(turned), Result<void>();
        },
        .takes_rejects = takes_rejects};
    Records into(taker);
    auto read = read_anew(parent, {*projection, slice}, into);
    if (!read)
      return with_context(fmt::format("reading its parent {}", parent.name()), std::move(read).error());
    return collector.take();
  });
}

// Whether the records that a child's read has kept have all columns of the projection.
bool has_columns(const DeclaredStream& declared, const Projection& projection) {
  return !declared.requested || !projection.has(declared.requested->column);
}

// Pushes the records that a child's read has kept.
Result<void> push_known(const ParentRows& rows, const Projection& projection, Records& records) {
  for (auto block : *rows.records) {
    projection.select(block.lines);
    auto pushed = records.push(block);
    if (!pushed) return pushed;
  }
  return rows.values->progress ? records.progress(*rows.values->progress) : Result<void>();
}

// The parent's own read of a slice.
Result<void> read_parent(const Member& member, const ReadRequest& request, Records& records) {
  const auto& selected = request.projection;
  const auto complete = selected.also(member.wanted);
  const bool has_more =
      std::any_of(member.wanted.begin(), member.wanted.end(),
                  [&](std::string_view pointer) { return !selected.has(take_token(pointer)); });
  bool is_read = false;
  const auto suffice = [&](const ParentRows& rows) {
    return rows.values && rows.records && has_columns(member.declared(), selected);
  };
  const auto rows = member.family->rows(member.name(), request.slice, suffice, [&]() -> Result<ParentRows> {
    is_read = true;
    ParentRowsCollector collector(member.wanted, 0);
    const RecordsTaker taker{.push = [&](Block& block) -> Result<void> {
                               collector.add(block);
                               if (has_more) selected.select(block.lines);
                               return records.push(block);
                             },
                             .progress = [&](const json::object& turned) -> Result<void> {
                               collector.set_progress(turned);
                               return records.progress(turned);
                             },
                             .takes_rejects = records.takes_rejects()};
    Records into(taker);
    auto read = read_anew(member, {complete, request.slice}, into);
    if (!read) return Failed(std::move(read).error());
    return collector.take();
  });
  if (!rows) return Failed(rows.error());
  if (is_read) return {};
  auto pushed = push_known(*rows, selected, records);
  if (pushed) member.family->drop_records(member.name(), request.slice);
  return pushed;
}

// ---- Relations

// The place of a pointer among those that are wanted; adds it if it is new.
size_t place_of(std::vector<std::string>& wanted, const std::string& pointer) {
  const auto found = std::find(wanted.begin(), wanted.end(), pointer);
  if (found != wanted.end()) return static_cast<size_t>(found - wanted.begin());
  wanted.push_back(pointer);
  return wanted.size() - 1;
}

void add_functions(const std::shared_ptr<const Member>& member, SourceStream& stream) {
  const bool is_alone = !member->parent && member->wanted.empty();
  stream.plan = [member, is_alone](const PlanRequest& request, Slices& slices) {
    if (is_alone) return plan_declared(*member->prepared, request, slices);
    auto own = request;
    own.now = member->family->begin_plan(member->name());
    auto planned = plan_declared(*member->root().prepared, own, slices);
    if (!planned) member->family->plan_failed(member->name());
    return planned;
  };
  stream.read = [member](const ReadRequest& request, Records& records) {
    return member->wanted.empty() ? read_anew(*member, request, records)
                                  : read_parent(*member, request, records);
  };
  if (member->root().prepared->planner)
    stream.advance = [member](json::object state, const json::object& slice) {
      return advance_declared(*member->root().prepared, std::move(state), slice);
    };
}

}  // namespace

void relate(Host host, const std::vector<std::shared_ptr<const PreparedStream>>& prepared,
            std::vector<SourceStream>& streams) {
  const auto family = std::make_shared<StreamFamily>(host);
  std::map<std::string_view, std::shared_ptr<Member>> members;
  for (const auto& each : prepared)
    members.emplace(each->stream.stream.name,
                    std::make_shared<Member>(Member{.prepared = each, .family = family}));
  for (const auto& [name, member] : members) {
    const auto& parent = member->declared().parent;
    const auto found = parent ? members.find(parent->stream) : members.end();
    if (found == members.end()) continue;
    member->parent = found->second;
    for (const auto& bind : parent->bind)
      member->places.push_back(place_of(found->second->wanted, bind.from));
  }
  for (auto& stream : streams) {
    if (stream.failure) continue;
    const std::shared_ptr<const Member> member = members.at(stream.stream.name);
    if (const auto* incomplete = member->without_parent())
      stream.failure =
          internal_error(fmt::format("its parent {} has a mistake", incomplete->declared().parent->stream))
              .value();
    else
      add_functions(member, stream);
  }
}

}  // namespace tapster
