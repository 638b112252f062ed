// Exports that a source prepares in the background: the stream's request creates one, further requests ask
// whether it is ready, and the last one downloads it.
//
//     DeclaredStream contacts{
//         .stream = {…},
//         .request = {.method = Method::post, .path = "/exports"},
//         .records = {.format = RecordSelector::Format::csv},
//         .incremental = Incremental{.from = in_body("/from"), .to = in_body("/to")},
//         .asynchronous = Export{.poll = {.path = "/exports/{export}"},
//                                .download = RequestTemplate{.path = "/exports/{export}/file"}}};
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <tapster/error.hpp>
#include <tapster/request_template.hpp>
#include <tapster/stream.hpp>

namespace tapster {

// A plain value. DeclaredStream::request creates the export, with the bounds of the slice and the name of its
// partition.
struct Export {
  std::string id = "/id";          // a JSON Pointer into the response: a text or an integer
  Place to = in_path("export");    // where the id goes in the requests below
  RequestTemplate poll = {};       // asks for the status
  std::string status = "/status";  // a JSON Pointer; a status that is not named below means to wait
  Names done = {"done"};           // the statuses of an export that can be downloaded
  Names failed = {"failed"};       // and of one that never will be
  std::string reason = {};         // a JSON Pointer to the reason of a failure
  std::chrono::milliseconds first_wait{1'000};  // before the first request for the status; doubles up to:
  std::chrono::milliseconds longest_wait{30'000};
  // An export that is not ready then is an error. The next sync waits again.
  std::chrono::seconds timeout = std::chrono::hours(4);
  // The download: a request, or a JSON Pointer to its URL in the status. The URL may be absolute or begin
  // with a slash.
  std::optional<RequestTemplate> download = {};
  std::string url = {};
  // Whether the URL may lead to another host, such as a signed URL of an object store. The client's headers
  // and credential are then not sent.
  bool is_foreign = false;
  // Whether an error of a request for the status or of the download means that the source no longer has the
  // export. It is then created again.
  std::function<bool(const Error& error)> is_gone = [](const Error& error) {
    return error.http_status == 404 || error.http_status == 410;
  };
};

}  // namespace tapster
