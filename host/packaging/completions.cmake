# Installs the completion of the program and of the taps and sources of this tree's connectors. Shells look for it by the
# name of the command; zsh's file lists its commands itself. Like the manual pages, the program prints it.
if(CMAKE_CROSSCOMPILING AND NOT CMAKE_CROSSCOMPILING_EMULATOR)
  return()
endif()
get_property(connectors GLOBAL PROPERTY TAPSTER_CONNECTORS)
list(TRANSFORM connectors PREPEND tapster- OUTPUT_VARIABLE plugins)
set(directory ${PROJECT_BINARY_DIR}/completions)
file(MAKE_DIRECTORY ${directory})
set(scripts)
foreach(shell bash zsh fish)
  # Without the plugins of whoever builds this.
  add_custom_command(OUTPUT ${directory}/${shell}
    COMMAND ${CMAKE_COMMAND} -E env --unset=HOME --unset=XDG_DATA_HOME --unset=TAPSTER_PLUGIN_PATH
      ${CMAKE_CROSSCOMPILING_EMULATOR} $<TARGET_FILE:tapster> completion ${shell} > ${directory}/${shell}
    DEPENDS tapster ${plugins} VERBATIM)
  list(APPEND scripts ${directory}/${shell})
endforeach()
add_custom_target(tapster_completions ALL DEPENDS ${scripts})

set(bash ${CMAKE_INSTALL_DATADIR}/bash-completion/completions)
set(fish ${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d)
# Debian's zsh reads the files of packages elsewhere.
set(zsh ${CMAKE_INSTALL_DATADIR}/zsh/site-functions)
if(CMAKE_INSTALL_PREFIX STREQUAL "/usr")
  set(zsh ${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions)
endif()
install(FILES ${directory}/bash DESTINATION ${bash} RENAME tapster)
install(FILES ${directory}/fish DESTINATION ${fish} RENAME tapster.fish)
install(FILES ${directory}/zsh DESTINATION ${zsh} RENAME _tapster)
foreach(connector IN LISTS connectors)
  foreach(name tap-${connector} source-${connector})
    file(CREATE_LINK tapster ${directory}/${name} SYMBOLIC)
    file(CREATE_LINK tapster.fish ${directory}/${name}.fish SYMBOLIC)
    install(FILES ${directory}/${name} DESTINATION ${bash})
    install(FILES ${directory}/${name}.fish DESTINATION ${fish})
  endforeach()
endforeach()
