#include <tapster/declared.hpp>
#include <utility>

#include "prepared_stream.hpp"
#include "related_streams.hpp"
#include "relation_checks.hpp"

namespace tapster {

SourceStream declare(Host host, const std::shared_ptr<HttpClient>& client, DeclaredStream declared) {
  return declare(host, client, std::vector{std::move(declared)}).front();
}

std::vector<SourceStream> declare(Host host, const std::shared_ptr<HttpClient>& client,
                                  std::vector<DeclaredStream> declared) {
  const auto mistakes = check_relations(declared);
  std::vector<SourceStream> streams;
  std::vector<std::shared_ptr<const PreparedStream>> prepared;
  for (size_t i = 0; i < declared.size(); ++i) {
    streams.push_back({.stream = declared[i].stream, .failure = mistakes[i]});
    if (mistakes[i]) continue;
    auto one = prepare(host, client, std::move(declared[i]));
    if (one)
      prepared.push_back(*std::move(one));
    else
      streams.back().failure = std::move(one).error();
  }
  relate(host, prepared, streams);
  return streams;
}

}  // namespace tapster
