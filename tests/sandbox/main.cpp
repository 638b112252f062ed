// tapster-sandbox: a server that imitates Postmark, with generated data.
#include <fmt/format.h>
#include <sys/prctl.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <deque>
#include <tapster/time.hpp>

#include "server.hpp"

int main(int argc, char** argv) {
  using namespace tapster::sandbox;
  CLI::App app(
      "A server on loopback with Postmark's read API and generated data. Prints its address and runs "
      "until SIGTERM.");
  AccountOptions account;
  ApiOptions api;
  ServerOptions server;
  std::string now;
  std::vector<std::string> faults;
  std::string account_token = "sandbox-account-token";
  int servers = 1;
  int latency = 0;
  bool exit_with_parent = false;
  app.add_option("--port", server.port, "The port to listen on; 0 for any free port")->capture_default_str();
  app.add_option("--messages", account.messages, "Number of messages")->capture_default_str();
  app.add_option("--days", account.days, "Number of days before now with messages")->capture_default_str();
  app.add_option("--minute-burst", account.minute_burst, "More messages, all in one minute")
      ->capture_default_str();
  app.add_option("--second-burst", account.second_burst, "More messages, all in one second")
      ->capture_default_str();
  app.add_option("--opens", account.opens_per_hundred, "Opens per hundred messages")->capture_default_str();
  app.add_option("--clicks", account.clicks_per_hundred, "Clicks per hundred messages")
      ->capture_default_str();
  app.add_option("--bounces", account.bounces_per_hundred, "Bounces per hundred messages")
      ->capture_default_str();
  app.add_option("--inbound", account.inbound_per_hundred, "Received messages per hundred messages")
      ->capture_default_str();
  app.add_option("--retention", account.retention_days, "Number of days that rows are shown")
      ->capture_default_str();
  app.add_option("--now", now, "The current time, RFC 3339; default: that of the machine");
  app.add_option("--seed", account.seed, "The seed of the generated data")->capture_default_str();
  app.add_option("--token", api.token, "The valid server token")->capture_default_str();
  app.add_option("--account-token", account_token, "The valid account token")->capture_default_str();
  app.add_option("--servers", servers,
                 "Number of servers of the account. Each has its own data, a name (Sandbox 2, …) "
                 "and a token (TOKEN-2, …)")
      ->capture_default_str();
  app.add_option("--latency", latency, "Milliseconds before each answer")->capture_default_str();
  app.add_option(
      "--fault", faults,
      "PATH[:has=TEXT][:every=N][:times=N]:KIND, KIND being status=N[:retry-after=S], html, reset, "
      "truncated, malformed, empty, stall, or a lie: total=N, more=N, same-page, skips, leaves, "
      "hides, nothing, twice, member=NAME=VALUE");
  app.add_flag("--exit-with-parent", exit_with_parent, "End when the parent process ends");
  CLI11_PARSE(app, argc, argv);

  if (exit_with_parent) ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  sigset_t signals;
  ::sigemptyset(&signals);
  ::sigaddset(&signals, SIGTERM);
  ::sigaddset(&signals, SIGINT);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);  // before any thread is started

  account.now = std::chrono::time_point_cast<Ticks>(std::chrono::system_clock::now());
  if (!now.empty()) {
    const auto time = tapster::parse_time(now);
    if (!time) {
      fmt::print(stderr, "tapster-sandbox: --now must be a time such as 2026-01-31T12:00:00Z, not \"{}\"\n",
                 now);
      return 2;
    }
    account.now = std::chrono::floor<Ticks>(*time);
  }
  server.latency = std::chrono::milliseconds(latency);
  try {
    std::deque<Account> data;
    std::deque<Api> answers;
    std::vector<const Api*> all;
    const auto first = api.token;
    for (int number = 1; number <= servers; ++number) {
      answers.emplace_back(data.emplace_back(account), api);
      all.push_back(&answers.back());
      ++account.seed;
      ++account.server_id;
      account.server_name = fmt::format("Sandbox {}", number + 1);
      api.token = fmt::format("{}-{}", first, number + 1);
    }
    Server listening(Servers(std::move(all), account_token), server);
    for (const auto& fault : faults) listening.inject(parse_fault(fault));
    fmt::print("{}\n", listening.base_url());
    std::fflush(stdout);
    int signal = 0;
    ::sigwait(&signals, &signal);
  } catch (const std::exception& error) {
    fmt::print(stderr, "tapster-sandbox: {}\n", error.what());
    return 1;
  }
  return 0;
}
