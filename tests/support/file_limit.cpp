#include "support/file_limit.hpp"

namespace tapster {

FileLimit::FileLimit(int64_t bytes) {
  ::getrlimit(RLIMIT_FSIZE, &before_);
  auto limit = before_;
  limit.rlim_cur = static_cast<rlim_t>(bytes);
  ::setrlimit(RLIMIT_FSIZE, &limit);
}

FileLimit::~FileLimit() {
  ::setrlimit(RLIMIT_FSIZE, &before_);
}

}  // namespace tapster
