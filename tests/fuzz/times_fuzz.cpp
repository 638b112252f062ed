// A parsed time is formatted as a text that parses as the same time.
#include <tapster/mail_time.hpp>
#include <tapster/time.hpp>

#include "fuzz.hpp"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace tapster;
  const auto text = fuzz::text_of(data, size);
  for (const auto time : {parse_time(text), parse_mail_time(text)}) {
    if (!time) continue;
    const auto micros = std::chrono::floor<std::chrono::microseconds>(*time);
    std::string written;
    append_time(written, micros);
    for (const auto& form : {written, format_time(micros)}) {
      const auto again = parse_time(form);
      fuzz::require(again && *again == micros, "a time that is written can be read", form);
    }
    fuzz::require(from_unix_micros(to_unix_micros(micros)) == micros, "microseconds keep a time", written);
  }
  if (const auto day = parse_day(text)) fuzz::require(format_day(*day) == text, "a day has one text", text);
  return 0;
}
