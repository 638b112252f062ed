// tapster new: the folder that it writes. tests/docs builds it, tests it and reads its demo API.
#include <gtest/gtest.h>

#include <filesystem>
#include <map>
#include <string>

#include "program.hpp"

namespace tapster::host {
namespace {

// The files of a folder by their paths in it: the text, with "#!" before that of a program.
std::map<std::string, std::string> files_of(const fs::path& folder) {
  std::map<std::string, std::string> files;
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (!entry.is_regular_file()) continue;
    const bool is_program = (entry.status().permissions() & fs::perms::owner_exec) != fs::perms::none;
    files[entry.path().lexically_relative(folder).string()] =
        (is_program ? "#!" : "") + content(entry.path());
  }
  return files;
}

class NewConnector : public Program {
 protected:
  // Runs `tapster new` in the test's directory.
  Finished make(const Arguments& arguments) {
    Arguments all{"new"};
    all.insert(all.end(), arguments.begin(), arguments.end());
    return run_program(paths::tapster, all, {.directory = directory_.path()});
  }
  [[nodiscard]] fs::path path(std::string_view name) const { return directory_.path() / name; }
};

TEST_F(NewConnector, NamedAsTheTemplateItIsTheTemplate) {
  const auto ended = make({"sample", "--directory", "a/folder"});
  EXPECT_EQ(ended.exit, 0) << ended.err;
  EXPECT_EQ(files_of(path("a/folder")), files_of(TEMPLATE));
}

TEST_F(NewConnector, HasItsNameInPlaceOfTheTemplates) {
  const auto ended = make({"acme-2"});
  EXPECT_EQ(ended.exit, 0) << ended.err;
  EXPECT_NE(ended.out.find("\n  cd acme-2\n"), std::string::npos) << ended.out;
  const auto files = files_of(path("acme-2"));
  EXPECT_EQ(files.size(), files_of(TEMPLATE).size());
  EXPECT_TRUE(files.contains("acme-2_test.cpp"));
  for (const auto& [name, text] : files) EXPECT_EQ((name + text).find("sample"), std::string::npos) << name;
  EXPECT_NE(files.at("acme-2.cpp").find(".name = \"acme-2\""), std::string::npos);
}

TEST_F(NewConnector, TakesAFolderThatIsEmpty) {
  fs::create_directory(path("it's empty"));
  const auto ended = make({"acme", "--directory", "it's empty"});
  EXPECT_EQ(ended.exit, 0) << ended.err;
  EXPECT_NE(ended.out.find("\n  cd 'it'\\''s empty'\n"), std::string::npos) << ended.out;
  EXPECT_TRUE(fs::exists(path("it's empty/acme.cpp")));
}

TEST_F(NewConnector, ReplacesNothing) {
  fs::create_directory(path("acme"));
  write_file(path("acme/CMakeLists.txt"), "mine");
  write_file(path("file"), "mine");
  expect_failure(make({"acme"}), Exit::usage, "acme is not empty, and no file in it is replaced");
  expect_failure(make({"acme", "--directory", "file"}), Exit::usage, "file exists and is not a directory");
  EXPECT_EQ(files_of(path("acme")), (std::map<std::string, std::string>{{"CMakeLists.txt", "mine"}}));
  EXPECT_EQ(content(path("file")), "mine");
}

TEST_F(NewConnector, RefusesANameThatNoConnectorCanHave) {
  for (const char* name : {"Acme", "2acme", "a_b", "../acme"})
    expect_failure(make({name}), Exit::usage, "cannot be a connector's name");
  EXPECT_TRUE(fs::is_empty(directory_.path()));
}

TEST_F(NewConnector, NamesAFolderThatCannotBeMade) {
  write_file(path("file"), "");
  expect_failure(make({"acme", "--directory", "file/acme"}), Exit::output, "file/acme: cannot create");
}

}  // namespace
}  // namespace tapster::host
