# Before the packages are made: without debug symbols libtapster-dev has a tenth of the size. A connector's own build has them.
file(GLOB_RECURSE libraries ${CPACK_TEMPORARY_INSTALL_DIRECTORY}/*.a)
foreach(library IN LISTS libraries)
  execute_process(COMMAND ${CPACK_STRIP_PROGRAM} --strip-debug --enable-deterministic-archives ${library} COMMAND_ERROR_IS_FATAL ANY)
endforeach()
