#include "catalog/selection_screen.hpp"

#define NCURSES_NOMACROS  // functions are enough, and macros of these names are in the way
#include <curses.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <clocale>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "catalog/selection_list.hpp"

namespace tapster::host {

namespace {

// The signals that end the screen, as a descriptor to poll.
class EndSignals {
 public:
  EndSignals() {
    ::sigemptyset(&set_);
    for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT}) ::sigaddset(&set_, number);
    ::pthread_sigmask(SIG_BLOCK, &set_, &old_);
    descriptor_ = ::signalfd(-1, &set_, SFD_CLOEXEC);
  }
  EndSignals(const EndSignals&) = delete;
  EndSignals& operator=(const EndSignals&) = delete;
  ~EndSignals() {
    if (descriptor_ >= 0) ::close(descriptor_);
    ::pthread_sigmask(SIG_SETMASK, &old_, nullptr);
  }
  [[nodiscard]] int descriptor() const { return descriptor_; }
  [[nodiscard]] int take() const {
    signalfd_siginfo info{};
    return ::read(descriptor_, &info, sizeof info) == sizeof info ? static_cast<int>(info.ssi_signo)
                                                                  : SIGTERM;
  }

 private:
  sigset_t set_{}, old_{};
  int descriptor_;
};

// Sets the terminal to the mode for lists until it is destroyed.
class Terminal {
 public:
  Terminal() : file_(std::fopen("/dev/tty", "r+e")) {
    if (file_ == nullptr) return;
    // Curses installs handlers that exit with the wrong code, unless there are others.
    screen_ = ::newterm(nullptr, file_, file_);
    if (screen_ == nullptr) return;
    // A terminal such as "dumb" only prints on.
    const char* moving = ::tigetstr("cup");
    if (moving == nullptr || *moving == '\0') return;
    moves_cursor_ = true;
    ::set_escdelay(25);
    ::cbreak();
    ::noecho();
    ::curs_set(0);
    ::keypad(stdscr, TRUE);
    ::nodelay(stdscr, TRUE);
  }
  Terminal(const Terminal&) = delete;
  Terminal& operator=(const Terminal&) = delete;
  ~Terminal() {
    if (screen_ != nullptr) {
      ::endwin();
      ::delscreen(screen_);
    }
    if (file_ != nullptr) std::fclose(file_);
  }
  [[nodiscard]] bool works() const { return moves_cursor_; }
  [[nodiscard]] int descriptor() const { return ::fileno(file_); }

 private:
  std::FILE* file_;
  SCREEN* screen_ = nullptr;
  bool moves_cursor_ = false;
};

void draw(const SelectionList& list, const std::string& title, size_t& top) {
  const auto lines = static_cast<size_t>(std::max(LINES - 2, 1));
  if (list.current() < top) top = list.current();
  if (list.current() >= top + lines) top = list.current() - lines + 1;
  ::erase();
  ::mvaddnstr(0, 0, title.c_str(), COLS);
  for (size_t i = 0; i < lines && top + i < list.size(); ++i) {
    if (top + i == list.current()) ::attron(A_REVERSE);
    ::mvaddnstr(static_cast<int>(i) + 1, 0, list.text(top + i).c_str(), COLS);
    ::attroff(A_REVERSE);
  }
  ::mvaddnstr(LINES - 1, 0, "space select   right/left columns   enter done   q cancel", COLS);
  ::refresh();
}

enum class Next { go_on, done, leave };

Next press(int key, SelectionList& list) {
  const std::ptrdiff_t page = std::max(LINES - 3, 1);
  const auto all = static_cast<std::ptrdiff_t>(list.size());
  switch (key) {
    case KEY_UP:
      list.move(-1);
      break;
    case KEY_DOWN:
      list.move(1);
      break;
    case KEY_PPAGE:
      list.move(-page);
      break;
    case KEY_NPAGE:
      list.move(page);
      break;
    case KEY_HOME:
      list.move(-all);
      break;
    case KEY_END:
      list.move(all);
      break;
    case ' ':
      list.toggle();
      break;
    case KEY_RIGHT:
      list.open();
      break;
    case KEY_LEFT:
      list.close();
      break;
    case '\n':
    case '\r':
    case KEY_ENTER:
      return Next::done;
    case 'q':
    case '\x1b':
      return Next::leave;
    default:
      break;  // KEY_RESIZE among others: the list is drawn again
  }
  return Next::go_on;
}

// Whether another process group has the terminal: changing its mode would then stop this process.
bool is_in_background() {
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  const auto group = ::tcgetpgrp(terminal);
  ::close(terminal);
  return group != ::getpgrp();
}

}  // namespace

bool has_terminal() {
  const int terminal = ::open("/dev/tty", O_RDWR | O_CLOEXEC);
  if (terminal >= 0) ::close(terminal);
  return terminal >= 0;
}

Outcome<bool> choose(std::vector<CatalogEntry>& streams, const std::string& title) {
  if (is_in_background()) {
    return fail(Exit::usage,
                "the list needs the terminal, but this process is in the background: start it in the "
                "foreground, without \"&\", or select by patterns");
  }
  std::setlocale(LC_CTYPE, "");
  const EndSignals signals;  // before curses would handle them itself
  if (signals.descriptor() < 0)
    return fail(Exit::failed,
                fmt::format("cannot wait for signals: {} (check `ulimit -n`)", std::strerror(errno)));
  const Terminal terminal;
  if (!terminal.works()) {
    const char* kind = std::getenv("TERM");
    return fail(Exit::usage,
                fmt::format("the terminal (TERM is \"{}\") cannot show a list: select by patterns",
                            kind == nullptr ? "" : kind));
  }
  SelectionList list(streams);
  size_t top = 0;
  while (true) {
    draw(list, title, top);
    std::array<pollfd, 2> waits{pollfd{terminal.descriptor(), POLLIN, 0},
                                pollfd{signals.descriptor(), POLLIN, 0}};
    ::poll(waits.data(), waits.size(), -1);  // a resize interrupts it, and is a key
    if (waits[1].revents != 0) {
      const int number = signals.take();
      return fail(static_cast<Exit>(128 + number), "stopped by a signal; nothing was changed");
    }
    for (int key = 0; (key = ::getch()) != ERR;) {
      const auto next = press(key, list);
      if (next != Next::go_on) return next == Next::done;
    }
    if ((waits[0].revents & (POLLHUP | POLLERR)) != 0) return false;
  }
}

}  // namespace tapster::host
