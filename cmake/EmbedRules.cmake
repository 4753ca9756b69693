# SPDX-License-Identifier: Apache-2.0
# Packs rules/yara into a C file whose bytes match none of the rules. The tool
# that packs also compiles every rule, so that a bad one fails the build.
set(SWEEPER_BUILTIN_RULES_C "${CMAKE_BINARY_DIR}/generated/builtin_rules.c")
file(GLOB_RECURSE BUILTIN_RULES CONFIGURE_DEPENDS "${CMAKE_SOURCE_DIR}/rules/yara/*.yar")
add_executable(embed-rules "${CMAKE_SOURCE_DIR}/cmake/embed_rules.c")
target_link_libraries(embed-rules PRIVATE sweeper_flags PkgConfig::YARA)
add_custom_command(
  OUTPUT "${SWEEPER_BUILTIN_RULES_C}"
  COMMAND embed-rules "${CMAKE_SOURCE_DIR}/rules/yara" "${SWEEPER_BUILTIN_RULES_C}"
          ${BUILTIN_RULES}
  DEPENDS embed-rules ${BUILTIN_RULES}
  COMMENT "Embedding the built-in rules"
  VERBATIM)
