#include "commands/completion.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <unistd.h>

#include <functional>
#include <set>

#include "cli/completion_context.hpp"
#include "cli/tap_command_line.hpp"
#include "commands/commands.hpp"
#include "plugin/plugin_search.hpp"
#include "report/print.hpp"

namespace tapster::host {

namespace {

constexpr std::string_view bash = R"(# source <(tapster completion bash)
_tapster() {
  local line
  COMPREPLY=()
  while IFS= read -r line; do
    case $line in
      :file) compopt -o default ;;
      :directory) compopt -o dirnames ;;
      *) COMPREPLY+=("${line%%$'\t'*}") ;;
    esac
  done < <("${COMP_WORDS[0]}" complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _tapster)";

constexpr std::string_view zsh =
    R"(# source <(tapster completion zsh), or a file _tapster in a directory of $fpath
_tapster() {
  local line
  local -a found
  for line in "${(@f)$("${words[1]}" complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      :file) compset -P '--*='; _files ;;
      :directory) compset -P '--*='; _files -/ ;;
      ?*) found+=("${${line//:/\\:}/$'\t'/:}") ;;
    esac
  done
  if (( $#found )); then
    compset -P '--*='
    _describe tapster found
  fi
}
compdef _tapster)";

constexpr std::string_view fish = R"fish(# tapster completion fish | source
function __tapster_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l option (string match -r -- '^--[^=]*=' $current)
    for line in ($words[1] complete $words[2..-1] "$current" 2>/dev/null)
        switch $line
            case ':file'
                for path in (__fish_complete_path (string replace -- "$option" '' $current))
                    echo "$option$path"
                end
            case ':directory'
                for path in (__fish_complete_directories (string replace -- "$option" '' $current))
                    echo "$option$path"
                end
            case '*'
                echo "$option$line"
        end
    end
end
)fish";

// Calls `use` with the connector's catalog: its name is the second of the words, its --config, --plugin-dir
// and --credentials are among them.
void with_catalog(const std::vector<std::string>& words,
                  const std::function<void(const json::object&)>& use) {
  if (words.size() < 2) return;
  std::vector<const char*> arguments{"tapster", "discover", words[1].c_str()};
  for (size_t i = 2; i + 1 < words.size(); ++i) {
    if (words[i] != "--config" && words[i] != "-c" && words[i] != "--plugin-dir" &&
        words[i] != "--credentials")
      continue;
    arguments.insert(arguments.end(), {words[i].c_str(), words[i + 1].c_str()});
  }
  const auto options = parse_options(static_cast<int>(arguments.size()), arguments.data());
  if (!options || options->command != Command::discover) return;
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  const auto clock = system_clock();
  Log log(*clock, LogFormat::text, Level::critical, nowhere);
  LineWriter lines(nowhere);
  (void)with_source({*options, *clock, log, nowhere, lines},
                    [&](Source& source, HostServices&) -> Outcome<void> {
                      const auto catalog = source.discover();
                      if (!catalog) return fail(catalog.error());
                      use(*catalog);
                      return {};
                    });
}

std::vector<Candidate> stream_names(const std::vector<std::string>& words) {
  std::vector<Candidate> names;
  with_catalog(words, [&](const json::object& catalog) {
    for (const auto& stream : *find_array(catalog, "streams"))
      names.push_back({std::string(view(stream.at("tap_stream_id").as_string())), {}});
  });
  return names;
}

// STREAM.COLUMN for each column of the stream; for the stream "*", each column that any stream has.
std::vector<Candidate> column_names(const std::vector<std::string>& words, const std::string& stream) {
  std::vector<Candidate> columns;
  std::set<std::string> known;
  with_catalog(words, [&](const json::object& catalog) {
    for (const auto& one : *find_array(catalog, "streams")) {
      if (stream != "*" && view(one.at("tap_stream_id").as_string()) != stream) continue;
      const auto& schema = one.at("schema").as_object();
      for (const auto& [name, property] : *find_object(schema, "properties")) {
        if (!known.insert(std::string(name)).second) continue;
        const auto* of = property.if_object();  // a schema may also be true
        columns.push_back(
            {stream + "." + std::string(name), of == nullptr ? "" : text_of(*of, "description")});
      }
    }
  });
  return columns;
}

std::vector<Candidate> connector_names() {
  std::vector<Candidate> names;
  for (const auto& plugin : all_plugins(plugin_directories({}))) names.push_back({plugin.name, {}});
  return names;
}

// A tap has options alone; a source has tapster's commands, for its own connector.
CompletionContext context_of(std::string_view program, std::vector<std::string>& before) {
  if (const auto tap = tap_of(program); !tap.empty()) return tap_completion_context(tap, before);
  if (const auto source = airbyte_source_of(program); !source.empty() && !before.empty())
    before.insert(before.begin() + 1, source);
  return completion_context(before);
}

}  // namespace

std::string completion_script(std::string_view shell) {
  std::vector<std::string> programs{"tapster"};
  for (const auto& [name, description] : connector_names()) {
    programs.push_back("tap-" + name);
    programs.push_back("source-" + name);
  }
  if (shell == "bash") return fmt::format("{} {}\n", bash, fmt::join(programs, " "));
  if (shell == "zsh") return fmt::format("#compdef {0}\n{1} {0}\n", fmt::join(programs, " "), zsh);
  std::string script(fish);
  for (const auto& program : programs)
    script += fmt::format("complete -c {} -f -a '(__tapster_complete)'\n", program);
  return script;
}

Exit complete(std::string_view program, const std::vector<std::string>& words, int output) {
  std::string current;
  std::vector<std::string> before;
  for (const auto& word : words) {
    // bash splits "--format=json" into three words.
    if (&word == &words.back())
      current = word == "=" ? "" : word;
    else if (word != "=")
      before.push_back(word);
  }
  if (const auto equals = current.find('='); current.starts_with("--") && equals != std::string::npos) {
    before.push_back(current.substr(0, equals));
    current.erase(0, equals + 1);
  }
  using Kind = CompletionContext::Kind;
  const auto expected = context_of(program, before);
  auto candidates = expected.words;
  const auto point = current.find('.');
  if (expected.kind == Kind::connector) candidates = connector_names();
  if (expected.kind == Kind::pattern && point != std::string::npos)
    candidates = column_names(before, current.substr(0, point));
  else if (expected.kind == Kind::stream || expected.kind == Kind::pattern)
    candidates = stream_names(before);
  if (current.starts_with('-')) candidates = expected.options;
  std::string text;
  for (const auto& [word, description] : candidates) {
    if (!word.starts_with(current)) continue;
    text += word;
    if (!description.empty()) text.append("\t").append(description);
    text += '\n';
  }
  if (!current.starts_with('-')) {
    if (expected.kind == Kind::file) text += ":file\n";
    if (expected.kind == Kind::directory) text += ":directory\n";
  }
  const auto printed = print(output, text);
  return printed ? Exit::done : printed.error().exit;
}

}  // namespace tapster::host
