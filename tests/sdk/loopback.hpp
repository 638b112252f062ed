// A listening socket for the servers of tests.
#pragma once

#include <netinet/in.h>
#include <sys/socket.h>

#include <cstdint>
#include <cstdlib>

namespace tapster {

// Listens on a free port of 127.0.0.1. The caller closes the descriptor.
inline int listen_on_loopback(std::uint16_t& port) {
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  if (bind(listener, generic, size) != 0 || listen(listener, 16) != 0) std::abort();
  getsockname(listener, generic, &size);
  port = ntohs(address.sin_port);
  return listener;
}

}  // namespace tapster
