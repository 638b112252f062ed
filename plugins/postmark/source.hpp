// The source: the streams of a config, what to read when, and their states.
#pragma once

#include <memory>
#include <tapster/source.hpp>

#include "config.hpp"
#include "servers.hpp"

namespace postmark {

std::unique_ptr<tapster::Source> make_source(tapster::Host host, std::unique_ptr<Servers> servers,
                                             Config config);

}  // namespace postmark
