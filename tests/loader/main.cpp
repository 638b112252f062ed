// Loads the Singer messages of standard input: tapster-loader postgresql CONNECTION, or tapster-loader sqlite
// FILE.
#include <exception>
#include <iostream>
#include <string_view>

#include "load.hpp"

int main(int count, char** arguments) {
  using namespace tapster::loader;
  const std::string_view kind = count == 3 ? arguments[1] : "";
  if (kind != "postgresql" && kind != "sqlite") {
    std::cerr << "usage: tapster-loader postgresql CONNECTION | sqlite FILE\n";
    return 2;
  }
  try {
    load(std::cin, std::cout, kind == "postgresql" ? postgresql(arguments[2]) : sqlite(arguments[2]));
    return 0;
  } catch (const std::exception& e) {
    std::cerr << "tapster-loader: " << e.what() << "\n";
    return 1;
  }
}
