#include "commands/credentials.hpp"

#include <fmt/format.h>

#include <cstdlib>
#include <filesystem>
#include <utility>

#include "commands/config.hpp"
#include "protocol/airbyte.hpp"

namespace tapster::host {

namespace {

std::optional<std::filesystem::path> file_of(const Options& options) {
  if (options.credentials) return options.credentials;
  const char* file = std::getenv("TAPSTER_CREDENTIALS");
  return file == nullptr || *file == 0 ? std::nullopt : std::optional<std::filesystem::path>(file);
}

bool is_text_setting(const json::object& spec, std::string_view name) {
  const auto* properties = find_object(spec, "properties");
  const auto* setting = properties == nullptr ? nullptr : find_object(*properties, name);
  return setting != nullptr && text_of(*setting, "type") == "string";
}

}  // namespace

Outcome<std::unique_ptr<Credentials>> Credentials::open(const CommandContext& context,
                                                        std::string_view connector, const json::object& spec,
                                                        json::object& config) {
  std::unique_ptr<Credentials> made(new Credentials(context, spec, config));
  if (const auto path = file_of(context.options)) {
    auto file = CredentialsFile::open(*path, connector, context.log);
    if (!file) return tl::unexpected(std::move(file).error());
    file->apply(config, context.log);
    made->file_.emplace(*std::move(file));
  }
  made->current_ = config;
  return made;
}

Result<void> Credentials::store(std::string_view name, std::string_view value) {
  if (!is_text_setting(spec_, name))
    return internal_error(fmt::format("a new value of \"{}\", which is not a setting of type string", name));
  if (value.empty() || !is_utf8(value))
    return internal_error(fmt::format("the new value of \"{}\" is not a text in UTF-8", name));
  const bool is_airbyte = context_.options.format == Format::airbyte;
  const std::lock_guard lock(mutex_);
  if (!file_ && !is_airbyte)
    return config_error(fmt::format(
        "the source replaces \"{}\" while it is used, and the new value must be kept for the next "
        "run: add --credentials FILE",
        name));
  if (file_) {
    const auto* given = given_.if_contains(name);
    auto stored = file_->store(name, given == nullptr ? json::value() : *given, value);
    if (!stored)
      return config_error(
          fmt::format("{}; the new value of \"{}\" was not used, so that the old one stays "
                      "valid if the source allows it",
                      stored.error().message, name));
  }
  auto& current = current_[name];
  if (current == json::string(value)) return {};
  current = json::string(value);
  return is_airbyte ? emit_control() : Result<void>();
}

Result<void> Credentials::emit_control() {
  auto written = context_.lines.write(airbyte::control_message(current_, context_.clock.now()) + "\n");
  return written ? Result<void>() : config_error(std::move(written).error().message);
}

}  // namespace tapster::host
