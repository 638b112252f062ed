# tapster_commit(OUT): the first 12 digits of the commit of the source tree, "unknown" if nothing says it.
# A packager may set TAPSTER_COMMIT. Otherwise git says it, or the file `commit`, which git archive fills in.
# A new commit configures the build again.
set(TAPSTER_COMMIT "" CACHE STRING "The commit that `tapster --version` prints, if neither git nor git archive says it")

function(tapster_commit out)
  set(commit "${TAPSTER_COMMIT}")
  # A .git of the source tree itself: one further up belongs to a project that contains this one.
  if(NOT commit AND EXISTS ${PROJECT_SOURCE_DIR}/.git)
    execute_process(COMMAND git -C ${PROJECT_SOURCE_DIR} rev-parse HEAD --git-path logs/HEAD
      OUTPUT_VARIABLE lines RESULT_VARIABLE failed OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
    if(NOT failed)
      string(REPLACE "\n" ";" lines "${lines}")
      list(GET lines 0 commit)
      list(GET lines 1 log)
      cmake_path(ABSOLUTE_PATH log BASE_DIRECTORY ${PROJECT_SOURCE_DIR})
      if(EXISTS ${log})
        set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS ${log})
      endif()
    endif()
  endif()
  if(NOT commit)
    file(STRINGS ${PROJECT_SOURCE_DIR}/host/packaging/commit commit LIMIT_COUNT 1)
    string(REGEX REPLACE " .*" "" commit "${commit}")
  endif()
  if(commit MATCHES "^[0-9a-f]+$")
    string(SUBSTRING ${commit} 0 12 commit)
  else()
    set(commit unknown)
  endif()
  set(${out} ${commit} PARENT_SCOPE)
endfunction()
