#include "proxy.hpp"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <string_view>

#include "curl_url.hpp"
#include "lower_case.hpp"

namespace tapster {

namespace {

struct Address {
  std::string scheme, user, host, port;
};

Address parse(const std::string& text) {
  const Url url(curl_url());
  if (curl_url_set(url.get(), CURLUPART_URL, text.c_str(), CURLU_GUESS_SCHEME | CURLU_NON_SUPPORT_SCHEME) !=
      CURLUE_OK)
    return {};
  return {url_part(url.get(), CURLUPART_SCHEME), url_part(url.get(), CURLUPART_USER),
          url_part(url.get(), CURLUPART_HOST), url_part(url.get(), CURLUPART_PORT)};
}

// Whether NO_PROXY exempts the host: "*", the host itself, or a domain that it is in.
bool is_exempt(const std::string& host) {
  const char* list = std::getenv("no_proxy");
  if (list == nullptr) list = std::getenv("NO_PROXY");
  std::string_view rest = list == nullptr ? "" : list;
  while (!rest.empty()) {
    const auto end = std::min(rest.find_first_of(", "), rest.size());
    auto name = in_lower_case(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (name == "*") return true;
    if (name.starts_with('.')) name.erase(0, 1);
    if (!name.empty() && (host == name || host.ends_with("." + name))) return true;
  }
  return false;
}

}  // namespace

Proxy proxy_for(const std::string& url) {
  const auto target = parse(url);
  if (is_exempt(in_lower_case(target.host))) return {};
  const bool is_https = target.scheme == "https";
  const std::array<const char*, 4> variables = {is_https ? "https_proxy" : "http_proxy",
                                                is_https ? "HTTPS_PROXY" : nullptr, "all_proxy", "ALL_PROXY"};
  for (const auto* variable : variables) {
    const char* value = variable == nullptr ? nullptr : std::getenv(variable);
    if (value == nullptr || *value == 0) continue;
    const auto proxy = parse(value);
    // With an unescaped slash, a part of the password would be taken for the host.
    const bool is_cut = proxy.user.empty() && std::string_view(value).find('@') != std::string_view::npos;
    if (is_cut) return {variable, {}, value};
    return {variable, proxy.host + (proxy.port.empty() ? "" : ":" + proxy.port), value};
  }
  return {};
}

std::string without_value(std::string text, const Proxy& proxy) {
  constexpr std::string_view hidden = "***";
  if (proxy.value.empty()) return text;
  for (auto at = text.find(proxy.value); at != std::string::npos;
       at = text.find(proxy.value, at + hidden.size()))
    text.replace(at, proxy.value.size(), hidden);
  return text;
}

}  // namespace tapster
