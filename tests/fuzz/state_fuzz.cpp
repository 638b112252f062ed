// A valid state is written as a valid state with the same content.
#include "state/state.hpp"

#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tapster;
  using namespace tapster::host;
  auto state = State::parse(fuzz::text_of(data, size), "state.json");
  if (!state) {
    fuzz::require(!state.error().message.empty(), "a failure says why");
    return 0;
  }
  const auto text = state->to_json();
  fuzz::require(text.find('\n') == std::string::npos, "a state is one line", text);
  const auto again = State::parse(text, "state.json");
  fuzz::require(again.has_value(), "a state that is written can be read", text);
  fuzz::require(again->to_json() == text, "a state stays as it is", text);
  fuzz::require(State::parse(state->to_singer(), "state").has_value(), "Singer's form can be read",
                state->to_singer());
  for (const auto& [name, bookmark] : again->bookmarks()) {
    const auto parsed = parse_json(again->bookmark(name), "the bookmark");
    fuzz::require(again->bookmark(name).empty() || parsed.has_value(), "a bookmark is JSON",
                  again->bookmark(name));
    static_cast<void>(again->version(name));
    if (const auto parts = again->files(name)) {
      state->set_files(name, *parts);
      fuzz::require(state->files(name) == parts, "the files of a stream stay", text);
    }
  }
  state->set_bookmark("a", R"({"b":1})");
  fuzz::require(state->bookmark("a") == R"({"b":1})", "a bookmark is what was set", state->to_json());
  return 0;
}
