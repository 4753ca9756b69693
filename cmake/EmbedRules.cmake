# SPDX-License-Identifier: Apache-2.0
# Packs rules into C files whose bytes match none of the rules. The tool that
# packs also compiles and checks every rule, so that a bad one fails the build.
set(SWEEPER_BUILTIN_RULES_C "${CMAKE_BINARY_DIR}/generated/builtin_rules.c"
                            "${CMAKE_BINARY_DIR}/generated/builtin_cases.c")
file(GLOB_RECURSE BUILTIN_RULES CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/rules/yara/*.yar")
file(GLOB BUILTIN_INDICATORS CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/rules/indicators/*.json")
list(REMOVE_ITEM BUILTIN_INDICATORS "${CMAKE_SOURCE_DIR}/rules/indicators/schema.json")
file(GLOB_RECURSE BUILTIN_CASES CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/rules/cases/*.json")
add_executable(embed-rules "${CMAKE_SOURCE_DIR}/cmake/embed_rules.c"
                           "${CMAKE_SOURCE_DIR}/cmake/embed_check.c")
target_include_directories(embed-rules PRIVATE "${CMAKE_SOURCE_DIR}/include")
target_link_libraries(embed-rules PRIVATE sweeper_flags PkgConfig::YARA)
add_custom_command(
  OUTPUT ${SWEEPER_BUILTIN_RULES_C}
  COMMAND embed-rules ${SWEEPER_BUILTIN_RULES_C}
          --rules "${CMAKE_SOURCE_DIR}/rules/yara" ${BUILTIN_RULES}
          --indicators "${CMAKE_SOURCE_DIR}/rules" ${BUILTIN_INDICATORS}
          --cases "${CMAKE_SOURCE_DIR}/rules/cases" ${BUILTIN_CASES}
  DEPENDS embed-rules ${BUILTIN_RULES} ${BUILTIN_INDICATORS} ${BUILTIN_CASES}
  COMMENT "Embedding the built-in rules"
  VERBATIM)
