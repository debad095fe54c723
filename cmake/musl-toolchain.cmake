# Fully static programs for Linux on x86_64, with musl: Debian's musl-tools, and libraries of tools/setup.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR x86_64)
set(LANPARTY_STATIC ON)
set(CMAKE_C_COMPILER gcc)
set(CMAKE_C_FLAGS_INIT
  "-specs /usr/lib/x86_64-linux-musl/musl-gcc.specs -specs ${CMAKE_CURRENT_LIST_DIR}/static/musl.specs")
