# SPDX-License-Identifier: Apache-2.0
# Flags that every target of ours is built with.
add_library(sweeper_flags INTERFACE)
target_compile_definitions(sweeper_flags INTERFACE _GNU_SOURCE _FILE_OFFSET_BITS=64)
target_compile_options(sweeper_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wsign-conversion -Wcast-qual -Wcast-align
  -Wformat=2 -Wmissing-prototypes -Wstrict-prototypes -Wold-style-definition -Wpointer-arith
  -Wundef -Wvla -Wwrite-strings -Wnull-dereference -Wdouble-promotion
  -fstack-protector-strong -fno-strict-aliasing -fPIE)
target_link_options(sweeper_flags INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
if(SWEEPER_WERROR)
  target_compile_options(sweeper_flags INTERFACE -Werror)
endif()
if(SWEEPER_SANITIZE)
  target_compile_options(sweeper_flags INTERFACE
    -fsanitize=${SWEEPER_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
  target_link_options(sweeper_flags INTERFACE -fsanitize=${SWEEPER_SANITIZE})
  target_compile_definitions(sweeper_flags INTERFACE SWEEPER_SANITIZED=1)
elseif(CMAKE_BUILD_TYPE STREQUAL "Release" OR CMAKE_BUILD_TYPE STREQUAL "RelWithDebInfo")
  target_compile_options(sweeper_flags INTERFACE -U_FORTIFY_SOURCE -D_FORTIFY_SOURCE=2)
endif()
if(SWEEPER_COVERAGE)
  target_compile_options(sweeper_flags INTERFACE --coverage -fprofile-update=atomic)
  target_link_options(sweeper_flags INTERFACE --coverage)
endif()
