# tapster_add_connector(NAME SOURCE...)
#
# Adds the target tapster-NAME: a plugin tapster-NAME.so that links the SDK and exports only the ABI's entry point.
# `cmake --install` puts it where the host of the same prefix looks for plugins. The links tap-NAME and source-NAME beside
# the host start it as the connector's Singer tap and Airbyte source. Inside Tapster's own tree the build has both too.
function(tapster_add_connector name)
  set(target tapster-${name})
  set(exports ${CMAKE_CURRENT_FUNCTION_LIST_DIR}/connector.map)
  add_library(${target} MODULE ${ARGN})
  target_link_libraries(${target} PRIVATE tapster::sdk)
  target_link_options(${target} PRIVATE -Wl,--version-script=${exports})
  set_target_properties(${target} PROPERTIES
    PREFIX "" SUFFIX ".so"
    CXX_VISIBILITY_PRESET hidden
    VISIBILITY_INLINES_HIDDEN ON
    LINK_DEPENDS "${exports}")
  set(programs ${CMAKE_CURRENT_BINARY_DIR}/${target}.links)
  if(TAPSTER_PLUGIN_DIR)
    set(programs ${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
    set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${TAPSTER_PLUGIN_DIR})
    set_property(GLOBAL APPEND PROPERTY TAPSTER_CONNECTORS ${name})
  endif()
  # Relative to the prefix: where Tapster was installed, or will be.
  get_property(plugin_dir GLOBAL PROPERTY TAPSTER_PLUGIN_DIR)
  get_property(program_dir GLOBAL PROPERTY TAPSTER_PROGRAM_DIR)
  install(TARGETS ${target} LIBRARY DESTINATION ${plugin_dir})
  file(MAKE_DIRECTORY ${programs})
  foreach(role tap source)
    file(CREATE_LINK tapster ${programs}/${role}-${name} SYMBOLIC)
    install(FILES ${programs}/${role}-${name} DESTINATION ${program_dir})
  endforeach()
endfunction()
