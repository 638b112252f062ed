// The examples at the end of --help.
#pragma once

namespace tapster::host {

inline constexpr const char* main_examples = R"(
Examples:
  tapster list
  tapster info postmark
  tapster check postmark --config config.json
  tapster preview postmark messages_outbound --config config.json
  tapster read postmark -c config.json --state-file state.json | target-jsonl
  tapster read postmark -c config.json --state-file state.json --output data

'tapster help COMMAND' shows a command's options and examples, and
'tapster help --man COMMAND | man -l -' its manual page.

)";

inline constexpr const char* list_examples = R"(
Examples:
  tapster list
  The connectors in a directory of your own, as JSON:
    tapster list --plugin-dir ./build --format json
)";

inline constexpr const char* info_examples = R"(
Examples:
  The settings of a connector:
    tapster info postmark
  Its streams as well:
    tapster info postmark --config config.json
  A definition for meltano.yml:
    tapster info postmark --config config.json --meltano
)";

inline constexpr const char* spec_examples = R"(
Examples:
  tapster spec postmark > config.schema.json
)";

inline constexpr const char* check_examples = R"(
Examples:
  tapster check postmark --config config.json
  Settings from the environment, TAP_POSTMARK_START_DATE and so on:
    tapster check postmark --config ENV
)";

inline constexpr const char* discover_examples = R"(
Examples:
  tapster discover postmark --config config.json > catalog.json
  Select the messages without their subjects:
    tapster discover postmark --config config.json \
      --select 'messages_*' --exclude '*.subject' > catalog.json
)";

inline constexpr const char* select_examples = R"(
Without a pattern, a list opens on the terminal.

Examples:
  Only the message streams, without subjects:
    tapster select catalog.json 'messages_*' --exclude '*.subject'
  Only the addresses of the recipients, to standard output:
    tapster select catalog.json 'messages_outbound.to.Email' --print
)";

inline constexpr const char* plan_examples = R"(
Examples:
  What the next run would read:
    tapster plan postmark --config config.json --state-file state.json
  A sync for several machines; see tapster help state:
    tapster plan postmark --config config.json --state-file state.json \
      --output plan.jsonl
)";

inline constexpr const char* state_examples = R"(
merge makes one state from the states of all shards of a
plan, without a request. If a slice of the plan has not
been read, it fails, and names the shards to run again.

Examples:
  Two shards of a sync, which may run on two machines:
    tapster plan postmark --config config.json --state-file state.json \
      --output plan.jsonl
    tapster read postmark --config config.json --plan plan.jsonl --shard 1/2 \
      --state-file s1.json --output data/1
    tapster read postmark --config config.json --plan plan.jsonl --shard 2/2 \
      --state-file s2.json --output data/2
    tapster state merge plan.jsonl s1.json s2.json --config config.json \
      --state-file state.json
)";

inline constexpr const char* read_examples = R"(
Examples:
  Feed a Singer target, continuing where the last run ended:
    tapster read postmark --config config.json --state-file state.json \
      --to 'target-postgres --config pg.json'
  All of January for some streams, as JSON lines:
    tapster read postmark --config config.json --since 2026-01-01 \
      --until 2026-01-31 --select 'messages_*' --format jsonl
  Files for a warehouse or an object store; each run adds new ones:
    tapster read postmark --config config.json --state-file state.json \
      --output data --compress zstd --max-file-size 100MB
  A copy that is at most five minutes old, without a scheduler:
    tapster read postmark --config config.json --state-file state.json \
      --output data --every 5m
  An eighth of a sync, on one of eight machines; see tapster help state:
    tapster read postmark --config config.json --plan plan.jsonl --shard 3/8 \
      --state-file s3.json --output data/3
)";

inline constexpr const char* preview_examples = R"(
Examples:
  tapster preview postmark messages_outbound --config config.json
  tapster preview postmark bounces --config config.json -n 100 --format json
  All columns of the newest message:
    tapster preview postmark messages_outbound --config config.json \
      --rows 1 --expanded
  Some columns:
    tapster preview postmark messages_outbound --config config.json \
      --select '*.subject' --select '*.status'
)";

inline constexpr const char* link_examples = R"(
Examples:
  tapster link postmark ~/.local/bin && tap-postmark --version
)";

inline constexpr const char* validate_examples = R"(
Without a config, rules that need one are skipped, and no
connection is made. The exit code is 7 if a rule fails.

Examples:
  The rules that need no config:
    tapster validate postmark
  All rules, for two streams:
    tapster validate postmark --config config.json --select bounces \
      --select 'messages_*'
  A connector that is not installed, as JSON:
    tapster validate build/tapster-mail.so --config config.json --json
)";

inline constexpr const char* new_examples = R"(
Examples:
  tapster new acme
  In a folder that exists and is empty:
    tapster new acme --directory .
)";

inline constexpr const char* completion_examples = R"(
Add the line for your shell to its startup file:
  source <(tapster completion bash)        in ~/.bashrc
  source <(tapster completion zsh)         in ~/.zshrc, after compinit
  tapster completion fish | source         in ~/.config/fish/config.fish
)";

}  // namespace tapster::host
