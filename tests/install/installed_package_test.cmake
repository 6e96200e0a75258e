# cmake -D BUILD_DIR=... -D SOURCE_DIR=... -D WORK_DIR=... -D COMPILER=... [-D SANITIZE=...] -P installed_package_test.cmake
function(run)
  execute_process(COMMAND ${ARGV} RESULT_VARIABLE result OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(NOT result EQUAL 0)
    list(JOIN ARGV " " command)
    message(FATAL_ERROR "${command}\n${output}")
  endif()
endfunction()

# What is installed was built with these, and needs them when it is linked.
set(flags "")
if(SANITIZE)
  set(flags -fsanitize=${SANITIZE})
endif()

file(REMOVE_RECURSE ${WORK_DIR})
run(${CMAKE_COMMAND} --install ${BUILD_DIR} --prefix ${WORK_DIR}/installed)
foreach(project examples/saver_tour tests/install/client)
  get_filename_component(name ${project} NAME)
  # Copied, so that no file of the source tree is at hand.
  file(COPY ${SOURCE_DIR}/${project} DESTINATION ${WORK_DIR})
  run(${CMAKE_COMMAND} -S ${WORK_DIR}/${name} -B ${WORK_DIR}/${name}/build -G Ninja -DCMAKE_BUILD_TYPE=Debug
      -DCMAKE_PREFIX_PATH=${WORK_DIR}/installed -DCMAKE_CXX_COMPILER=${COMPILER} -DCMAKE_CXX_FLAGS=${flags})
  run(${CMAKE_COMMAND} --build ${WORK_DIR}/${name}/build)
endforeach()
run(${WORK_DIR}/saver_tour/build/examples/saver-tour ${WORK_DIR}/run)
run(${WORK_DIR}/client/build/client)
run(${WORK_DIR}/installed/bin/floe --help)
file(REMOVE_RECURSE ${WORK_DIR})
