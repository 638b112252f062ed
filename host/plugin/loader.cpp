#include "plugin/loader.hpp"

#include <dlfcn.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstddef>
#include <deque>

#define BOOST_DLL_USE_STD_FS
#include <boost/dll/shared_library.hpp>
#include <string>
#include <system_error>

#include "plugin/call_guard.hpp"
#include "plugin/library_file.hpp"

namespace tapster::host {

namespace fs = std::filesystem;

namespace {

constexpr const char* entry_point = "tapster_connector_v1";
using EntryPoint = const tapster_connector*(uint32_t);

// Why others could change the file or directory; empty if only trusted owners and members of its group can.
std::string distrust(const fs::path& path) {
  struct stat status {};
  if (::stat(path.c_str(), &status) != 0) return std::generic_category().message(errno);
  struct stat executable {};
  const bool known = ::stat("/proc/self/exe", &executable) == 0;
  const bool trusted =
      status.st_uid == 0 || status.st_uid == ::geteuid() || (known && status.st_uid == executable.st_uid);
  if (!trusted) return fmt::format("{} belongs to another user (uid {})", path.string(), status.st_uid);
  if ((status.st_mode & S_IWOTH) != 0) {
    return fmt::format("{} is writable by everyone (fix this with chmod o-w)", path.string());
  }
  return {};
}

// Room for a library that is never unloaded: its code may have started threads.
boost::dll::shared_library& keep_library() {
  static auto& libraries = *new std::deque<boost::dll::shared_library>;
  return libraries.emplace_back();
}

// The name of a function of ABI 1.0 that the table does not have; empty if it has them all.
std::string_view missing_function(const tapster_connector& table) {
  if (table.spec == nullptr) return "spec";
  if (table.open == nullptr) return "open";
  if (table.check == nullptr) return "check";
  if (table.discover == nullptr) return "discover";
  if (table.plan == nullptr) return "plan";
  if (table.read == nullptr) return "read";
  if (table.state == nullptr) return "state";
  if (table.cancel == nullptr) return "cancel";
  if (table.close == nullptr) return "close";
  return {};
}

// The least size of a table of any version, and of one of ABI 1.0.
constexpr size_t head_size = offsetof(tapster_connector, abi_version) + sizeof(uint32_t);
constexpr size_t table_size = offsetof(tapster_connector, close) + sizeof(tapster_connector::close);

// Why the table cannot be used; empty if it can.
std::string flaw(const tapster_connector* table, std::string_view name) {
  if (table == nullptr) {
    return fmt::format("it cannot work with this host's ABI {}.{}", TAPSTER_ABI_MAJOR, TAPSTER_ABI_MINOR);
  }
  // The version is read first: a table of another major version may have anything after it.
  if (table->struct_size < head_size || table->abi_version >> 16U != TAPSTER_ABI_MAJOR) {
    return fmt::format("it was built for ABI {}.{}, and this host offers {}.{}", table->abi_version >> 16U,
                       table->abi_version & 0xFFFFU, TAPSTER_ABI_MAJOR, TAPSTER_ABI_MINOR);
  }
  if (table->struct_size < table_size) {
    return fmt::format("its table has {} bytes, which is less than ABI 1.0 has", table->struct_size);
  }
  const auto missing = missing_function(*table);
  if (!missing.empty()) return fmt::format("its table has no function {}", missing);
  const auto text_is_lent = [](tapster_text text) { return text.size == 0 || text.data != nullptr; };
  if (!text_is_lent(table->name) || !text_is_lent(table->version) || !text_is_lent(table->description)) {
    return "a text in its table is null";
  }
  if (to_view(table->name) != name) {
    return fmt::format("it is the connector \"{0}\", so its file must be named tapster-{0}.so",
                       to_view(table->name));
  }
  return {};
}

tl::unexpected<Failure> failed(const fs::path& file, std::string_view verb, std::string_view why) {
  return fail(Exit::plugin, fmt::format("{} {}: {}", file.string(), verb, why));
}

}  // namespace

Outcome<fs::path> check_plugin_file(const fs::path& file) {
  // Check the file that the loader will open: where a link leads, and who may replace it.
  std::error_code error;
  const auto real = fs::canonical(file, error);
  if (error) return failed(file, "cannot be loaded", error.message());
  for (const auto& path : {real, real.parent_path(), file.parent_path()}) {
    const auto why = distrust(path);
    if (!why.empty()) return failed(file, "is not loaded", why);
  }
  const auto flaw_of_file = library_flaw(real);
  if (!flaw_of_file.empty()) return failed(file, "cannot be loaded", flaw_of_file);
  return real;
}

Outcome<const tapster_connector*> load_table(const fs::path& file, std::string_view name) {
  const auto real = check_plugin_file(file);
  if (!real) return tl::unexpected(real.error());
  CallGuard::watch_exit();
  try {
    const CallGuard guard({name, "loading"});
    auto& library = keep_library();
    // The form with an error code leaves the loader's message for dlerror().
    boost::dll::fs::error_code unloadable;
    library.load(*real, unloadable, boost::dll::load_mode::rtld_now);
    if (unloadable) {
      const char* words = ::dlerror();
      return failed(file, "cannot be loaded", words != nullptr ? words : unloadable.message());
    }
    CallGuard::watch_exit();
    if (!library.has(entry_point)) {
      return failed(file, "is not a connector", fmt::format("it exports no {}", entry_point));
    }
    return library.get<EntryPoint>(entry_point)(TAPSTER_ABI_VERSION);
  } catch (const std::exception& e) {
    return failed(file, "cannot be used", e.what());
  } catch (...) {
    return failed(file, "cannot be used", fmt::format("{} threw an exception", entry_point));
  }
}

Outcome<Connector> load_connector(const fs::path& file, std::string_view name) {
  const auto table = load_table(file, name);
  if (!table) return tl::unexpected(table.error());
  const auto why = flaw(*table, name);
  if (!why.empty()) return failed(file, "cannot be used", why);
  return Connector(*table);
}

}  // namespace tapster::host
