#include "singer_loop.hpp"

#include <sstream>
#include <string>

#include "paths.hpp"
#include "program.hpp"
#include "support/files.hpp"
#include "support/temporary_directory.hpp"

namespace tapster::bench {

LoopRan run_singer_loop(std::string_view stream, std::string_view member,
                        const std::vector<std::filesystem::path>& pages) {
  const TemporaryDirectory directory;
  std::string names;
  for (const auto& page : pages) names += page.string() + "\n";
  const auto list = directory.write("pages", names);
  const auto ran = run(
      {"python3", paths::singer_loop, std::string(stream), std::string(member), list.string()}, "/dev/null");
  LoopRan loop;
  std::istringstream(ran.err) >> loop.records >> loop.parsing >> loop.serializing;
  return loop;
}

}  // namespace tapster::bench
