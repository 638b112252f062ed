#include "kept_pages.hpp"

namespace postmark {

using namespace std::chrono_literals;

namespace {

constexpr size_t most_kept = 8UL << 20U;

// A slice may wait for its turn. Then its rows are read as they are when it is read.
constexpr auto longest = 60s;

}  // namespace

void KeptPages::keep(const Request& request, std::string body, std::chrono::microseconds now) {
  const std::lock_guard lock(mutex_);
  for (auto page = pages_.begin(); page != pages_.end();) {
    const bool is_replaced = now - page->second.since > longest || page->first == request;
    if (is_replaced) size_ -= page->second.body.size();
    page = is_replaced ? pages_.erase(page) : std::next(page);
  }
  if (size_ + body.size() > most_kept) return;
  size_ += body.size();
  pages_[request] = {std::move(body), now};
}

std::optional<std::string> KeptPages::take(const Request& request, std::chrono::microseconds now) {
  const std::lock_guard lock(mutex_);
  const auto found = pages_.find(request);
  if (found == pages_.end()) return std::nullopt;
  auto [body, since] = std::move(found->second);
  size_ -= body.size();
  pages_.erase(found);
  if (now - since > longest) return std::nullopt;
  return std::move(body);
}

}  // namespace postmark
