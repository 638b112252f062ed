// Every command in the deploy files is one that the program takes, and every setting one that the connector
// has.
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <yaml-cpp/yaml.h>

#include <filesystem>
#include <map>
#include <regex>
#include <set>
#include <sstream>
#include <tapster/json.hpp>

#include "cli/options.hpp"
#include "paths.hpp"
#include "protocol/meltano.hpp"
#include "support/files.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

namespace tapster::host {
namespace {

namespace fs = std::filesystem;

const Environment environment{{"TAP_POSTMARK_POSTMARK_SERVER_TOKEN", "none"},
                              {"TAP_POSTMARK_POSTMARK_ACCOUNT_TOKEN", "none"},
                              {"TAP_POSTMARK_START_DATE", "2026-01-01"}};

std::string deploy_file(const std::string& name) {
  const auto path = fs::path(paths::deploy) / name;
  EXPECT_TRUE(fs::exists(path)) << path;
  return content(path);
}

// The output of `tapster info postmark` in this format.
std::string info(const std::string& format) {
  const auto ended = run_program(paths::tapster, {"info", "postmark", format, "--config", "ENV", "--quiet"},
                                 {.environment = environment});
  EXPECT_EQ(ended.exit, 0) << ended.err;
  return ended.out;
}

// The options after the word `tapster` of a command without quotes.
Outcome<Options> parse_command(const std::string& command) {
  std::istringstream stream(command);
  std::vector<std::string> words;
  for (std::string word; stream >> word;) {
    if (!words.empty() || word == "tapster" || word.ends_with("/tapster")) words.push_back(word);
  }
  std::vector<const char*> argv;
  for (const auto& word : words) argv.push_back(word.c_str());
  return parse_options(static_cast<int>(argv.size()), argv.data());
}

// A read that continues from the last one and writes its rows to files.
void expect_steady_read(const std::string& command) {
  const auto options = parse_command(command);
  ASSERT_TRUE(options) << command << "\n" << options.error().message;
  EXPECT_EQ(options->command, Command::read) << command;
  EXPECT_EQ(options->connector, "postmark");
  EXPECT_TRUE(options->state_file && options->output) << command;
}

// The values of a key of a systemd unit.
std::vector<std::string> values(const std::string& unit, const std::string& key) {
  std::vector<std::string> found;
  for (const auto& line : lines_of(unit)) {
    if (line.starts_with(key + "=")) found.push_back(line.substr(key.size() + 1));
  }
  return found;
}

TEST(Deploy, TheMeltanoDefinitionIsTheGeneratedOne) {
  EXPECT_EQ(deploy_file("tap-postmark.meltano.yml"), info("--meltano")) << "Run .ci/generate";
}

TEST(Deploy, TheReferenceInTheReadmeIsTheGeneratedOne) {
  const auto readme = deploy_file("../README.md");
  const auto begin = readme.find("-->\n\n### Settings");
  const auto end = readme.find("\n<!-- end of the generated part -->");
  ASSERT_TRUE(begin != std::string::npos && end != std::string::npos);
  EXPECT_EQ(readme.substr(begin + 5, end - begin - 5), info("--markdown")) << "Run .ci/generate";
}

TEST(Deploy, TheMeltanoDefinitionHasEverySettingOfTheSpec) {
  const auto file = YAML::LoadFile(std::string(paths::deploy) + "/tap-postmark.meltano.yml");
  const auto tap = file["plugins"]["extractors"][0];
  EXPECT_EQ(tap["name"].as<std::string>(), "tap-postmark");
  EXPECT_EQ(tap["namespace"].as<std::string>(), "tap_postmark");
  EXPECT_EQ(tap["executable"].as<std::string>(), "tap-postmark");
  EXPECT_EQ(tap["capabilities"].as<std::vector<std::string>>(), tap_capabilities());
  EXPECT_EQ(tap["select"][0].as<std::string>(), "*.*");

  const auto spec = json::parse(run_program(paths::tapster, {"spec", "postmark"}).out).as_object();
  std::vector<std::string> required;
  for (const auto& name : spec.at("required").as_array()) required.emplace_back(view(name.as_string()));
  EXPECT_EQ(tap["settings_group_validation"][0].as<std::vector<std::string>>(), required);
  std::map<std::string, YAML::Node> settings;
  for (size_t i = 0; i < tap["settings"].size(); ++i) {
    const YAML::Node setting = tap["settings"][i];
    settings[setting["name"].as<std::string>()] = setting;
  }
  const auto& properties = spec.at("properties").as_object();
  EXPECT_EQ(settings.size(), properties.size());
  const std::set<std::string> kinds{"string", "integer", "boolean",     "array",
                                    "object", "options", "date_iso8601"};
  for (const auto& [key, value] : properties) {
    const std::string name(key);
    ASSERT_TRUE(settings.contains(name)) << name;
    const YAML::Node setting = settings.at(name);
    const auto& schema = value.as_object();
    EXPECT_TRUE(kinds.contains(setting["kind"].as<std::string>())) << name;
    EXPECT_EQ(setting["description"].as<std::string>(), view(schema.at("description").as_string()));
    EXPECT_EQ(setting["sensitive"].as<bool>(false), schema.contains("secret")) << name;
    const auto default_value = setting["value"];
    ASSERT_EQ(default_value.IsDefined(), schema.contains("default")) << name;
    if (default_value.IsDefined() && default_value.IsScalar()) {
      const auto& expected = schema.at("default");
      EXPECT_EQ(default_value.as<std::string>(),
                expected.is_string() ? std::string(view(expected.get_string())) : json::serialize(expected));
    }
  }
  EXPECT_EQ(settings.at("start_date")["kind"].as<std::string>(), "date_iso8601");
  EXPECT_EQ(settings.at("lookback_days")["kind"].as<std::string>(), "integer");
  EXPECT_TRUE(settings.at("postmark_server_token")["sensitive"].as<bool>());
}

TEST(Deploy, AScriptWithoutItsArgumentsSaysWhatTheyAre) {
  for (const auto& [script, arguments] :
       {std::pair("load-postgresql.sh", "DIR"), std::pair("load-duckdb.sh", "DIR DATABASE"),
        std::pair("postmark-slurm.sh", "DIR")}) {
    const auto ended = run_program(fs::path(paths::deploy) / script, {});
    EXPECT_EQ(ended.exit, 2) << script;
    EXPECT_EQ(ended.err, fmt::format("usage: {} {}\n", script, arguments));
  }
}

TEST(Deploy, TheConnectorAcceptsTheConfig) {
  const auto discovered = run_program(
      paths::tapster, {"discover", "postmark", "--config", fs::path(paths::deploy) / "config.json"},
      {.environment = {{"POSTMARK_SERVER_TOKEN", "none"}}});
  EXPECT_EQ(discovered.exit, 0) << discovered.err;
}

TEST(Deploy, TheCronLineIsARead) {
  std::vector<std::string> jobs;
  for (const auto& line : lines_of(deploy_file("tapster-postmark.cron"))) {
    const bool is_variable = line.starts_with("PATH=");
    if (!line.starts_with('#') && !is_variable) jobs.push_back(line);
  }
  ASSERT_EQ(jobs.size(), 1U);
  const auto& job = jobs.front();
  EXPECT_TRUE(job.starts_with("17 * * * * tapster umask 027; set -a; ")) << job;
  EXPECT_EQ(job.find('%'), std::string::npos) << "cron takes it for the end of the line";
  expect_steady_read(job.substr(job.find("exec ")));
}

TEST(Deploy, TheServiceIsAReadAndTheTimerStartsIt) {
  const auto service = deploy_file("tapster-postmark.service");
  const auto commands = values(service, "ExecStart");
  ASSERT_EQ(commands.size(), 1U);
  expect_steady_read(commands.front());
  EXPECT_EQ(values(deploy_file("tapster-postmark.timer"), "OnCalendar").size(), 1U);
  // The same units, with the path of the built program.
  const TemporaryDirectory units;
  auto here = service;
  const std::string_view installed = "/usr/local/bin/tapster";
  here.replace(here.find(installed), installed.size(), paths::tapster);
  const auto verified =
      run_program("systemd-analyze",
                  {"verify", "--man=no", units.write("tapster-postmark.service", here),
                   units.write("tapster-postmark.timer", deploy_file("tapster-postmark.timer"))},
                  {.joins_outputs = true});
  EXPECT_EQ(verified.exit, 0) << verified.out;
  EXPECT_EQ(verified.out.find("tapster-postmark"), std::string::npos) << verified.out;
  // 2.0 of 10, where a unit that allows everything has 9.6.
  const auto rated = run_program(
      "systemd-analyze",
      {"security", "--offline=yes", "--threshold=20", "--no-pager", units / "tapster-postmark.service"},
      {.joins_outputs = true});
  EXPECT_EQ(rated.exit, 0) << rated.out;
}

// Data files have the mode 0640 and folders 0777, less the umask.
TEST(Deploy, TheFilesOfTheServiceAreReadableByItsGroupAlone) {
  const auto service = deploy_file("tapster-postmark.service");
  EXPECT_EQ(values(service, "UMask"), std::vector<std::string>{"0027"});
  EXPECT_EQ(values(service, "StateDirectoryMode"), std::vector<std::string>{"0750"});
  EXPECT_EQ(values(service, "Group"), std::vector<std::string>{"tapster"});
  // A dynamic user's state directory lies below one that only root can enter.
  EXPECT_TRUE(values(service, "DynamicUser").empty());
}

// A user that a comment adds is the one that the job runs as.
TEST(Deploy, TheUserOfTheJobsIsAdded) {
  for (const auto* name : {"tapster-postmark.cron", "tapster-postmark.service"}) {
    const auto text = deploy_file(name);
    EXPECT_TRUE(std::regex_search(text, std::regex("\n#   useradd --system [^\n]* tapster\n"))) << name;
  }
  EXPECT_EQ(values(deploy_file("tapster-postmark.service"), "User"), std::vector<std::string>{"tapster"});
}

// What the file of a DAG consists of, with the modules of a version of Airflow: see airflow_stub.py.
json::object dag(const std::string& file, const std::vector<std::string>& airflow) {
  Arguments arguments{paths::airflow_stub, fs::path(paths::deploy) / file};
  arguments.insert(arguments.end(), airflow.begin(), airflow.end());
  const auto ran = run_program("python3", arguments);
  EXPECT_EQ(ran.exit, 0) << ran.err;
  return ran.exit == 0 ? json::parse(ran.out).as_object() : json::object{};
}

// One run at a time, with the token of the config. Another attempt is made only where it helps.
void expect_careful_tasks(const json::object& noted) {
  EXPECT_EQ(noted.at("dag").at("max_active_runs"), 1);
  EXPECT_EQ(noted.at("dag").at("catchup"), false);
  // The variable is the one of config.json.
  EXPECT_NE(deploy_file("config.json").find("${POSTMARK_SERVER_TOKEN}"), std::string::npos);
  for (const auto& task : noted.at("tasks").as_array())
    EXPECT_TRUE(task.at("env").as_object().contains("POSTMARK_SERVER_TOKEN"));
  for (const auto& ends : noted.at("ends").as_array()) {
    for (const auto& [code, end] : ends.as_object()) {
      const bool needs_a_person =
          std::stoi(code) == static_cast<int>(Exit::usage) || std::stoi(code) == static_cast<int>(Exit::auth);
      EXPECT_EQ(end, code == "0"      ? "success"
                     : needs_a_person ? "AirflowFailException"
                                      : "AirflowException")
          << code;
    }
  }
}

class Dag : public testing::TestWithParam<std::vector<std::string>> {};

TEST_P(Dag, IsAReadThatIsRetriedOnlyIfItHelps) {
  const auto noted = dag("postmark_dag.py", GetParam());
  expect_careful_tasks(noted);
  ASSERT_EQ(noted.at("tasks").as_array().size(), 1U);
  expect_steady_read(std::string(view(noted.at("tasks").at(0).at("bash_command").as_string())));
}

// What its commands do: tests/engines.
TEST_P(Dag, OfShardsPlansBeforeItReadsAndMergesAfterIt) {
  const auto noted = dag("postmark_shards_dag.py", GetParam());
  expect_careful_tasks(noted);
  EXPECT_EQ(noted.at("order"), json::parse(R"([["plan","read"],["read","merge"]])"));
  EXPECT_EQ(noted.at("tasks").as_array().size(), 10U);
}

INSTANTIATE_TEST_SUITE_P(Deploy, Dag,
                         testing::Values(std::vector<std::string>{"2"},
                                         std::vector<std::string>{"2", "provider"},
                                         std::vector<std::string>{"3"}),
                         [](const auto& suite) {
                           return fmt::format("Airflow{}{}", suite.param[0],
                                              suite.param.size() > 1 ? "WithTheProvider" : "");
                         });

TEST(Deploy, TheImageStartsTheProgram) {
  const auto recipe = deploy_file("Dockerfile");
  EXPECT_NE(recipe.find("\nENTRYPOINT [\"tapster\"]\nCMD [\"--help\"]\n"), std::string::npos);
  EXPECT_TRUE(parse_command("tapster --help"));
  // The command in the comment; its second line has the arguments of the entry point.
  for (const auto& line : lines_of(recipe)) {
    const auto at = line.find("read postmark");
    if (at == std::string::npos) continue;
    expect_steady_read("tapster " + line.substr(at));
    return;
  }
  FAIL() << "no example";
}

// The text after `before` in the Dockerfile, up to a space, a quote or the end of the line.
std::string in_dockerfile(const std::string& before) {
  const auto recipe = deploy_file("Dockerfile");
  const auto at = recipe.find(before);
  EXPECT_NE(at, std::string::npos) << before;
  if (at == std::string::npos) return {};
  const auto begin = at + before.size();
  return recipe.substr(begin, recipe.find_first_of(" \"\n", begin) - begin);
}

TEST(Deploy, TheImageSaysWhatItIs) {
  const auto version = std::string(view(json::parse(info("--format=json")).at("version").as_string()));
  EXPECT_EQ(in_dockerfile("io.airbyte.version=\""), version);
  EXPECT_EQ(in_dockerfile("org.opencontainers.image.version=\""), version);
  EXPECT_EQ(in_dockerfile("org.opencontainers.image.licenses=\""), "MIT");
  EXPECT_EQ(in_dockerfile("io.airbyte.name=\""), "tapster/source-postmark");
  EXPECT_EQ("docker.io/library/" + in_dockerfile("\n\nFROM "),
            in_dockerfile("org.opencontainers.image.base.name=\""));
  // Airbyte's platform appends its command to the variable.
  const auto source = fs::path(paths::tapster).parent_path() / in_dockerfile("\nENV AIRBYTE_ENTRYPOINT=\"");
  const auto spec = run_program(source, {"spec"});
  EXPECT_EQ(spec.exit, 0) << spec.err;
  EXPECT_TRUE(spec.out.starts_with(R"({"type":"SPEC",)")) << spec.out;
}

// A read in a container of the image, into the image's volume.
void expect_read_in_image(const YAML::Node& arguments) {
  std::string command = "tapster";
  for (const auto& argument : arguments.as<std::vector<std::string>>()) command += " " + argument;
  expect_steady_read(command);
  const auto options = parse_command(command);
  ASSERT_TRUE(options);
  EXPECT_EQ(options->config, std::vector<std::string>{"ENV"});
  const auto volume = in_dockerfile("\nVOLUME ") + "/";
  EXPECT_TRUE(options->state_file->string().starts_with(volume));
  EXPECT_TRUE(options->output->string().starts_with(volume));
}

// The connector takes these variables as a config, and knows each of them.
void expect_config(const Environment& variables) {
  const auto discovered = run_program(paths::tapster, {"discover", "postmark", "--config", "ENV", "--quiet"},
                                      {.environment = variables});
  EXPECT_EQ(discovered.exit, 0);
  EXPECT_EQ(discovered.err, "");
}

// One container of the image, without rights, with the claim as the image's volume.
void expect_safe_pod(const YAML::Node& pod, const YAML::Node& claim) {
  ASSERT_EQ(pod["containers"].size(), 1U);
  const auto container = pod["containers"][0];
  EXPECT_EQ(container["image"].as<std::string>(), in_dockerfile("docker build -t "));
  const auto mount = container["volumeMounts"][0];
  EXPECT_EQ(mount["mountPath"].as<std::string>(), in_dockerfile("\nVOLUME "));
  EXPECT_EQ(mount["name"].as<std::string>(), pod["volumes"][0]["name"].as<std::string>());
  EXPECT_EQ(pod["volumes"][0]["persistentVolumeClaim"]["claimName"].as<std::string>(),
            claim["metadata"]["name"].as<std::string>());
  // Kubernetes cannot tell from the user's name that it is not root.
  EXPECT_TRUE(pod["securityContext"]["runAsNonRoot"].as<bool>());
  EXPECT_EQ(pod["securityContext"]["runAsUser"].as<std::string>(), in_dockerfile("--uid "));
  EXPECT_EQ(pod["securityContext"]["runAsGroup"].as<std::string>(), in_dockerfile("--gid "));
  EXPECT_EQ(pod["securityContext"]["fsGroup"].as<std::string>(), in_dockerfile("--gid "));
  EXPECT_TRUE(container["securityContext"]["readOnlyRootFilesystem"].as<bool>());
  // A policy of failures needs pods that are not restarted.
  EXPECT_EQ(pod["restartPolicy"].as<std::string>(), "Never");
}

// A wrong config or token ends the job, or the index.
void expect_failures_that_end(const YAML::Node& job, const std::string& action) {
  const auto rule = job["podFailurePolicy"]["rules"][0];
  EXPECT_EQ(rule["action"].as<std::string>(), action);
  EXPECT_EQ(rule["onExitCodes"]["containerName"].as<std::string>(),
            job["template"]["spec"]["containers"][0]["name"].as<std::string>());
  EXPECT_EQ(rule["onExitCodes"]["values"].as<std::vector<int>>(),
            (std::vector<int>{static_cast<int>(Exit::usage), static_cast<int>(Exit::auth)}));
}

// The variables of a container are a config, and the file says how to create the secret that they need.
void expect_secret(const YAML::Node& container, const std::string& file) {
  Environment variables;
  std::string secret;
  for (const auto& variable : container["env"]) {
    variables[variable["name"].as<std::string>()] = variable["value"].as<std::string>("none");
    if (!variable["valueFrom"].IsDefined()) continue;
    const auto key = variable["valueFrom"]["secretKeyRef"];
    secret = fmt::format("kubectl create secret generic {} --from-literal={}=", key["name"].as<std::string>(),
                         key["key"].as<std::string>());
  }
  expect_config(variables);
  ASSERT_FALSE(secret.empty());
  EXPECT_NE(deploy_file(file).find(secret), std::string::npos) << secret;
}

TEST(Deploy, TheCronJobIsAReadInTheImage) {
  const auto documents = YAML::LoadAllFromFile(fs::path(paths::deploy) / "postmark-cronjob.yaml");
  ASSERT_EQ(documents.size(), 2U);
  const auto& claim = documents[0];
  const auto& cron_job = documents[1];
  EXPECT_EQ(claim["kind"].as<std::string>(), "PersistentVolumeClaim");
  EXPECT_EQ(cron_job["apiVersion"].as<std::string>(), "batch/v1");
  EXPECT_EQ(cron_job["kind"].as<std::string>(), "CronJob");
  EXPECT_EQ(cron_job["spec"]["concurrencyPolicy"].as<std::string>(), "Forbid");
  const auto job = cron_job["spec"]["jobTemplate"]["spec"];
  const auto pod = job["template"]["spec"];
  ASSERT_EQ(pod["containers"].size(), 1U);
  const auto container = pod["containers"][0];
  EXPECT_FALSE(container["command"].IsDefined()) << "the image has the entry point";
  expect_read_in_image(container["args"]);

  expect_safe_pod(pod, claim);
  expect_failures_that_end(job, "FailJob");
  expect_secret(container, "postmark-cronjob.yaml");
}

// What its commands do: tests/engines.
TEST(Deploy, TheJobOfShardsHasAPodPerShard) {
  const auto documents = YAML::LoadAllFromFile(fs::path(paths::deploy) / "postmark-shards-job.yaml");
  ASSERT_EQ(documents.size(), 4U);
  const auto& claim = documents[0];
  EXPECT_EQ(claim["kind"].as<std::string>(), "PersistentVolumeClaim");
  EXPECT_EQ(claim["spec"]["accessModes"].as<std::vector<std::string>>(),
            std::vector<std::string>{"ReadWriteMany"});
  std::string steps;
  for (const auto& document : {documents[1], documents[2], documents[3]}) {
    EXPECT_EQ(document["apiVersion"].as<std::string>(), "batch/v1");
    EXPECT_EQ(document["kind"].as<std::string>(), "Job");
    const auto step = document["metadata"]["labels"]["step"].as<std::string>();
    EXPECT_EQ(document["metadata"]["name"].as<std::string>(), "postmark-" + step);
    steps += (steps.empty() ? "" : " ") + step;
    const auto job = document["spec"];
    const bool is_read = step == "read";
    EXPECT_EQ(job["completionMode"].as<std::string>(""), is_read ? "Indexed" : "");
    EXPECT_EQ(job["completions"].as<int>(1), is_read ? 8 : 1);
    expect_safe_pod(job["template"]["spec"], claim);
    expect_failures_that_end(job, is_read ? "FailIndex" : "FailJob");
    // Kubernetes takes FailIndex only with a limit for each index.
    EXPECT_EQ(job["backoffLimitPerIndex"].IsDefined(), is_read);
    expect_secret(job["template"]["spec"]["containers"][0], "postmark-shards-job.yaml");
  }
  EXPECT_NE(deploy_file("postmark-shards-job.yaml").find("for step in " + steps + "; do"), std::string::npos);
}

TEST(Deploy, TheComposeFileIsAReadInTheImage) {
  const auto file = YAML::LoadFile(fs::path(paths::deploy) / "compose.yaml");
  ASSERT_EQ(file["services"].size(), 1U);
  const auto service = file["services"]["postmark"];
  EXPECT_EQ(service["image"].as<std::string>(), in_dockerfile("docker build -t "));
  EXPECT_FALSE(service["entrypoint"].IsDefined()) << "the image has it";
  const auto root = fs::path(paths::deploy) / service["build"]["context"].as<std::string>();
  EXPECT_TRUE(fs::exists(root / ".ci/packages/build")) << root;
  EXPECT_TRUE(fs::equivalent(root / service["build"]["dockerfile"].as<std::string>(),
                             fs::path(paths::deploy) / "Dockerfile"));
  expect_read_in_image(service["command"]);
  ASSERT_EQ(file["volumes"].size(), 1U);
  EXPECT_EQ(service["volumes"][0].as<std::string>(),
            file["volumes"].begin()->first.as<std::string>() + ":" + in_dockerfile("\nVOLUME "));
  Environment variables;
  for (const auto& variable : service["environment"]) {
    const auto value = variable.second.as<std::string>();
    // Compose replaces it.
    variables[variable.first.as<std::string>()] = value.starts_with("${") ? "none" : value;
  }
  expect_config(variables);
}

// Every library that the program and the connector are linked to comes from a package that the recipe
// installs, or that every Debian has.
TEST(Deploy, TheImageHasTheLibraries) {
  const auto recipe = deploy_file("Dockerfile");
  const auto last_stage = recipe.substr(recipe.rfind("\nFROM "));
  const auto needed = run_shell(
      fmt::format("objdump -p {} {} | sed -n 's/ *NEEDED *//p' | sort -u", paths::tapster, paths::plugin));
  std::string names;
  size_t count = 0;
  for (auto library : lines_of(needed.out)) {
    if (library.starts_with("libasan") || library.starts_with("libubsan") || library.starts_with("libtsan"))
      continue;
    for (auto at = library.find('+'); at != std::string::npos; at = library.find('+', at + 3))
      library.replace(at, 1, "[+]");
    names += (names.empty() ? "" : "|") + library;
    ++count;
  }
  ASSERT_GE(count, 5U) << needed.out;
  // Lines as "libfmt9:amd64.list:/usr/lib/x86_64-linux-gnu/libfmt.so.9"; asking dpkg takes ten times as long.
  const auto owners =
      run_shell("cd /var/lib/dpkg/info && grep -E '/lib/[a-z0-9_]+-linux-gnu/(" + names + ")$' *.list");
  EXPECT_EQ(lines_of(owners.out).size(), count) << owners.out;
  const std::set<std::string> everywhere{"libc6", "libgcc-s1", "libstdc++6"};
  for (const auto& line : lines_of(owners.out)) {
    const auto package = line.substr(0, line.find(':'));
    EXPECT_TRUE(everywhere.contains(package) || last_stage.find(" " + package + " ") != std::string::npos)
        << line;
  }
}

}  // namespace
}  // namespace tapster::host
