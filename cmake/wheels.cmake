# Only for ROS 2 from wheels, where scripts/build.sh names this file in CMAKE_PROJECT_INCLUDE; a normal ROS 2 install
# never reads it.

# The wheels' imported targets carry include folders of the machine that built them (/opt/python/...), and CMake
# refuses to use a target with an include folder that does not exist. They are replaced by this Python's own.
function(tacrefine_fix_imported_targets)
  get_directory_property(targets IMPORTED_TARGETS)
  foreach(target IN LISTS targets)
    get_target_property(folders ${target} INTERFACE_INCLUDE_DIRECTORIES)
    if(NOT folders MATCHES "/opt/python/")
      continue()
    endif()
    list(FILTER folders EXCLUDE REGEX "^/opt/python/")
    list(APPEND folders ${Python3_INCLUDE_DIRS} ${Python3_NumPy_INCLUDE_DIRS})
    set_target_properties(${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${folders}")
  endforeach()
endfunction()

# rosidl exports its Python library with NumPy's include folder. Here that folder lies in .venv, below the source
# folder, and CMake refuses to export such a path. Nothing builds against the library from outside, so the path is
# kept for this build alone.
function(tacrefine_fix_exported_target)
  set(target ${PROJECT_NAME}__rosidl_generator_py)
  get_target_property(folders ${target} INTERFACE_INCLUDE_DIRECTORIES)
  list(TRANSFORM folders REPLACE "^(${CMAKE_SOURCE_DIR}/.*)$" "$<BUILD_INTERFACE:\\1>")
  set_target_properties(${target} PROPERTIES INTERFACE_INCLUDE_DIRECTORIES "${folders}")
endfunction()

# Deferred to the end of the top folder: by then every target is there, and none has been checked yet.
cmake_language(DEFER DIRECTORY ${CMAKE_SOURCE_DIR} CALL tacrefine_fix_imported_targets)
cmake_language(DEFER DIRECTORY ${CMAKE_SOURCE_DIR} CALL tacrefine_fix_exported_target)
