# SPDX-License-Identifier: Apache-2.0
# lint-format, lint-cppcheck, lint-tidy, lint-deep: what a reviewer should not have
# to say. `lint` runs all of them. Tools that are not installed have no target.
file(GLOB_RECURSE LINT_SOURCES CONFIGURE_DEPENDS
     "${CMAKE_SOURCE_DIR}/sweeper/*.c" "${CMAKE_SOURCE_DIR}/cmake/*.c")
file(GLOB_RECURSE LINT_HEADERS CONFIGURE_DEPENDS
     "${CMAKE_SOURCE_DIR}/sweeper/*.h" "${CMAKE_SOURCE_DIR}/include/*.h")
file(GLOB_RECURSE LINT_TESTS CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/tests/*.c"
     "${CMAKE_SOURCE_DIR}/tests/*.h")

add_custom_target(lint)
function(sweeper_lint name program)
  find_program(LINT_PROGRAM_${name} NAMES ${program})
  if(LINT_PROGRAM_${name})
    add_custom_target(lint-${name} COMMAND ${LINT_PROGRAM_${name}} ${ARGN}
                      WORKING_DIRECTORY "${CMAKE_SOURCE_DIR}" VERBATIM)
    add_dependencies(lint lint-${name})
  endif()
endfunction()

sweeper_lint(format clang-format --dry-run -Werror ${LINT_SOURCES} ${LINT_HEADERS} ${LINT_TESTS})

# Single findings are silenced in the code, with their reason. Whole checks:
# missingInclude*        system headers are not its business
# unusedStructMember     every member is part of a documented door
# unusedFunction         needs the whole program at once, and the tests
# normalCheckLevelMaxBranches and checkersReport are remarks, not findings
# memleak                does not follow ownership into a compound literal; LeakSanitizer does
# --library=posix        is left out: it takes mmap(.., -1, 0) for a mistake, and readdir for unsafe
sweeper_lint(cppcheck cppcheck --quiet --std=c11 --enable=warning,performance,portability
             --inline-suppr --error-exitcode=1 -j 2 --suppress=memleak
             --suppress=missingInclude --suppress=missingIncludeSystem
             --suppress=unusedStructMember --suppress=normalCheckLevelMaxBranches
             --suppress=checkersReport -D_GNU_SOURCE "-DSWEEPER_VERSION=\"0\"" -DSWEEPER_HYPERSCAN=1
             -I "${CMAKE_SOURCE_DIR}/include" -I "${CMAKE_SOURCE_DIR}/sweeper" ${LINT_SOURCES})

# With flags of its own rather than the compile database, which lists most files
# twice (the test build). One file a process: with several, clang-tidy 14 takes a
# va_list of one for that of another. lint-tidy has clang's analyzer follow a
# function at a time, which takes a fifth of the time; lint-deep, by hand and before
# a release, has it follow calls too.
find_program(LINT_CLANG_TIDY NAMES clang-tidy)
if(LINT_CLANG_TIDY)
  list(JOIN LINT_SOURCES "\n" LINT_LINES)
  file(CONFIGURE OUTPUT "${CMAKE_BINARY_DIR}/lint-sources" CONTENT "${LINT_LINES}\n" @ONLY)
  foreach(mode tidy deep)
    set(analyzer "")
    if(mode STREQUAL tidy)
      set(analyzer "-Xclang -analyzer-config -Xclang mode=shallow")
    endif()
    sweeper_lint(${mode} xargs -a "${CMAKE_BINARY_DIR}/lint-sources" -n 1 -P 2
                 sh -c "exec clang-tidy --quiet \"$@\" -- -std=c17 -D_GNU_SOURCE -DSWEEPER_VERSION='\"0\"' \
-DSWEEPER_HYPERSCAN=1 -I'${CMAKE_SOURCE_DIR}/include' -I'${CMAKE_SOURCE_DIR}/sweeper' \
${YARA_CFLAGS} ${HYPERSCAN_CFLAGS} ${analyzer}" tidy)
  endforeach()
endif()
