// An export is created, then polled until it is done, then downloaded.
//
// Its id is kept as progress: the slice with the member "export" means that the export is waiting. Nothing of
// it has been pushed, or the rows up to "reached", if they come in order. It is reported as soon as the
// export exists, and again before each request for its status, because the host commits only some reports. A
// read of such a slice continues with the export. After the download the slice is reported without the
// member: now it has been read.
//
// An export that the source has lost, or that failed, is created again, but only while nothing has been
// pushed. After that it is a transient error, so that the host takes the records back. A URL that has expired
// is requested again with the status.
#include "export_reader.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <string>
#include <tapster/json.hpp>
#include <utility>

#include "pending_exports.hpp"

namespace tapster {

namespace {

// How often an export is created for one read, and how often an expired URL is replaced.
constexpr int most_exports = 2;
constexpr int most_urls = 3;

// A scalar at a JSON Pointer, as text; empty if there is none.
std::string text_at(const json::value& document, const std::string& pointer) {
  json::error_code error;
  const auto* value = pointer.empty() ? nullptr : document.find_pointer(pointer, error);
  if (value == nullptr || value->is_null() || value->is_structured()) return {};
  return value->is_string() ? std::string(view(value->get_string())) : json::serialize(*value);
}

class ExportReader {
 public:
  ExportReader(const PreparedStream& prepared, const json::object& slice, const Arguments& arguments,
               Records& records, StreamedReader& reader)
      : prepared_(prepared),
        asynchronous_(*prepared.stream.asynchronous),
        slice_(slice),
        arguments_(arguments),
        records_(records),
        reader_(reader),
        id_(text_of(slice, export_member)) {
    slice_.erase(export_member);
  }

  Result<void> read() {
    if (prepared_.is_ordered())
      reader_.report_with([this](json::value reached) {
        slice_["reached"] = std::move(reached);
        return report();
      });
    int created = 0;
    while (true) {
      const bool is_new = id_.empty();
      if (is_new) {
        ++created;
        auto made = create();
        if (!made) return made;
      }
      auto got = wait(is_new ? asynchronous_.first_wait : std::chrono::milliseconds(0));
      if (got) got = download();
      if (got) return report_end();
      if (!is_lost_ && !asynchronous_.is_gone(got.error())) return got;
      auto error = with_context(fmt::format("export {}", id_), got.error()).value();
      if (reader_.has_pushed()) return transient_error(error.message);
      if (created >= most_exports) return Failed(std::move(error));
      prepared_.host.warning(fmt::format("{}; it is created again", error.message));
      id_.clear();
      is_lost_ = false;
    }
  }

 private:
  Result<void> create() {
    auto got = prepared_.client->send(
        prepared_.stream.request.build(arguments_), [this](HttpResponse& response) -> Result<void> {
          const auto body = parse_json(response.body, "the response");
          if (!body) return transient_error(body.error().message);
          id_ = text_at(*body, asynchronous_.id);
          if (!id_.empty()) return {};
          return source_error(fmt::format("the response has no id of an export at {}", asynchronous_.id));
        });
    if (got) prepared_.host.debug(fmt::format("{}: export {} created", prepared_.stream.stream.name, id_));
    return got ? report() : got;
  }

  Result<void> report() {
    auto waiting = slice_;
    waiting[export_member] = id_;
    return records_.progress(waiting);
  }

  Result<void> report_end() {
    slice_.erase("reached");
    return records_.progress(slice_);
  }

  // Waits until the export can be downloaded.
  Result<void> wait(std::chrono::milliseconds pause) {
    const auto begin = prepared_.host.monotonic();
    auto longer = asynchronous_.first_wait;
    while (true) {
      if (pause.count() > 0) {
        auto slept = prepared_.host.sleep(pause);
        if (slept) slept = report();
        if (!slept) return slept;
      }
      auto ready = poll();
      if (!ready) return Failed(std::move(ready).error());
      if (*ready) return {};
      if (prepared_.host.monotonic() - begin > asynchronous_.timeout)
        return source_error(fmt::format("export {} is not ready after {} s; its status is \"{}\"", id_,
                                        asynchronous_.timeout.count(), status_));
      pause = std::min(std::max(longer, retry_after_), asynchronous_.longest_wait);
      longer = std::min(2 * longer, asynchronous_.longest_wait);
    }
  }

  // Whether the export is done.
  Result<bool> poll() {
    std::string reason;
    auto got =
        prepared_.client->send(with_id(asynchronous_.poll), [&](HttpResponse& response) -> Result<void> {
          const auto body = parse_json(response.body, "the response");
          if (!body) return transient_error(body.error().message);
          status_ = text_at(*body, asynchronous_.status);
          url_ = text_at(*body, asynchronous_.url);
          reason = text_at(*body, asynchronous_.reason);
          retry_after_ = response.retry_after.value_or(std::chrono::milliseconds(0));
          if (!status_.empty()) return {};
          return source_error(
              fmt::format("the response has no status of an export at {}", asynchronous_.status));
        });
    if (!got) return Failed(std::move(got).error());
    const auto is_one_of = [this](const Names& names) {
      return std::find(names.begin(), names.end(), status_) != names.end();
    };
    is_lost_ = is_one_of(asynchronous_.failed);
    if (is_lost_)
      return source_error(reason.empty() ? fmt::format("its status is \"{}\"", status_)
                                         : fmt::format("its status is \"{}\": {}", status_, reason));
    if (!is_one_of(asynchronous_.done)) return false;
    if (!asynchronous_.url.empty() && url_.empty())
      return source_error(fmt::format("the export is done, but has no URL at {}", asynchronous_.url));
    return true;
  }

  Result<void> download() {
    for (int urls = 1;; ++urls) {
      auto got = reader_.read([this](const NextPage& page) { return download_of(page); });
      if (got || asynchronous_.url.empty() || urls == most_urls || !is_expired(got.error())) return got;
      prepared_.host.warning(fmt::format("export {}: its URL has expired; a new one is requested", id_));
      const auto ready = poll();
      if (!ready) return Failed(ready.error());
    }
  }

  // What object stores respond to a signed URL that is too old.
  static bool is_expired(const Error& error) {
    constexpr int unauthorized = 401;
    constexpr int forbidden = 403;
    return error.http_status == unauthorized || error.http_status == forbidden;
  }

  [[nodiscard]] HttpRequest download_of(const NextPage& page) const {
    auto request = with_id(asynchronous_.download.value_or(RequestTemplate{.path = "/"}), page.arguments);
    request.url = page.url.empty() ? url_ : page.url;
    request.is_foreign = asynchronous_.is_foreign && !request.url.empty();
    return request;
  }

  [[nodiscard]] HttpRequest with_id(const RequestTemplate& request, const Arguments& more = {}) const {
    Arguments all;
    std::copy_if(arguments_.begin(), arguments_.end(), std::back_inserter(all),
                 [](const Argument& argument) { return argument.place.in == Place::In::path; });
    all.push_back({asynchronous_.to, json::string(id_)});
    all.insert(all.end(), more.begin(), more.end());
    return request.build(all);
  }

  const PreparedStream& prepared_;
  const Export& asynchronous_;
  json::object slice_;  // without the export
  const Arguments& arguments_;
  Records& records_;
  StreamedReader& reader_;
  std::string id_;
  std::string status_, url_;  // of the last response to a poll
  std::chrono::milliseconds retry_after_{0};
  bool is_lost_ = false;  // the export failed
};

}  // namespace

Result<void> read_export(const PreparedStream& prepared, const json::object& slice,
                         const Arguments& arguments, Records& records, StreamedReader& reader) {
  return ExportReader(prepared, slice, arguments, records, reader).read();
}

}  // namespace tapster
