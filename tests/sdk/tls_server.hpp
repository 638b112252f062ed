// An HTTPS server on loopback, and functions that make certificates for it.
#pragma once

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>

#include "loopback.hpp"

namespace tapster {

template <auto Free>
struct OpenSslDeleter {
  template <class T>
  void operator()(T* thing) const {
    Free(thing);
  }
};
using Key = std::unique_ptr<EVP_PKEY, OpenSslDeleter<EVP_PKEY_free>>;
using Certificate = std::unique_ptr<X509, OpenSslDeleter<X509_free>>;

// A certificate with its private key.
struct Identity {
  Key key;
  Certificate certificate;
};

struct IdentityOptions {
  std::string name = {};              // of the subject
  std::string alternative_name = {};  // such as "IP:127.0.0.1" or "DNS:example.com"; empty for an authority
  const Identity* issuer = nullptr;   // null: self-signed
  std::chrono::seconds valid_from = -std::chrono::hours(1), valid_to = std::chrono::hours(1);  // from now
};

inline void add_extension(X509* certificate, int kind, const std::string& value) {
  auto* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value.c_str());
  if (extension == nullptr) std::abort();
  X509_add_ext(certificate, extension, -1);
  X509_EXTENSION_free(extension);
}

inline Identity make_identity(const IdentityOptions& options) {
  static std::atomic<long> serial = 0;
  Identity made{Key(EVP_EC_gen("P-256")), Certificate(X509_new())};
  auto* certificate = made.certificate.get();
  X509_set_version(certificate, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(certificate), ++serial);
  X509_gmtime_adj(X509_getm_notBefore(certificate), options.valid_from.count());
  X509_gmtime_adj(X509_getm_notAfter(certificate), options.valid_to.count());
  X509_set_pubkey(certificate, made.key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_UTF8,
                             reinterpret_cast<const unsigned char*>(options.name.c_str()), -1, -1, 0);
  const auto& issuer = options.issuer != nullptr ? *options.issuer : made;
  X509_set_issuer_name(certificate, X509_get_subject_name(issuer.certificate.get()));
  if (options.alternative_name.empty()) {
    add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE");
  } else {
    add_extension(certificate, NID_subject_alt_name, options.alternative_name);
  }
  if (X509_sign(certificate, issuer.key.get(), EVP_sha256()) == 0) std::abort();
  return made;
}

inline void write_pem(const std::filesystem::path& path, const Identity& identity) {
  FILE* file = std::fopen(path.c_str(), "w");
  if (file == nullptr || PEM_write_X509(file, identity.certificate.get()) == 0) std::abort();
  std::fclose(file);
}

// The file name that OpenSSL expects for an authority in a directory.
inline std::string hashed_name(const Identity& identity) {
  char name[16];
  std::snprintf(
      name, sizeof name, "%08lx.0",
      X509_NAME_hash_ex(X509_get_subject_name(identity.certificate.get()), nullptr, nullptr, nullptr));
  return name;
}

// Answers one request per connection with "hello", and counts the requests.
class TlsServer {
 public:
  explicit TlsServer(const Identity& identity)
      : context_(SSL_CTX_new(TLS_server_method())), listener_(listen_on_loopback(port_)) {
    std::signal(SIGPIPE, SIG_IGN);  // a client that rejects the certificate closes the connection
    SSL_CTX_use_certificate(context_, identity.certificate.get());
    SSL_CTX_use_PrivateKey(context_, identity.key.get());
    thread_ = std::thread([this] { serve(); });
  }
  ~TlsServer() {
    shutdown(listener_, SHUT_RDWR);
    thread_.join();
    close(listener_);
    SSL_CTX_free(context_);
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  [[nodiscard]] std::string url() const { return "https://127.0.0.1:" + std::to_string(port_); }
  [[nodiscard]] int requests() const { return requests_; }
  [[nodiscard]] int connections() const { return connections_; }

 private:
  void serve() {
    for (int connection = 0; (connection = accept(listener_, nullptr, nullptr)) >= 0;) {
      ++connections_;
      SSL* tls = SSL_new(context_);
      SSL_set_fd(tls, connection);
      if (SSL_accept(tls) == 1) answer(tls);
      SSL_free(tls);
      close(connection);
    }
  }

  void answer(SSL* tls) {
    std::string head;
    for (char byte = 0; !head.ends_with("\r\n\r\n"); head.push_back(byte)) {
      if (SSL_read(tls, &byte, 1) != 1) return;
    }
    ++requests_;
    const std::string text = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nConnection: close\r\n\r\nhello";
    SSL_write(tls, text.data(), static_cast<int>(text.size()));
    SSL_shutdown(tls);
  }

  SSL_CTX* context_;
  uint16_t port_ = 0;  // before the listener, which sets it
  int listener_;
  std::atomic<int> requests_ = 0, connections_ = 0;
  std::thread thread_;
};

}  // namespace tapster
