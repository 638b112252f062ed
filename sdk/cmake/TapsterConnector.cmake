# tapster_add_connector(NAME SOURCE...)
#
# Makes the target tapster-NAME, a plugin tapster-NAME.so on the authoring layer that exports the ABI's entry point and
# nothing else. Inside Tapster's own tree it is built where the host looks, and installed to the plugin directory; and
# beside the program there are links tap-NAME and source-NAME, which make it the connector's Singer tap and Airbyte source.
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
