#include "system/exit_code.hpp"

#include <utility>

namespace tapster::host {

Failure to_failure(Error error) {
  switch (error.status) {
    case Status::config:
    case Status::state:
      return {Exit::usage, std::move(error.message)};
    case Status::auth:
      return {Exit::auth, std::move(error.message)};
    default:
      return {Exit::failed, std::move(error.message),
              error.is_transient() ? FailureType::transient : FailureType::system};
  }
}

}  // namespace tapster::host
