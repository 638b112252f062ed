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

}  // namespace tapster
