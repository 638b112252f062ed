#include "commands/completion.hpp"

#include <fcntl.h>
#include <unistd.h>

#include "cli/completion_context.hpp"
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
      *) COMPREPLY+=("$line") ;;
    esac
  done < <("${COMP_WORDS[0]}" complete "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)
}
complete -F _tapster tapster
)";

constexpr std::string_view zsh = R"(#compdef tapster
# source <(tapster completion zsh), or a file _tapster in a directory of $fpath
_tapster() {
  local line
  local -a found
  for line in "${(@f)$("${words[1]}" complete "${(@)words[2,CURRENT]}" 2>/dev/null)}"; do
    case $line in
      :file) _files ;;
      :directory) _files -/ ;;
      ?*) found+=("$line") ;;
    esac
  done
  compadd -a found
}
compdef _tapster tapster
)";

constexpr std::string_view fish = R"fish(# tapster completion fish | source
function __tapster_complete
    set -l words (commandline -opc)
    for line in ($words[1] complete $words[2..-1] "$(commandline -ct)" 2>/dev/null)
        switch $line
            case ':file'
                __fish_complete_path (commandline -ct)
            case ':directory'
                __fish_complete_directories (commandline -ct)
            case '*'
                echo $line
        end
    end
end
complete -c tapster -f -a '(__tapster_complete)'
)fish";

// The names of the connector's streams, with the --config and --plugin-dir among these words.
std::vector<std::string> stream_names(const std::vector<std::string>& words) {
  if (words.size() < 2) return {};
  std::vector<const char*> arguments{"tapster", "discover", words[1].c_str()};
  for (size_t i = 2; i + 1 < words.size(); ++i) {
    if (words[i] != "--config" && words[i] != "-c" && words[i] != "--plugin-dir") continue;
    arguments.insert(arguments.end(), {words[i].c_str(), words[i + 1].c_str()});
  }
  const auto options = parse_options(static_cast<int>(arguments.size()), arguments.data());
  if (!options || options->command != Command::discover) return {};
  const int nowhere = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  const auto clock = system_clock();
  Log log(*clock, LogFormat::text, Level::critical, nowhere);
  std::vector<std::string> names;
  (void)with_source({*options, *clock, log, nowhere}, [&](Source& source, HostServices&) -> Outcome<void> {
    const auto catalog = source.discover();
    if (!catalog) return fail(catalog.error());
    for (const auto& stream : *find_array(*catalog, "streams"))
      names.emplace_back(view(stream.at("tap_stream_id").as_string()));
    return {};
  });
  return names;
}

std::vector<std::string> connector_names() {
  std::vector<std::string> names;
  for (const auto& plugin : all_plugins(plugin_directories({}))) names.push_back(plugin.name);
  return names;
}

}  // namespace

std::string completion_script(std::string_view shell) {
  return std::string(shell == "bash" ? bash : shell == "zsh" ? zsh : fish);
}

Exit complete(const std::vector<std::string>& words, int output) {
  std::string current;
  std::vector<std::string> before;
  for (const auto& word : words) {
    // bash splits "--format=json" into three words.
    if (&word == &words.back())
      current = word == "=" ? "" : word;
    else if (word != "=")
      before.push_back(word);
  }
  const auto expected = completion_context(before);
  auto candidates = expected.words;
  if (expected.kind == CompletionContext::Kind::connector) candidates = connector_names();
  if (expected.kind == CompletionContext::Kind::stream) candidates = stream_names(before);
  if (current.starts_with('-')) candidates = expected.options;
  std::string text;
  for (const auto& candidate : candidates) {
    if (candidate.starts_with(current)) text += candidate + "\n";
  }
  if (!current.starts_with('-')) {
    if (expected.kind == CompletionContext::Kind::file) text += ":file\n";
    if (expected.kind == CompletionContext::Kind::directory) text += ":directory\n";
  }
  const auto printed = print(output, text);
  return printed ? Exit::done : printed.error().exit;
}

}  // namespace tapster::host
