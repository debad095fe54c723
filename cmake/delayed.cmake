# System DLLs that are not among Windows' KnownDLLs are looked for beside the program first, and that may
# be a folder of downloads. So they are loaded when they are first used, after main() has restricted the
# search. delayed/NAME.def lists the functions that we use; lanparty_delayed(NAME...) makes the targets
# NAME_delayed to link with instead of NAME.
find_program(LANPARTY_DLLTOOL x86_64-w64-mingw32-dlltool REQUIRED)
function(lanparty_delayed)
  add_library(delayed_helper OBJECT ${CMAKE_SOURCE_DIR}/cmake/delayed/helper.c)
  target_link_libraries(delayed_helper PRIVATE lanparty_flags)
  foreach(name ${ARGN})
    set(def ${CMAKE_SOURCE_DIR}/cmake/delayed/${name}.def)
    set(archive ${CMAKE_BINARY_DIR}/lib${name}_delayed.a)
    add_custom_command(OUTPUT ${archive} DEPENDS ${def}
      COMMAND ${LANPARTY_DLLTOOL} -d ${def} -D ${name}.dll --output-delaylib ${archive})
    add_custom_target(${name}_delayed_archive DEPENDS ${archive})
    add_library(${name}_delayed INTERFACE)
    add_dependencies(${name}_delayed ${name}_delayed_archive)
    target_link_libraries(${name}_delayed INTERFACE $<TARGET_OBJECTS:delayed_helper> ${archive} delayimp)
    target_link_options(${name}_delayed INTERFACE -Wl,--wrap=__delayLoadHelper2)
  endforeach()
endfunction()
