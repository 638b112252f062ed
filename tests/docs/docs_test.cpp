// Every command in the pages works. The commands of a page run in their order, in one shell, in a scratch
// directory that looks like a checkout after the build. The Postmark API is the sandbox, and the database an
// empty PostgreSQL. The stubs in
// tests/docs/stubs replace programs that this machine may not have. They say why and check their arguments.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cctype>
#include <cstdlib>
#include <set>
#include <string>
#include <tapster/time.hpp>
#include <vector>

#include "paths.hpp"
#include "postgresql.hpp"
#include "server.hpp"
#include "support/files.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

namespace tapster::e2e {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view now = "2026-11-23T17:12:00Z";
const std::vector<std::string> pages{"README.md", "host/README.md", "sdk/README.md",
                                     "plugins/postmark/README.md"};

// A fenced block.
struct Block {
  size_t line;
  std::string language, text;
};

// The fenced blocks of a page. A block without a known language could hide a command, and so could an
// indented one.
std::vector<Block> blocks_of(const std::string& page) {
  const std::set<std::string> languages{"sh", "text", "json", "cpp"};
  std::vector<Block> blocks;
  bool is_inside = false;
  size_t number = 0;
  for (const auto& line : lines_of(content(fs::path(paths::source) / page))) {
    ++number;
    if (line.starts_with("```")) {
      is_inside = !is_inside;
      if (!is_inside) continue;
      blocks.push_back({number, line.substr(3), ""});
      EXPECT_TRUE(languages.contains(blocks.back().language))
          << page << ":" << number << ": use ```sh for commands, and ```text, ```json or ```cpp for the rest";
    } else if (is_inside) {
      blocks.back().text += line + "\n";
    } else {
      EXPECT_FALSE(line.starts_with("    ")) << page << ":" << number << ": use a fenced block";
    }
  }
  EXPECT_FALSE(is_inside) << page;
  return blocks;
}

void replace_all(std::string& text, std::string_view what, std::string_view with) {
  for (auto at = text.find(what); at != std::string::npos; at = text.find(what, at + with.size()))
    text.replace(at, what.size(), with);
}

// The block's commands, with the sandbox of this test in place of Postmark and of the one that the page
// starts, and with a free port for the demo API of a new connector.
std::string commands_of(const Block& block, const std::string& base_url) {
  std::string text;
  for (auto line : lines_of(block.text)) {
    const bool is_real_config = line.find("\"base_url\"") == std::string::npos;
    if (is_real_config)
      replace_all(line, "\"start_date\"", fmt::format(R"("base_url": "{}", "start_date")", base_url));
    replace_all(line, "build/release/bin/tapster-sandbox --port 8080 &", "start_sandbox");
    replace_all(line, "http://127.0.0.1:8080", base_url);
    // A command that keeps running is ended after two seconds.
    if (line.find(" --every ") != std::string::npos) line = "timeout 2 " + line + " || [ $? -eq 124 ]";
    replace_all(line, "build/acme-api &", "start_api build/acme-api");
    text += line + "\n";
  }
  return text;
}

// Discovers with a config that the page shows, which checks its settings and makes no request.
std::string try_config(const std::string& config) {
  return "cat > example.json <<'JSON'\n" + config +
         "JSON\ntapster discover postmark --config example.json > /dev/null\n";
}

// Runs before the commands of a page. The first failing command ends the script and prints its place.
constexpr std::string_view prelude = R"(set -euo pipefail
trap 'echo "FAILED $at: $BASH_COMMAND" >&2' ERR
start_sandbox() {
  build/release/bin/tapster-sandbox --port 0 --exit-with-parent > sandbox-url &
  for _ in $(seq 200); do [ -s sandbox-url ] && return; sleep 0.05; done
  return 1
}
start_api() {
  setpriv --pdeathsig TERM "$1" 0 > api-url &
  for _ in $(seq 200); do [ -s api-url ] && break; sleep 0.05; done
  sed -i "s|http://127.0.0.1:8080|$(cat api-url)|" config.json
}
)";
constexpr std::string_view install = R"(at=installation
cmake --install build/release --prefix ~/.local > /dev/null
export PATH=~/.local/bin:$PATH
)";

// Runs after the commands of a page: what they must have led to.
constexpr std::string_view guide_end = R"(at="the end of the guide"
test $(cat acme/data/customers/*.jsonl | wc -l) = 120
test $(cat acme/data/orders/*.jsonl | wc -l) = 230
test $(wc -l < acme/rows.jsonl) = 350
grep -q '"tap_stream_id": *"orders"' acme/catalog.json
)";

// Where ccache keeps its files. The pages run with another HOME.
std::string compiler_cache() {
  const auto* directory = std::getenv("CCACHE_DIR");
  const auto* home = std::getenv("HOME");
  return directory != nullptr ? directory : fmt::format("{}/.cache/ccache", home == nullptr ? "" : home);
}

class Docs : public testing::TestWithParam<std::string> {
 protected:
  Docs() {
    for (const auto* folder : {"tests", "plugins", "host", "sdk"})
      fs::create_symlink(fs::path(paths::source) / folder, scratch_ / folder);
    fs::create_symlink(fs::path(paths::source) / "tests/docs/ci", scratch_ / ".ci");
    fs::create_directory(scratch_ / "build");
    fs::create_symlink(paths::build, scratch_ / "build/release");
    fs::create_directory(scratch_ / "home");
  }

  Finished run(const std::string& script) {
    write_file(scratch_ / "script", script);
    Environment environment{
        {"HOME", scratch_ / "home"},
        {"TAPSTER_NOW", std::string(now)},
        {"CCACHE_DIR", compiler_cache()},  // which serves the next run, in another scratch directory
        {"CCACHE_BASEDIR", scratch_.path()},
        {"POSTMARK_SERVER_TOKEN", "sandbox-token"},
        {"POSTMARK_ACCOUNT_TOKEN", "sandbox-account-token"},
        {"PRODUCT_TOKEN", "sandbox-token"},
        {"NEWS_TOKEN", "sandbox-token-2"},
        {"STAGING_TOKEN", "sandbox-token-3"},
        {"REDACT_KEY", "0123456789abcdef"},
        {"SOURCE", paths::source},
        {"TARGET", paths::target},
        {"PATH", fmt::format("{}/tests/docs/stubs:{}", paths::source, std::getenv("PATH"))}};
    environment.merge(postgresql_.environment());
    return run_program("bash", {"script"}, {.environment = environment, .directory = scratch_.path()});
  }

  TemporaryDirectory scratch_;
  const PostgreSql postgresql_;
};

TEST_P(Docs, EveryCommandWorks) {
  const auto& page = GetParam();
  const sandbox::Account account(
      {.messages = 300, .days = 20, .now = std::chrono::floor<sandbox::Ticks>(*parse_time(now))});
  const sandbox::Api api(account, {});
  const sandbox::Server server(sandbox::Servers({&api}, "sandbox-account-token"), {});
  std::string script(prelude);
  if (page != "README.md") script += install;
  size_t count = 0;
  for (const auto& block : blocks_of(page)) {
    const bool is_config =
        block.language == "json" && block.text.find("start_date\": \"") != std::string::npos;
    if (block.language != "sh" && !is_config) continue;
    script += fmt::format("at={}:{}\n", page, block.line);
    script += is_config ? try_config(block.text) : commands_of(block, server.base_url());
    ++count;
  }
  EXPECT_GT(count, 0U);
  if (page == "sdk/README.md") script += guide_end;
  const auto finished = run(script);
  EXPECT_EQ(finished.exit, 0) << finished.err << finished.out;
}

INSTANTIATE_TEST_SUITE_P(Pages, Docs, testing::ValuesIn(pages), [](const auto& page) {
  auto name = page.param;
  std::erase_if(name, [](char c) { return std::isalnum(static_cast<unsigned char>(c)) == 0; });
  return name;
});

std::string without_indentation(const std::string& text) {
  std::string out;
  for (const auto& line : lines_of(text)) {
    const auto first = line.find_first_not_of(' ');
    if (first != std::string::npos) out += line.substr(first) + "\n";
  }
  return out;
}

// What the page shows stands in one of the sources, up to indentation. Blocks are cut at empty lines, as the
// page may leave out what is between.
void expect_code_from(const std::string& page, const std::vector<std::string>& sources) {
  std::string code;
  for (const auto& source : sources) code += without_indentation(content(fs::path(paths::source) / source));
  size_t count = 0;
  for (const auto& block : blocks_of(page)) {
    if (block.language != "cpp") continue;
    for (size_t at = 0; at < block.text.size();) {
      const auto end = std::min(block.text.find("\n\n", at), block.text.size());
      const auto shown = without_indentation(block.text.substr(at, end - at) + "\n");
      EXPECT_NE(code.find(shown), std::string::npos) << page << ":" << block.line << "\n" << shown;
      at = end + 2;
      ++count;
    }
  }
  EXPECT_GT(count, 0U) << page;
}

TEST(DocsCode, IsInTheSources) {
  expect_code_from("sdk/README.md", {"tests/install/hello/hello.cpp", "tests/connectors/forge/forge.cpp",
                                     "tests/connectors/helpdesk/helpdesk.cpp",
                                     "tests/connectors/bulk/bulk.cpp", "tests/connectors/shop/shop.cpp",
                                     "tests/connectors/crm/crm.cpp", "tests/testing/hello_test.cpp",
                                     "tests/testing/forge_test.cpp", "sdk/template/sample.cpp"});
  expect_code_from("plugins/postmark/README.md", {"plugins/postmark/list_streams.cpp"});
}

// The commands of a page.
std::string commands_of(const std::string& page) {
  std::string commands;
  for (const auto& block : blocks_of(page)) {
    if (block.language == "sh") commands += block.text;
  }
  return commands;
}

TEST(DocsGuide, HasTheCommandsThatANewConnectorNames) {
  const TemporaryDirectory directory;
  const auto made = run_program(paths::tapster, {"new", "acme"}, {.directory = directory.path()});
  EXPECT_EQ(made.exit, 0) << made.err;
  auto named = lines_of(commands_of("sdk/template/README.md"));
  for (const auto& line : lines_of(made.out)) {
    if (line.starts_with("  ")) named.push_back(line.substr(2));
  }
  EXPECT_GT(named.size(), 10U);
  const auto guide = lines_of(commands_of("sdk/README.md"));
  for (auto& command : named) {
    replace_all(command, "sample", "acme");
    EXPECT_NE(std::find(guide.begin(), guide.end(), command), guide.end()) << command;
  }
}

TEST(DocsStubs, EachIsUsedByAPage) {
  std::string commands;
  for (const auto& page : pages) commands += commands_of(page);
  for (const auto& stub : fs::directory_iterator(fs::path(paths::source) / "tests/docs/stubs")) {
    const auto name = stub.path().filename().string();
    EXPECT_NE(commands.find(name + " "), std::string::npos) << name;
  }
}

}  // namespace
}  // namespace tapster::e2e
