# What libfloe_cuda.so is made of: by nvcc (kernels/cuda/CMakeLists.txt), and for the host (tests/simt/CMakeLists.txt).
set(FLOE_CUDA_HOST_SOURCES
  cublas.cc
  cuda_backend.cc
  list_ops.cc
  module.cc
  product_form.cc
  runtime.cc
  stream.cc
  target.cc)
# One file an op family: its kernels, and what supports, prepares and launches them.
set(FLOE_CUDA_KERNEL_SOURCES
  arg_extreme.cu
  attention.cu
  batch_norm.cu
  chain.cu
  convolution.cu
  crop_and_resize.cu
  einsum.cu
  elementwise.cu
  epilogue.cu
  fake_quant.cu
  gather.cu
  layer_norm.cu
  library_product.cu
  lrn.cu
  matmul.cu
  matrix_band.cu
  mirror_pad.cu
  move.cu
  nms.cu
  one_hot.cu
  packed_operand.cu
  pool.cu
  reduce.cu
  resize.cu
  reverse_sequence.cu
  roll.cu
  scan.cu
  scatter.cu
  segment.cu
  softmax.cu
  space_batch.cu
  top_k.cu
  transposed_convolution.cu)
list(TRANSFORM FLOE_CUDA_HOST_SOURCES PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
list(TRANSFORM FLOE_CUDA_KERNEL_SOURCES PREPEND ${CMAKE_CURRENT_LIST_DIR}/)
