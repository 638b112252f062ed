// Serves the demo API on loopback until it is stopped: sample-api [PORT], 8080 by default, 0 for a free one.
#include <unistd.h>

#include <cstdlib>
#include <exception>
#include <iostream>

#include "demo_api.hpp"

int main(int argc, char** argv) {
  try {
    const auto port = static_cast<uint16_t>(argc > 1 ? std::atoi(argv[1]) : 8080);
    const tapster::HttpServer server(demo::respond, port);
    std::cout << server.url() << std::endl;
    ::pause();
  } catch (const std::exception& error) {
    std::cerr << argv[0] << ": " << error.what() << "\n";
  }
  return 1;
}
