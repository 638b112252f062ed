# Builds for arm64 on another Debian machine, with the cross compiler and the libraries of the architecture arm64 in the same
# root: cmake --preset package --toolchain host/packaging/arm64.cmake. .ci/arm64 makes such a root.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
set(CMAKE_CXX_COMPILER aarch64-linux-gnu-g++)
# The program writes its manual pages and completion itself.
set(CMAKE_CROSSCOMPILING_EMULATOR qemu-aarch64-static)
# Only this architecture's libraries.
set(ENV{PKG_CONFIG_LIBDIR} /usr/lib/aarch64-linux-gnu/pkgconfig:/usr/share/pkgconfig)
set(CPACK_DEBIAN_PACKAGE_ARCHITECTURE arm64)
