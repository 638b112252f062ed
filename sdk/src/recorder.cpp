#include "recorder.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <system_error>
#include <tapster/secrets.hpp>
#include <tapster/time.hpp>
#include <utility>

#include "base64.hpp"
#include "utf8.hpp"

namespace tapster {

namespace {

constexpr const char* variable = "TAPSTER_RECORD";

Recorder& of(void* self) {
  return *static_cast<Recorder*>(self);
}

Failed failure(const std::filesystem::path& path, std::string_view reason) {
  return config_error(fmt::format("{}: cannot write {}: {}", variable, path.string(), reason));
}

// Calls `take` with every string in a value.
template <class Take>
void each_string(const json::value& value, const Take& take) {
  if (const auto* text = value.if_string()) take(view(*text));
  if (const auto* array = value.if_array())
    for (const auto& element : *array) each_string(element, take);
  if (const auto* object = value.if_object())
    for (const auto& [name, member] : *object) each_string(member, take);
}

// The same with the strings that a schema says are secret.
template <class Take>
void each_secret(const json::value& value, const json::object& schema, const Take& take) {
  const auto* secret = schema.if_contains("secret");
  if (secret != nullptr && *secret == true) return each_string(value, take);
  if (const auto* array = value.if_array(); array != nullptr && find_object(schema, "items") != nullptr)
    for (const auto& element : *array) each_secret(element, *find_object(schema, "items"), take);
  const auto* object = value.if_object();
  if (object == nullptr) return;
  const auto* properties = find_object(schema, "properties");
  for (const auto& [name, member] : *object) {
    const auto* inner = properties == nullptr ? nullptr : find_object(*properties, name);
    if (inner == nullptr) inner = find_object(schema, "additionalProperties");
    if (inner != nullptr) each_secret(member, *inner, take);
  }
}

// A body that is not text is written in base64.
void add_body(json::object& object, const std::string& body) {
  if (is_utf8(body))
    object["body"] = body;
  else
    object["body_base64"] = base64(body);
}

// Creates the file, which must not exist, for its owner alone. Returns 0, or the error's number.
int create_file(const std::filesystem::path& path, std::string_view text) {
  const int file = ::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return errno;
  int error = 0;
  while (!text.empty() && error == 0) {
    const auto written = ::write(file, text.data(), text.size());
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
    if (written < 0 && errno != EINTR) error = errno;
  }
  if (::close(file) != 0 && error == 0) error = errno;
  return error;
}

}  // namespace

std::filesystem::path Recorder::wanted() {
  const char* name = std::getenv(variable);
  return name == nullptr ? "" : name;
}

Result<std::unique_ptr<Recorder>> Recorder::create(const std::filesystem::path& directory,
                                                   const tapster_host* host, const json::object& schema,
                                                   const json::object& config, std::size_t most_waiting) {
  if (!TAPSTER_HAS(tapster_host, host, start_request))
    return config_error(fmt::format("{}: this version of the host cannot record", variable));
  std::error_code error;
  if (std::filesystem::create_directories(directory, error) && !error)
    std::filesystem::permissions(directory, std::filesystem::perms::owner_all, error);
  if (error || !std::filesystem::is_directory(directory, error))
    return failure(directory, error ? error.message() : "it is not a directory");
  std::unique_ptr<Recorder> recorder(new Recorder(host, directory, most_waiting));
  each_secret(config, schema, [&](std::string_view secret) { recorder->hide(secret); });
  Host(host).info(fmt::format("{}: the requests and responses are written to {}, with the account's data",
                              variable, directory.string()));
  return recorder;
}

Recorder::Recorder(const tapster_host* host, std::filesystem::path directory, std::size_t most_waiting)
    : host_(host),
      directory_(std::move(directory)),
      most_waiting_(most_waiting),
      now_(host->now(host->context)) {
  table_.struct_size = sizeof table_;
  table_.abi_version = host->abi_version;
  table_.context = this;
  table_.log = [](void* self, tapster_log_level level, tapster_text message) {
    of(self).host_->log(of(self).host_->context, level, message);
  };
  table_.now = &Recorder::now;
  table_.monotonic = [](void* self) { return of(self).host_->monotonic(of(self).host_->context); };
  table_.sleep = [](void* self, int64_t micros) {
    return of(self).host_->sleep(of(self).host_->context, micros);
  };
  table_.cancelled = [](void* self) { return of(self).host_->cancelled(of(self).host_->context); };
  table_.count = [](void* self, tapster_text name, int64_t delta) {
    of(self).host_->count(of(self).host_->context, name, delta);
  };
  table_.secret = [](void* self, tapster_text text) {
    of(self).hide(to_view(text));
    of(self).host_->secret(of(self).host_->context, text);
  };
  table_.store = [](void* self, tapster_text name, tapster_text value, tapster_error* error) {
    of(self).hide(to_view(value));
    return of(self).host_->store(of(self).host_->context, name, value, error);
  };
  table_.start_request = [](void* self) { return of(self).host_->start_request(of(self).host_->context); };
}

Recorder::~Recorder() {
  for (const auto& exchange : waiting_) {
    if (auto written = write(exchange); !written) Host(host_).warning(written.error().message);
  }
}

void Recorder::hide(std::string_view secret) {
  const std::lock_guard lock(mutex_);
  add_forms(forms_, secret);
}

std::string Recorder::hidden(std::string text) const {
  const std::lock_guard lock(mutex_);
  return redacted(std::move(text), forms_);
}

std::string Recorder::text_of(const Exchange& exchange) const {
  json::object request{{"method", to_string(exchange.method)}, {"url", hidden(exchange.url)}};
  add_body(request, hidden(exchange.body));
  json::array headers;
  for (const auto& [name, value] : exchange.response.headers)
    headers.push_back({name, name == "set-cookie" ? "***" : as_utf8(hidden(value))});
  json::object response{{"status", exchange.response.status}, {"headers", std::move(headers)}};
  add_body(response, hidden(exchange.response.body));
  return json::serialize(json::object{{"now", format_time(from_unix_micros(now_))},
                                      {"request", std::move(request)},
                                      {"response", std::move(response)}}) +
         "\n";
}

Result<void> Recorder::keep(Exchange exchange) {
  std::vector<Exchange> oldest;
  {
    const std::lock_guard lock(mutex_);
    waiting_bytes_ += exchange.size();
    waiting_.push_back(std::move(exchange));
    while (waiting_bytes_ > most_waiting_) {
      waiting_bytes_ -= waiting_.front().size();
      oldest.push_back(std::move(waiting_.front()));
      waiting_.pop_front();
    }
  }
  for (const auto& each : oldest) {
    if (auto written = write(each); !written) return written;
  }
  return {};
}

// Takes the next number without a file: the directory may have those of an earlier run.
Result<void> Recorder::write(const Exchange& exchange) {
  const auto text = text_of(exchange);
  while (true) {
    const auto path = directory_ / fmt::format("{:06}.json", ++number_);
    const int error = create_file(path, text);
    if (error == EEXIST) continue;
    if (error != 0) return failure(path, std::generic_category().message(error));
    return {};
  }
}

Result<HttpResponse> Recorder::send(const HttpTransport& transport, const HttpRequest& request,
                                    const std::string& url) {
  auto copying = request;
  std::string streamed;
  if (request.sink.take) {
    copying.sink.begin = [&] {
      streamed.clear();
      request.sink.begin();
    };
    copying.sink.take = [&](std::string_view piece) {
      streamed += piece;
      return request.sink.take(piece);
    };
  }
  auto response = transport(copying, url);
  if (!response) return response;
  Exchange exchange{request.method, url, request.body, *response};
  if (response->is_streamed) exchange.response.body = std::move(streamed);
  auto kept = keep(std::move(exchange));
  if (!kept) return Failed(std::move(kept).error());
  return response;
}

int64_t Recorder::now(void* self) {
  return of(self).now_;
}

// A recorder is recognized by its function.
HttpTransport recorded(Host host, HttpTransport transport) {
  if (host.table()->now != &Recorder::now) return transport;
  return
      [&recorder = of(host.table()->context), made = std::move(transport)](
          const HttpRequest& request, const std::string& url) { return recorder.send(made, request, url); };
}

}  // namespace tapster
