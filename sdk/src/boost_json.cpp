// Compiles Boost.JSON into the SDK. Debian's static library is not position independent, so a plugin cannot
// link it. With hidden symbols, each plugin has its own copy that no other library can call by accident.
#include <boost/json/src.hpp>
