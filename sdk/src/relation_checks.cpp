#include "relation_checks.hpp"

#include <fmt/format.h>

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <utility>

#include "json_pointer.hpp"

namespace tapster {

namespace {

using ByName = std::map<std::string_view, const DeclaredStream*>;

// The chain of a stream's parents, "comments → tickets". Ends with an unknown parent, or with the first one
// that repeats.
struct Chain {
  std::string text;
  const DeclaredStream* root = nullptr;  // null if there is none
  std::string unknown = {};
};
Chain chain_of(const DeclaredStream& stream, const ByName& streams) {
  Chain chain{.text = stream.stream.name};
  std::set<std::string_view> seen{stream.stream.name};
  const auto* at = &stream;
  while (at->parent) {
    const auto& name = at->parent->stream;
    chain.text += " → " + name;
    const auto found = streams.find(name);
    if (found == streams.end()) {
      chain.unknown = name;
      return chain;
    }
    if (!seen.insert(name).second) return chain;
    at = found->second;
  }
  chain.root = at;
  return chain;
}

Result<void> check_bind(const DeclaredStream& stream, const Bind& bind, const DeclaredStream& parent) {
  std::string_view rest = bind.from;
  const auto name = take_token(rest);
  const auto* column = find_column(parent.stream, name);
  if (column == nullptr)
    return internal_error(
        fmt::format("it binds {}, but its parent {} has no column {}", bind.from, parent.stream.name, name));
  if (parent.asynchronous || stream.asynchronous)
    return internal_error("an asynchronous export has no parent and no children");
  if (parent.requested && parent.requested->column == name)
    return internal_error(
        fmt::format("it binds {}, which costs a request for each record of {}: bind a column of the list",
                    bind.from, parent.stream.name));
  const auto* own = find_column(stream.stream, bind.column);
  if (own != nullptr && rest.empty() && own->type != column->type)
    return internal_error(
        fmt::format("the column {} has another type than {} of its parent {}, which it binds", own->name,
                    name, parent.stream.name));
  return {};
}

Result<void> check_relation(const DeclaredStream& stream, const ByName& streams) {
  if (!stream.parent) return {};
  const auto chain = chain_of(stream, streams);
  if (!chain.unknown.empty())
    return internal_error(
        fmt::format("its parent {} is unknown: declare both streams in one call of declare", chain.unknown));
  if (chain.root == nullptr) return internal_error(fmt::format("its parents form a circle: {}", chain.text));
  if (!stream.stream.replication_key.empty() && !chain.root->incremental)
    return internal_error(
        fmt::format("it has a replication key, but {} is not incremental", chain.root->stream.name));
  for (const auto& bind : stream.parent->bind) {
    auto checked = check_bind(stream, bind, *streams.at(stream.parent->stream));
    if (!checked) return checked;
  }
  return {};
}

}  // namespace

std::vector<std::optional<Error>> check_relations(const std::vector<DeclaredStream>& streams) {
  ByName by_name;
  for (const auto& stream : streams) by_name.emplace(stream.stream.name, &stream);
  std::vector<std::optional<Error>> mistakes;
  for (const auto& stream : streams) {
    auto checked = check_relation(stream, by_name);
    mistakes.push_back(checked ? std::optional<Error>() : std::move(checked).error());
  }
  return mistakes;
}

}  // namespace tapster
