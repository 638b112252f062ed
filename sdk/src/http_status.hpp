// What the status of an HTTP response outside 200..299 means.
#pragma once

#include <tapster/error.hpp>

namespace tapster {

inline Status status_of_http(int status) {
  switch (status) {
    case 401:
    case 403:
      return Status::auth;
    case 408:
    case 425:
      return Status::transient;
    case 429:
      return Status::rate_limited;
    default:
      return status >= 500 ? Status::transient : Status::source;
  }
}

}  // namespace tapster
