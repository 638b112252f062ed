// A parsed URL of libcurl, and its parts.
#pragma once

#include <curl/curl.h>

#include <memory>
#include <string>

namespace tapster {

struct UrlDeleter {
  void operator()(CURLU* url) const { curl_url_cleanup(url); }
};
using Url = std::unique_ptr<CURLU, UrlDeleter>;

// Returns one part of a URL; empty if it is missing.
inline std::string url_part(CURLU* url, CURLUPart part) {
  char* text = nullptr;
  if (curl_url_get(url, part, &text, 0) != CURLUE_OK) return {};
  std::string copy(text);
  curl_free(text);
  return copy;
}

// Returns "https://api.example.com:8443", without the parts that may contain secrets; empty if `text` is not
// a URL with a host. A scheme's own port is left out.
inline std::string origin_of(const std::string& text) {
  const Url url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) return {};
  const auto host = url_part(url.get(), CURLUPART_HOST);
  if (host.empty()) return {};
  const auto scheme = url_part(url.get(), CURLUPART_SCHEME);
  const auto port = url_part(url.get(), CURLUPART_PORT);
  const bool is_own =
      port.empty() || (scheme == "https" && port == "443") || (scheme == "http" && port == "80");
  return scheme + "://" + host + (is_own ? "" : ":" + port);
}

}  // namespace tapster
