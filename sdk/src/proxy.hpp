// The proxy that libcurl uses for a URL, for messages.
#pragma once

#include <string>

namespace tapster {

struct Proxy {
  std::string variable;  // the environment variable that names it, such as HTTPS_PROXY; empty for no proxy
  std::string address;   // "proxy.example.com:3128", without the user and password; empty if it is not a URL
  std::string value;     // of the variable; it may have a password
};

// Reads the environment as libcurl does: http_proxy only in lower case, the others in both, and NO_PROXY.
// https://everything.curl.dev/usingcurl/proxies/env.html
Proxy proxy_for(const std::string& url);

// The text with *** in place of the proxy's value. libcurl shows the value in its reasons.
std::string without_value(std::string text, const Proxy& proxy);

}  // namespace tapster
