# tapster_add_connector(NAME SOURCE...)
#
# Adds the target tapster-NAME: a plugin tapster-NAME.so that links the SDK and exports only the ABI's entry point.
# Inside Tapster's own tree it is built and installed where the host looks for plugins. The links tap-NAME and
# source-NAME beside the program start it as the connector's Singer tap and Airbyte source.
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
  if(TAPSTER_PLUGIN_DIR)
    set_target_properties(${target} PROPERTIES LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/${TAPSTER_PLUGIN_DIR})
    install(TARGETS ${target} LIBRARY DESTINATION ${TAPSTER_PLUGIN_DIR})
    file(MAKE_DIRECTORY ${CMAKE_RUNTIME_OUTPUT_DIRECTORY})
    foreach(role tap source)
      set(link ${CMAKE_RUNTIME_OUTPUT_DIRECTORY}/${role}-${name})
      file(CREATE_LINK tapster ${link} SYMBOLIC)
      install(FILES ${link} DESTINATION ${CMAKE_INSTALL_BINDIR})
    endforeach()
  endif()
endfunction()
