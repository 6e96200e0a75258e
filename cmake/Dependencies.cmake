# Every dependency, each from Debian 12, with the reason it was chosen. `./dev` installs the packages named here (scripts/packages.txt).
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
# Abseil 20220623: Status and StatusOr at every fallible call, containers, string formatting; gRPC brings it anyway.
find_package(absl REQUIRED)
# protobuf 3.21 and gRPC 1.51: the wire formats of both serving APIs; gRPC's callback API needs no thread a call.
find_package(Protobuf REQUIRED)
find_package(gRPC CONFIG REQUIRED)
# oneDNN 2.6: convolution, matrix product and pooling at the speed of the processor, NHWC included. Its package
# finds OpenCL before itself, without saying that it needs it: ocl-icd-opencl-dev.
find_package(dnnl REQUIRED)
# OpenMP: what Debian's oneDNN is built on; Floe's own loops share its team, so that there is no second pool beside it.
find_package(OpenMP REQUIRED COMPONENTS CXX)
# Highway 1.0: our own vector loops, compiled for several instruction sets and dispatched at run time.
pkg_check_modules(HWY REQUIRED IMPORTED_TARGET libhwy)
# LevelDB 1.23: reads and writes the table format of checkpoint indexes (and whole V1 checkpoints) byte for byte as TensorFlow.
find_package(leveldb REQUIRED)
# The package asks for libsnappy's development files, which only a static LevelDB would need.
set_property(TARGET leveldb::leveldb PROPERTY INTERFACE_LINK_LIBRARIES Threads::Threads)
# RE2: the regular expressions of RegexReplace, in linear time and bounded memory; what TensorFlow uses.
pkg_check_modules(RE2 REQUIRED IMPORTED_TARGET re2)
# FarmHash: the hash of StringToHashBucketFast, which models bake into their tables. The package has no file for CMake.
find_path(FARMHASH_INCLUDE_DIR farmhash.h REQUIRED)
find_library(FARMHASH_LIBRARY farmhash REQUIRED)
add_library(farmhash INTERFACE)
target_include_directories(farmhash SYSTEM INTERFACE ${FARMHASH_INCLUDE_DIR})
target_link_libraries(farmhash INTERFACE ${FARMHASH_LIBRARY})
# Eigen 3.4: decompositions of small matrices and the special functions, by the headers that TensorFlow's own kernels call;
# one source file for each includes them. Its own threads stay off.
find_package(Eigen3 REQUIRED NO_MODULE)
# libjpeg-turbo, libpng, giflib: the images of DecodeJpeg, DecodePng and DecodeGif; the decoders TensorFlow has, so that the
# pixels are the same to the last bit. BMP has no library of its own and needs none.
find_package(JPEG REQUIRED)
find_package(PNG REQUIRED)
find_package(GIF REQUIRED)
# nlohmann-json: writes and reads the small JSON of the command line and REST metadata.
find_package(nlohmann_json REQUIRED)
# prometheus-cpp: counters, gauges, histograms and their text format.
find_package(prometheus-cpp REQUIRED)
# spdlog: logs that do not block the caller for long, in text or JSON.
find_package(spdlog REQUIRED)
# CLI11: the command line, its help and its errors.
find_package(CLI11 REQUIRED)
# libmicrohttpd 0.9.75: the HTTP port. epoll with a thread pool holds thousands of connections, a connection can be suspended
# while a model runs, bodies arrive in pieces so that a limit holds before memory is taken; small, strict about RFC 9112.
pkg_check_modules(MICROHTTPD REQUIRED IMPORTED_TARGET libmicrohttpd)
if(FLOE_BUILD_TESTS)
  # GoogleTest: the tests.
  find_package(GTest REQUIRED)
endif()
