# What the compiled kernels are made of: Tensor Core instructions, asynchronous copies and accesses of 128 bits, as PTX
# names them, and on targets without some of them none of those.
# cmake -DNVCC=... -DSOURCE_DIR=... -DWORK_DIR=... -P cuda_instructions_test.cmake
function(compile source target result)
  set(ptx ${WORK_DIR}/${source}_${target}.ptx)
  execute_process(COMMAND ${NVCC} -std=c++20 --expt-relaxed-constexpr -arch=${target} -I${SOURCE_DIR} -ptx ${SOURCE_DIR}/kernels/cuda/${source}.cu -o ${ptx}
    RESULT_VARIABLE failed OUTPUT_VARIABLE output ERROR_VARIABLE output)
  if(failed)
    message(FATAL_ERROR "${source}.cu for ${target}: ${output}")
  endif()
  file(READ ${ptx} text)
  set(${result} "${text}" PARENT_SCOPE)
endfunction()

function(expect ptx what pattern)
  if(NOT ptx MATCHES "${pattern}")
    message(SEND_ERROR "${what}: nothing like '${pattern}'")
  endif()
endfunction()
function(expect_none ptx what pattern)
  if(ptx MATCHES "${pattern}")
    message(SEND_ERROR "${what}: has '${CMAKE_MATCH_0}'")
  endif()
endfunction()

foreach(source matmul convolution transposed_convolution)
  compile(${source} sm_80 ptx)
  foreach(pattern
      "mma\\.sync\\.aligned\\.m16n8k16\\.row\\.col\\.f32\\.f16\\.f16\\.f32"
      "mma\\.sync\\.aligned\\.m16n8k16\\.row\\.col\\.f32\\.bf16\\.bf16\\.f32"
      "mma\\.sync\\.aligned\\.m16n8k8\\.row\\.col\\.f32\\.tf32\\.tf32\\.f32"
      "ldmatrix\\.sync\\.aligned\\.m8n8\\.x4" "cp\\.async\\.cg\\.shared\\.global" "cvt\\.rna\\.tf32\\.f32"
      "ld\\.global(\\.nc)?\\.v4" "st\\.global(\\.wb)?\\.v4" "st\\.shared\\.v4")
    expect("${ptx}" "${source} for sm_80" "${pattern}")
  endforeach()
endforeach()
compile(matmul sm_75 ptx)
expect("${ptx}" "matmul for sm_75" "mma\\.sync\\.aligned\\.m16n8k8\\.row\\.col\\.f32\\.f16\\.f16\\.f32")
expect("${ptx}" "matmul for sm_75" "ldmatrix\\.sync\\.aligned\\.m8n8\\.x4")
expect_none("${ptx}" "matmul for sm_75" "cp\\.async|m16n8k16|bf16|tf32")
