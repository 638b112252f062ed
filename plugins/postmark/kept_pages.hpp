// First pages of lists. The plan requests them to see how many rows there are, and the slices that begin with
// them need not request them again.
#pragma once

#include <chrono>
#include <cstddef>
#include <map>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

namespace postmark {

class Api;

// Shared by the servers of a source. All functions may be called from any thread; `now` is that of a
// monotonic clock.
class KeptPages {
 public:
  // The server, and the target of the request.
  using Request = std::pair<const Api*, std::string>;

  // Keeps the response to a request. If too much is kept already, it is dropped, so the page is requested
  // again.
  void keep(const Request& request, std::string body, std::chrono::microseconds now);

  // Returns the response, once; nothing if it is not kept, or has become old.
  std::optional<std::string> take(const Request& request, std::chrono::microseconds now);

 private:
  struct Kept {
    std::string body;
    std::chrono::microseconds since;
  };
  std::mutex mutex_;  // protects the rest
  std::map<Request, Kept> pages_;
  size_t size_ = 0;  // of all bodies
};

}  // namespace postmark
