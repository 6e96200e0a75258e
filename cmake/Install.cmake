# What `cmake --install` puts in place: the programs, the libraries behind floe::floe and floe::client, their headers, and
# the files for find_package(floe). Public headers are those below, with all that they include.
include(CMakePackageConfigHelpers)
include(GNUInstallDirs)

# Of floe::floe. A session's own parts (its executor, its store of variables) come along because Session holds them.
set(FLOE_PUBLIC_FOLDERS base tensor graph ops checkpoint session model)
# Of floe::client, besides base/ and tensor/.
set(FLOE_PUBLIC_CLIENT_HEADERS client/client.h)

add_library(floe_floe INTERFACE)
target_link_libraries(floe_floe INTERFACE floe_session floe_model)
set_target_properties(floe_floe PROPERTIES EXPORT_NAME floe)
add_library(floe::floe ALIAS floe_floe)
set_target_properties(floe_client PROPERTIES EXPORT_NAME client)
add_library(floe::client ALIAS floe_client)

# All targets of this project that `target` links, itself included, into `result`.
function(floe_link_closure target result)
  set(closure ${${result}})
  if(target IN_LIST closure)
    return()
  endif()
  list(APPEND closure ${target})
  foreach(property LINK_LIBRARIES INTERFACE_LINK_LIBRARIES)
    get_target_property(libraries ${target} ${property})
    foreach(library ${libraries})
      string(REGEX REPLACE "^\\$<LINK_ONLY:(.*)>$" "\\1" library "${library}")
      if(TARGET ${library})
        get_target_property(imported ${library} IMPORTED)
        get_target_property(aliased ${library} ALIASED_TARGET)
        if(NOT imported AND NOT aliased)
          floe_link_closure(${library} closure)
        endif()
      endif()
    endforeach()
  endforeach()
  set(${result} ${closure} PARENT_SCOPE)
endfunction()

set(floe_targets "")
floe_link_closure(floe_floe floe_targets)
set(client_targets "")
floe_link_closure(floe_client client_targets)
# Both need some; each target belongs to one file.
set(common_targets ${floe_targets})
list(REMOVE_ITEM floe_targets ${client_targets})
list(REMOVE_ITEM common_targets ${floe_targets})
list(REMOVE_ITEM client_targets ${common_targets})
foreach(set common client floe)
  install(TARGETS ${${set}_targets} EXPORT floe_${set} ARCHIVE DESTINATION ${CMAKE_INSTALL_LIBDIR}/floe
          INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/floe)
  install(EXPORT floe_${set} FILE floe_${set}.cmake NAMESPACE floe:: DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/floe)
endforeach()

foreach(folder ${FLOE_PUBLIC_FOLDERS})
  file(GLOB headers CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/${folder}/*.h)
  foreach(header ${headers})
    # Generated messages stay inside.
    file(STRINGS ${header} inner REGEX "^#include \".*\\.pb\\.h\"")
    if(NOT inner)
      install(FILES ${header} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/floe/${folder})
    endif()
  endforeach()
endforeach()
install(FILES ${FLOE_PUBLIC_CLIENT_HEADERS} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR}/floe/client)
install(TARGETS floe floe-client RUNTIME DESTINATION ${CMAKE_INSTALL_BINDIR})

configure_package_config_file(${CMAKE_SOURCE_DIR}/cmake/floeConfig.cmake.in ${CMAKE_BINARY_DIR}/floeConfig.cmake
                              INSTALL_DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/floe)
write_basic_package_version_file(${CMAKE_BINARY_DIR}/floeConfigVersion.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_BINARY_DIR}/floeConfig.cmake ${CMAKE_BINARY_DIR}/floeConfigVersion.cmake
        DESTINATION ${CMAKE_INSTALL_LIBDIR}/cmake/floe)
