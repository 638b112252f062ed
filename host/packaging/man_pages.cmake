# Writes, compressed, the manual page of the program and one of each of its commands: cmake -DTAPSTER=… -DDIRECTORY=… -P man_pages.cmake
# TAPSTER may be a list: an emulator and the program.
function(write_page command file)
  execute_process(COMMAND ${TAPSTER} help --man ${command} OUTPUT_FILE ${DIRECTORY}/${file}.1 COMMAND_ERROR_IS_FATAL ANY)
  execute_process(COMMAND gzip -9n ${DIRECTORY}/${file}.1 COMMAND_ERROR_IS_FATAL ANY)
endfunction()

file(REMOVE_RECURSE ${DIRECTORY})
file(MAKE_DIRECTORY ${DIRECTORY})
write_page("" tapster)
# A line for each command: its name, a tab and what it does.
execute_process(COMMAND ${TAPSTER} complete "" OUTPUT_VARIABLE commands COMMAND_ERROR_IS_FATAL ANY)
string(REGEX MATCHALL "[^\n\t]+\t[^\n]*" commands "${commands}")
foreach(command IN LISTS commands)
  string(REGEX REPLACE "\t.*" "" command "${command}")
  write_page(${command} tapster-${command})
endforeach()
