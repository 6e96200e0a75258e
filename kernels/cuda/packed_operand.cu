#include "kernels/cuda/packed_operand.h"

#include <algorithm>
#include <bit>
#include <type_traits>
#include <vector>

#include "base/status.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"

namespace floe {
namespace {

constexpr int kChunkBytes = 16;
constexpr int kTile = 32, kTileLines = 8;

// To ten bits of fraction, to nearest with ties away from zero, as FloatToTf32 has it on the device.
__host__ __device__ __forceinline__ uint32_t RoundedToTf32(uint32_t bits) {
  constexpr uint32_t kInfinity = 0x7f800000u, kDropped = 0x1fffu;
  return (bits & kInfinity) == kInfinity ? bits : (bits + (kDropped + 1) / 2) & ~kDropped;
}

// ---- Kernel

template <typename Element>
__device__ __forceinline__ Element PackedElement(float x) {
  if constexpr (std::is_same_v<Element, float>) {
    return FloatOf(RoundedToTf32(BitsOf(x)));
  } else {
    return FromFloat<Element>(x);
  }
}

__host__ __device__ __forceinline__ int64_t OffsetOf(const OperandLayout& layout, int64_t k, int64_t column) {
  const int64_t outer = k / layout.inner;
  return outer * layout.outer_stride + (k - outer * layout.inner) * layout.inner_stride + column * layout.column_stride;
}

struct PackTile {
  float values[kTile][kTile + 1];  // columns; the element behind keeps them in other banks
};

// A block turns tiles of 32 by 32, so that it reads and writes neighbours whichever way they lie.
template <typename Element, typename T>
__global__ void __launch_bounds__(kTile* kTileLines)
    PackKernel(const T* elements, OperandLayout layout, int64_t packed_depth, Element* packed) {
  auto& tile = SharedMemory<PackTile>();
  const int lane = static_cast<int>(threadIdx.x) % kTile, line = static_cast<int>(threadIdx.x) / kTile;
  const bool along_depth = layout.column_stride != 1;
  const int64_t down = (packed_depth + kTile - 1) / kTile, across = (layout.columns + kTile - 1) / kTile;
  for (int64_t i = blockIdx.x; i < layout.matrices * across * down; i += gridDim.x) {
    const int64_t matrix = i / (across * down), place = i - matrix * across * down;
    const int64_t first_column = place / down * kTile, first_k = place % down * kTile;
    const T* const from = elements + matrix * layout.depth * layout.columns;
#pragma unroll
    for (int other = line; other < kTile; other += kTileLines) {
      const int d = along_depth ? lane : other, c = along_depth ? other : lane;
      const int64_t k = first_k + d, column = first_column + c;
      const bool inside = k < layout.depth && column < layout.columns;
      tile.values[c][d] = inside ? ToFloat(from[OffsetOf(layout, k, column)]) : 0.0f;
    }
    __syncthreads();
    Element* const to = packed + matrix * packed_depth * layout.columns;
#pragma unroll
    for (int c = line; c < kTile; c += kTileLines) {
      const int64_t k = first_k + lane, column = first_column + c;
      if (k < packed_depth && column < layout.columns) {
        to[column * packed_depth + k] = PackedElement<Element>(tile.values[c][lane]);
      }
    }
    __syncthreads();
  }
}

// ---- Launcher

absl::Status LaunchPack(CudaStream& stream, ProductForm form, DType dtype, const void* elements,
                        const OperandLayout& layout, void* packed) {
  constexpr int64_t kMostBlocks = 1 << 16;
  const int64_t packed_depth = PackedDepth(form, layout.depth);
  const int64_t tiles = layout.matrices * CeilDiv(layout.columns, kTile) * CeilDiv(packed_depth, kTile);
  if (tiles == 0) return absl::OkStatus();
  const dim3 grid(static_cast<unsigned>(std::min(tiles, kMostBlocks)));
  return OnFloatType(dtype, [&]<typename T>() {
    const auto launch = [&]<typename Element>() {
      return Launch(PackKernel<Element, T>, grid, dim3(kTile * kTileLines), sizeof(PackTile), stream,
                    static_cast<const T*>(elements), layout, packed_depth, static_cast<Element*>(packed));
    };
    if (form == ProductForm::kTf32) return launch.template operator()<float>();
    if (form == ProductForm::kBfloat16) return launch.template operator()<DeviceBfloat16>();
    return launch.template operator()<DeviceHalf>();
  });
}

// ---- Packing on the host

uint16_t BitsOnHost(Half x) { return x.bits; }
uint16_t BitsOnHost(Bfloat16 x) { return x.bits; }
uint32_t BitsOnHost(float x) { return RoundedToTf32(std::bit_cast<uint32_t>(x)); }

template <typename Element, typename T>
absl::StatusOr<std::shared_ptr<DeviceMemory>> PackOnHost(const CudaContext& context, ProductForm form,
                                                         const T* elements, const OperandLayout& layout) {
  const int64_t packed_depth = PackedDepth(form, layout.depth);
  using Bits = decltype(BitsOnHost(Element()));
  std::vector<Bits> packed(static_cast<size_t>(layout.matrices * layout.columns * packed_depth));
  for (int64_t matrix = 0; matrix < layout.matrices; ++matrix) {
    const T* const from = elements + matrix * layout.depth * layout.columns;
    for (int64_t column = 0; column < layout.columns; ++column) {
      Bits* const to = packed.data() + (matrix * layout.columns + column) * packed_depth;
      for (int64_t k = 0; k < layout.depth; ++k) {
        to[k] = BitsOnHost(Element(static_cast<float>(from[OffsetOf(layout, k, column)])));
      }
    }
  }
  return context.Upload(packed.data(), static_cast<int64_t>(packed.size() * sizeof(Bits)));
}

template <typename T>
absl::StatusOr<std::shared_ptr<DeviceMemory>> PackInForm(const CudaContext& context, ProductForm form,
                                                         const T* elements, const OperandLayout& layout) {
  if (form == ProductForm::kTf32) return PackOnHost<float>(context, form, elements, layout);
  if (form == ProductForm::kBfloat16) return PackOnHost<Bfloat16>(context, form, elements, layout);
  return PackOnHost<Half>(context, form, elements, layout);
}

int64_t FormElementBytes(ProductForm form) { return form == ProductForm::kTf32 ? 4 : 2; }

}  // namespace

OperandLayout OperandLayout::OfMatrices(int64_t matrices, int64_t depth, int64_t columns, bool transposed) {
  return {.matrices = matrices,
          .depth = depth,
          .columns = columns,
          .inner = std::max<int64_t>(1, depth),
          .outer_stride = 0,
          .inner_stride = transposed ? 1 : columns,
          .column_stride = transposed ? depth : 1};
}

int64_t PackedDepth(ProductForm form, int64_t depth) {
  const int64_t chunk = kChunkBytes / FormElementBytes(form);
  return CeilDiv(depth, chunk) * chunk;
}

int64_t PackedOperand::ScratchBytes(ProductForm form, const OperandLayout& layout) const {
  if (form == ProductForm::kPlain || is_packed_) return 0;
  return layout.matrices * layout.columns * PackedDepth(form, layout.depth) * FormElementBytes(form);
}

absl::StatusOr<PackedOperand> PackedOperand::Create(const CudaContext& context, ProductForm form, const Tensor* value,
                                                    const OperandLayout& layout) {
  PackedOperand operand;
  if (form == ProductForm::kPlain || value == nullptr || value->num_elements() == 0) return operand;
  switch (value->dtype()) {
    case DType::kHalf: {
      FLOE_ASSIGN_OR_RETURN(operand.memory_, PackInForm(context, form, value->data<Half>(), layout));
      break;
    }
    case DType::kBfloat16: {
      FLOE_ASSIGN_OR_RETURN(operand.memory_, PackInForm(context, form, value->data<Bfloat16>(), layout));
      break;
    }
    default: {
      FLOE_ASSIGN_OR_RETURN(operand.memory_, PackInForm(context, form, value->data<float>(), layout));
    }
  }
  operand.is_packed_ = true;
  return operand;
}

absl::StatusOr<const void*> PackedOperand::Find(CudaStream& stream, ProductForm form, const Tensor& operand,
                                                const OperandLayout& layout, void* scratch) const {
  if (is_packed_) return memory_->data();
  FLOE_RETURN_IF_ERROR(LaunchPack(stream, form, operand.dtype(), operand.raw_data(), layout, scratch));
  return scratch;
}

}  // namespace floe
