#include "receive.hpp"

#include <stdexcept>
#include <tapster/http.hpp>
#include <tapster/testing/fake_host.hpp>

#include "thread_cpu.hpp"

namespace tapster::bench {

double receive(const std::string& base_url, const std::vector<std::string>& targets) {
  FakeHost host;
  const auto client = HttpClient::create(host.host(), {.base_url = base_url, .schemes = {"http"}});
  if (!client) throw std::runtime_error(client.error().message);
  return thread_cpu([&] {
    for (const auto& target : targets) {
      const HttpRequest request{.target = Target("/"), .url = target};
      const auto received = (*client)->send(request, [](HttpResponse&) -> Result<void> { return {}; });
      if (!received) throw std::runtime_error(received.error().message);
    }
  });
}

}  // namespace tapster::bench
