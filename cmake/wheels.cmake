# Only for ROS 2 from wheels, where scripts/setup.sh names this file in CMAKE_PROJECT_INCLUDE; a normal ROS 2 install
# never reads it.
#
# The wheels' imported CMake targets carry include folders of the machine that built them (/opt/python/...). CMake
# refuses to use a target with an include folder that does not exist. Once everything is found, the folders that are
# missing here are replaced by this Python's own.

function(tacrefine_mend_imported_targets)
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

# Deferred to the end of the top folder: by then every find_package() has run, and targets are checked after it.
cmake_language(DEFER DIRECTORY ${CMAKE_SOURCE_DIR} CALL tacrefine_mend_imported_targets)
