// Which TLS servers the transport trusts, and its errors for the others.
#include <gtest/gtest.h>
#include <stdlib.h>

#include <fstream>
#include <functional>
#include <map>
#include <tapster/testing/fake_host.hpp>

#include "curl_transport.hpp"
#include "support/temporary_directory.hpp"
#include "tls_server.hpp"

namespace tapster {
namespace {

using namespace std::chrono_literals;

class Tls : public testing::Test {
 protected:
  Tls() {
    write_pem(directory_ / "own.pem", own_);
    write_pem(directory_ / "other.pem", make_identity({.name = "Another authority"}));
    std::filesystem::create_directory(directory_ / "hashed");
    write_pem(directory_ / "hashed" / hashed_name(own_), own_);
    ::setenv("no_proxy", "*", 1);
    use({});
  }
  ~Tls() override { use({}); }

  // Sets these variables to files in the test's directory, and unsets the others.
  void use(const std::map<std::string, std::string>& variables) {
    for (const auto* name : {"CURL_CA_BUNDLE", "SSL_CERT_FILE", "SSL_CERT_DIR"}) {
      ::unsetenv(name);
      if (const auto found = variables.find(name); found != variables.end())
        ::setenv(name, (directory_ / found->second).c_str(), 1);
    }
  }
  [[nodiscard]] std::string file(const std::string& name) const { return directory_ / name; }

  // Returns the body of the response, or the error's message.
  std::string get(const TlsServer& server, const std::string& ca_file = {}) {
    FakeHost fake;
    HttpOptions options;
    options.base_url = server.url();
    options.ca_file = ca_file;
    const auto transport = curl_transport(fake.host(), options);
    if (!transport) return transport.error().message;
    const auto response = (*transport)({Method::get, Target("/")}, server.url() + "/");
    if (response) return response->body;
    EXPECT_EQ(response.error().status, Status::config) << response.error().message;
    EXPECT_EQ(server.requests(), 0) << "no request, and no token, may reach a host that is not trusted";
    return response.error().message;
  }

  Identity own_ = make_identity({.name = "The company's own authority"});
  TemporaryDirectory directory_;
};

TEST_F(Tls, TrustsAnAuthorityFromEachSetting) {
  const auto identity = make_identity({.name = "host", .alternative_name = "IP:127.0.0.1", .issuer = &own_});
  const TlsServer server(identity);
  EXPECT_EQ(get(server, file("own.pem")), "hello");
  use({{"SSL_CERT_FILE", "own.pem"}});
  EXPECT_EQ(get(server), "hello");
  use({{"CURL_CA_BUNDLE", "own.pem"}});
  EXPECT_EQ(get(server), "hello");
  use({{"SSL_CERT_DIR", "hashed"}});
  EXPECT_EQ(get(server), "hello");
  use({{"SSL_CERT_FILE", "other.pem"}, {"SSL_CERT_DIR", "hashed"}});
  EXPECT_EQ(get(server), "hello");
  EXPECT_EQ(server.requests(), 5);
}

// It takes longer to read than all else that a connection needs.
TEST_F(Tls, ReadsTheFileOnlyIfTheDirectoryIsNotEnough) {
  const auto identity = make_identity({.name = "host", .alternative_name = "IP:127.0.0.1", .issuer = &own_});
  const TlsServer server(identity);
  use({{"SSL_CERT_FILE", "missing.pem"}, {"SSL_CERT_DIR", "hashed"}});
  EXPECT_EQ(get(server), "hello");
  const TemporaryDirectory empty;
  use({{"SSL_CERT_FILE", "own.pem"}});
  ::setenv("SSL_CERT_DIR", empty.path().c_str(), 1);
  EXPECT_EQ(get(server), "hello");
  use({{"SSL_CERT_FILE", "missing.pem"}});
  ::setenv("SSL_CERT_DIR", empty.path().c_str(), 1);
  EXPECT_NE(get(TlsServer(identity)).find("cannot load the trusted certificate authorities"),
            std::string::npos);
}

// libcurl does not report that as a certificate that failed verification.
TEST_F(Tls, ReadsTheFileIfAFileOfTheDirectoryIsDamaged) {
  const auto identity = make_identity({.name = "host", .alternative_name = "IP:127.0.0.1", .issuer = &own_});
  const TlsServer server(identity);
  std::filesystem::create_directory(directory_ / "damaged");
  std::ofstream(directory_ / "damaged" / hashed_name(own_)) << "not a certificate";
  use({{"SSL_CERT_FILE", "own.pem"}, {"SSL_CERT_DIR", "damaged"}});
  EXPECT_EQ(get(server), "hello");
}

TEST_F(Tls, AnHttpsProxyNeedsTheSameAuthorities) {
  const TlsServer proxy(
      make_identity({.name = "proxy", .alternative_name = "IP:127.0.0.1", .issuer = &own_}));
  ::unsetenv("no_proxy");
  ::setenv("http_proxy", proxy.url().c_str(), 1);
  FakeHost fake;
  HttpOptions options;
  options.base_url = "http://api.invalid";
  options.schemes = {"http"};
  const auto get = [&] {
    const auto transport = *curl_transport(fake.host(), options);
    const auto response = transport({Method::get, Target("/")}, options.base_url + "/");
    return response ? response->body : response.error().message;
  };
  EXPECT_NE(get().find("TLS certificate verification failed"), std::string::npos);
  EXPECT_EQ(proxy.requests(), 0);
  const std::vector<std::map<std::string, std::string>> settings{
      {{"SSL_CERT_FILE", "own.pem"}},
      {{"SSL_CERT_DIR", "hashed"}},
      {{"SSL_CERT_FILE", "own.pem"}, {"SSL_CERT_DIR", "."}}};
  for (const auto& variables : settings) {
    use(variables);
    EXPECT_EQ(get(), "hello");
  }
  ::unsetenv("http_proxy");
  ::setenv("no_proxy", "*", 1);
}

TEST_F(Tls, AnUntrustedServerGetsTwoConnectionsHoweverManyAreIdle) {
  use({{"SSL_CERT_FILE", "other.pem"}, {"SSL_CERT_DIR", "hashed"}});
  const auto identity = make_identity({.name = "host", .alternative_name = "IP:127.0.0.1", .issuer = &own_});
  const TlsServer trusted(identity);
  FakeHost fake;
  HttpOptions options;
  options.base_url = trusted.url();
  const auto transport = *curl_transport(fake.host(), options);
  // Each request is made in the middle of the one before, so each has a connection of its own.
  int left = 3;
  std::function<void()> request = [&] {
    if (left-- == 0) return;
    HttpRequest made{Method::get, Target("/")};
    made.sink = {[] {}, [&](std::string_view) { return request(), Result<void>(); }};
    EXPECT_TRUE(transport(made, trusted.url() + "/"));
  };
  request();
  EXPECT_EQ(trusted.requests(), 3);
  const TlsServer untrusted(make_identity({.name = "127.0.0.1", .alternative_name = "IP:127.0.0.1"}));
  EXPECT_FALSE(transport({Method::get, Target("/")}, untrusted.url() + "/"));
  EXPECT_EQ(untrusted.connections(), 2);
}

TEST_F(Tls, TheOptionPrecedesTheEnvironmentAndTheBundlePrecedesTheFile) {
  const auto identity = make_identity({.name = "host", .alternative_name = "IP:127.0.0.1", .issuer = &own_});
  const TlsServer server(identity);
  use({{"CURL_CA_BUNDLE", "own.pem"}, {"SSL_CERT_FILE", "own.pem"}, {"SSL_CERT_DIR", "hashed"}});
  EXPECT_NE(get(server, file("other.pem")).find("trusted authorities: " + file("other.pem") + " ("),
            std::string::npos);
  use({{"CURL_CA_BUNDLE", "other.pem"}, {"SSL_CERT_FILE", "own.pem"}, {"SSL_CERT_DIR", "hashed"}});
  EXPECT_NE(get(server).find("trusted authorities: " + file("other.pem") + " ("), std::string::npos);
}

TEST_F(Tls, RejectsAnUnknownAuthorityAndSaysWhatToSet) {
  const auto identity = make_identity({.name = "host", .alternative_name = "IP:127.0.0.1", .issuer = &own_});
  const TlsServer server(identity);
  const auto message = get(server);
  EXPECT_TRUE(message.starts_with("TLS certificate verification failed: ")) << message;
  EXPECT_NE(message.find("; trusted authorities: /"), std::string::npos) << message;
  EXPECT_NE(message.find("(to trust others, set SSL_CERT_FILE to a PEM file)"), std::string::npos) << message;
  use({{"SSL_CERT_FILE", "other.pem"}, {"SSL_CERT_DIR", "."}});
  EXPECT_NE(get(server).find("trusted authorities: " + file("other.pem") + " and the directory " + file(".")),
            std::string::npos);
}

TEST_F(Tls, RejectsASelfSignedCertificate) {
  const auto identity = make_identity({.name = "127.0.0.1", .alternative_name = "IP:127.0.0.1"});
  const TlsServer server(identity);
  const auto message = get(server);
  EXPECT_NE(message.find("self-signed certificate"), std::string::npos) << message;
}

TEST_F(Tls, RejectsACertificateForAnotherName) {
  const auto identity =
      make_identity({.name = "127.0.0.1", .alternative_name = "DNS:api.example.com", .issuer = &own_});
  const TlsServer server(identity);
  const auto message = get(server, file("own.pem"));
  EXPECT_NE(message.find("'127.0.0.1'"), std::string::npos) << message;
}

TEST_F(Tls, RejectsAnExpiredOrFutureCertificate) {
  const auto expired = make_identity({.name = "host",
                                      .alternative_name = "IP:127.0.0.1",
                                      .issuer = &own_,
                                      .valid_from = -2h,
                                      .valid_to = -1h});
  const auto early = make_identity({.name = "host",
                                    .alternative_name = "IP:127.0.0.1",
                                    .issuer = &own_,
                                    .valid_from = 1h,
                                    .valid_to = 2h});
  const TlsServer one(expired);
  EXPECT_NE(get(one, file("own.pem")).find("certificate has expired"), std::string::npos);
  const TlsServer other(early);
  EXPECT_NE(get(other, file("own.pem")).find("certificate is not yet valid"), std::string::npos);
}

TEST_F(Tls, NamesABundleThatCannotBeRead) {
  const TlsServer server(own_);
  use({{"SSL_CERT_FILE", "missing.pem"}});
  const auto message = get(server);
  EXPECT_TRUE(
      message.starts_with("cannot load the trusted certificate authorities, " + file("missing.pem") + ": "))
      << message;
}

}  // namespace
}  // namespace tapster
