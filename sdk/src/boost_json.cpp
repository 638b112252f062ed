// Boost.JSON's code, compiled in once: Debian's static library is not position independent, and with hidden
// symbols every plugin keeps a copy that nobody else can call by accident.
#include <boost/json/src.hpp>
