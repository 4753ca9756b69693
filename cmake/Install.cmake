# SPDX-License-Identifier: Apache-2.0
# What `cmake --install` brings: the program, its second name, its manual page, and completions
# for three shells where these look for them. All but the program comes from the
# option table: `ninja man-doc` writes docs/sweeper.1, and a test compares.
include(GNUInstallDirs)
install(TARGETS sweeper RUNTIME DESTINATION "${CMAKE_INSTALL_BINDIR}")
# `docker sweep IMAGE`: the same program under the name by which docker finds plugins in
# /usr/libexec and /usr/local/libexec; with another prefix, link it into ~/.docker/cli-plugins.
set(SWEEPER_PLUGIN_FOLDER "${CMAKE_INSTALL_LIBEXECDIR}/docker/cli-plugins")
file(RELATIVE_PATH SWEEPER_PLUGIN_AIM "${CMAKE_INSTALL_PREFIX}/${SWEEPER_PLUGIN_FOLDER}"
     "${CMAKE_INSTALL_PREFIX}/${CMAKE_INSTALL_BINDIR}/sweeper")
file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/generated/plugin")
file(CREATE_LINK "${SWEEPER_PLUGIN_AIM}" "${CMAKE_BINARY_DIR}/generated/plugin/docker-sweep"
     SYMBOLIC)
install(FILES "${CMAKE_BINARY_DIR}/generated/plugin/docker-sweep"
        DESTINATION "${SWEEPER_PLUGIN_FOLDER}")
install(FILES docs/sweeper.1 DESTINATION "${CMAKE_INSTALL_MANDIR}/man1")

add_custom_target(man-doc
  COMMAND sweeper help man > "${CMAKE_SOURCE_DIR}/docs/sweeper.1"
  COMMENT "Writing docs/sweeper.1"
  VERBATIM)

function(sweeper_completion shell name folder)
  set(file "${CMAKE_BINARY_DIR}/generated/completion/${name}")
  add_custom_command(OUTPUT "${file}"
    COMMAND sweeper help completion ${shell} > "${file}"
    DEPENDS sweeper
    COMMENT "Writing the completion for ${shell}"
    VERBATIM)
  add_custom_target(completion-${shell} ALL DEPENDS "${file}")
  install(FILES "${file}" DESTINATION "${CMAKE_INSTALL_DATADIR}/${folder}")
endfunction()
file(MAKE_DIRECTORY "${CMAKE_BINARY_DIR}/generated/completion")
sweeper_completion(bash sweeper bash-completion/completions)
sweeper_completion(zsh _sweeper zsh/site-functions)
sweeper_completion(fish sweeper.fish fish/vendor_completions.d)
