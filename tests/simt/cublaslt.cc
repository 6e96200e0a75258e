// The stand-in for cuBLASLt: what Floe calls of it. Attributes must be known and of their sizes, matrices must fit, and
// an algorithm serves the product, the alignments and the workspace that it was found for and no others.
#include <cstdint>
#include <cstring>
#include <map>

#include "product.h"
#include "simt/launch.h"

using namespace floe::cublas;  // NOLINT(google-build-using-namespace): whose words these are
using simt::LibraryProduct;
using simt::Refuse;
using simt::StoredMatrix;

namespace floe::cublas {

struct LtContext {};
struct MatmulDescOpaque {
  ComputeType compute;
  int32_t transpose_a = kPlain, transpose_b = kPlain;
  uint32_t epilogue = kEpilogueNone;
  const void* bias = nullptr;
  int32_t bias_type = -1;
};
struct MatrixLayoutOpaque {
  DataType type;
  int64_t rows, columns, leading;
};
struct MatmulPreferenceOpaque {
  uint64_t workspace_bytes = 0;
  uint32_t alignments[4] = {256, 256, 256, 256};  // of A, B, C, D
};

}  // namespace floe::cublas

namespace {

// What an algorithm was found for, as it lies in its 64 bytes.
struct Found {
  uint64_t m, n, k;
  uint64_t workspace_bytes;
  uint32_t alignments[4];
  uint32_t epilogue;
  uint32_t magic;
};
static_assert(sizeof(Found) <= sizeof(Algorithm));
constexpr uint32_t kMagic = 0x1a55c0de;

template <typename T>
Status Take(const char* call, const void* value, size_t bytes, T* to) {
  if (value == nullptr || bytes != sizeof(T)) return Refuse(call, "an attribute of another size");
  std::memcpy(to, value, sizeof(T));
  return kSuccess;
}

StoredMatrix Stored(const void* data, Layout layout, int32_t operation) {
  return {data, layout->rows, layout->columns, layout->leading, operation == kTransposed, 0};
}

bool IsKnownEpilogue(uint32_t kind) {
  return kind == kEpilogueNone || kind == kEpilogueRelu || kind == kEpilogueBias || kind == kEpilogueReluBias ||
         kind == kEpilogueGelu || kind == kEpilogueGeluBias;
}

}  // namespace

#pragma GCC visibility push(default)
extern "C" {

Status cublasLtCreate(LtHandle* handle) {
  if (const cudaError_t code = simt::BeginCall(); code != cudaSuccess) return simt::FromRuntime(code);
  if (simt::IsRecording()) return Refuse("cublasLtCreate", "while the thread records a stream");
  *handle = new LtContext;
  simt::CountObjects(1);
  return kSuccess;
}
Status cublasLtDestroy(LtHandle handle) {
  delete handle;
  simt::CountObjects(-1);
  return kSuccess;
}

Status cublasLtMatmulDescCreate(Desc* desc, ComputeType compute, DataType scale) {
  if (scale != kFloat32) return Refuse("cublasLtMatmulDescCreate", "a scale that is not float32");
  *desc = new MatmulDescOpaque{compute};
  simt::CountObjects(1);
  return kSuccess;
}
Status cublasLtMatmulDescDestroy(Desc desc) {
  delete desc;
  simt::CountObjects(-1);
  return kSuccess;
}
Status cublasLtMatmulDescSetAttribute(Desc desc, DescAttribute attribute, const void* value, size_t bytes) {
  const char* const call = "cublasLtMatmulDescSetAttribute";
  switch (attribute) {
    case kDescTransA:
      return Take(call, value, bytes, &desc->transpose_a);
    case kDescTransB:
      return Take(call, value, bytes, &desc->transpose_b);
    case kDescEpilogue:
      if (const Status status = Take(call, value, bytes, &desc->epilogue); status != kSuccess) return status;
      return IsKnownEpilogue(desc->epilogue) ? kSuccess : Refuse(call, "an epilogue that there is not");
    case kDescBiasPointer:
      return Take(call, value, bytes, &desc->bias);
    case kDescBiasDataType:
      return Take(call, value, bytes, &desc->bias_type);
  }
  return Refuse(call, "an attribute that there is not");
}

Status cublasLtMatrixLayoutCreate(Layout* layout, DataType type, uint64_t rows, uint64_t columns, int64_t leading) {
  if (rows == 0 || columns == 0 || leading < static_cast<int64_t>(rows)) {
    return Refuse("cublasLtMatrixLayoutCreate", "rows, columns or a leading dimension that no matrix has");
  }
  *layout = new MatrixLayoutOpaque{type, static_cast<int64_t>(rows), static_cast<int64_t>(columns), leading};
  simt::CountObjects(1);
  return kSuccess;
}
Status cublasLtMatrixLayoutDestroy(Layout layout) {
  delete layout;
  simt::CountObjects(-1);
  return kSuccess;
}

Status cublasLtMatmulPreferenceCreate(Preference* preference) {
  *preference = new MatmulPreferenceOpaque;
  simt::CountObjects(1);
  return kSuccess;
}
Status cublasLtMatmulPreferenceDestroy(Preference preference) {
  delete preference;
  simt::CountObjects(-1);
  return kSuccess;
}
Status cublasLtMatmulPreferenceSetAttribute(Preference preference, PreferenceAttribute attribute, const void* value,
                                            size_t bytes) {
  const char* const call = "cublasLtMatmulPreferenceSetAttribute";
  if (attribute == kPreferenceWorkspaceBytes) return Take(call, value, bytes, &preference->workspace_bytes);
  if (attribute >= kPreferenceAlignmentA && attribute <= kPreferenceAlignmentD) {
    return Take(call, value, bytes, &preference->alignments[attribute - kPreferenceAlignmentA]);
  }
  return Refuse(call, "an attribute that there is not");
}

Status cublasLtMatmulAlgoGetHeuristic(LtHandle handle, Desc desc, Layout a, Layout b, Layout c, Layout d,
                                      Preference preference, int wanted, HeuristicResult* results, int* got) {
  const char* const call = "cublasLtMatmulAlgoGetHeuristic";
  *got = 0;
  if (const cudaError_t code = simt::BeginCall(); code != cudaSuccess) return simt::FromRuntime(code);
  if (handle == nullptr || wanted < 1) return Refuse(call, "no handle, or no algorithms wanted");
  const StoredMatrix x = Stored(nullptr, a, desc->transpose_a), y = Stored(nullptr, b, desc->transpose_b);
  if (x.used_columns() != y.used_rows() || x.used_rows() != d->rows || y.used_columns() != d->columns ||
      c->rows != d->rows || c->columns != d->columns) {
    return Refuse(call, "layouts that do not fit each other");
  }
  if (a->type != b->type || a->type != c->type || a->type != d->type) return Refuse(call, "layouts of several types");
  const auto kind = static_cast<EpilogueKind>(desc->epilogue);
  if (simt::HasBias(kind) && (desc->bias == nullptr || (desc->bias_type != -1 && desc->bias_type != d->type))) {
    return Refuse(call, "a bias without an address, or of another type");
  }
  if (!simt::HasAlgorithms()) return kNotSupported;
  Found found = {};
  found.m = static_cast<uint64_t>(d->rows);
  found.n = static_cast<uint64_t>(d->columns);
  found.k = static_cast<uint64_t>(x.used_columns());
  // As where the depth is split and the parts are added: for deep products, where there is room.
  constexpr uint64_t kDeep = 32;
  const uint64_t parts_bytes = found.m * found.n * sizeof(float);
  if (found.k >= kDeep && parts_bytes <= preference->workspace_bytes) found.workspace_bytes = parts_bytes;
  std::memcpy(found.alignments, preference->alignments, sizeof found.alignments);
  found.epilogue = desc->epilogue;
  found.magic = kMagic;
  results[0] = {};
  std::memcpy(&results[0].algorithm, &found, sizeof found);
  results[0].workspace_bytes = found.workspace_bytes;
  results[0].state = kSuccess;
  results[0].waves = 1;
  *got = 1;
  return kSuccess;
}

Status cublasLtMatmul(LtHandle handle, Desc desc, const void* alpha, const void* a, Layout a_layout, const void* b,
                      Layout b_layout, const void* beta, const void* c, Layout c_layout, void* d, Layout d_layout,
                      const Algorithm* algorithm, void* workspace, size_t workspace_bytes, cudaStream_t stream) {
  const char* const call = "cublasLtMatmul";
  if (const cudaError_t code = simt::BeginCall(); code != cudaSuccess) return simt::FromRuntime(code);
  if (handle == nullptr || algorithm == nullptr) return Refuse(call, "no handle or no algorithm");
  Found found;
  std::memcpy(&found, algorithm, sizeof found);
  LibraryProduct product;
  product.a = Stored(a, a_layout, desc->transpose_a);
  product.b = Stored(b, b_layout, desc->transpose_b);
  product.c = Stored(c, c_layout, kPlain);
  product.d = Stored(d, d_layout, kPlain);
  if (found.magic != kMagic || found.epilogue != desc->epilogue || found.m != static_cast<uint64_t>(product.d.rows) ||
      found.n != static_cast<uint64_t>(product.d.columns) ||
      found.k != static_cast<uint64_t>(product.a.used_columns())) {
    return Refuse(call, "an algorithm for another product");
  }
  const void* const addresses[] = {a, b, c, d};
  for (int i = 0; i < 4; ++i) {
    if (reinterpret_cast<uintptr_t>(addresses[i]) % found.alignments[i] != 0) {
      return Refuse(call, "an address that is not aligned as the algorithm wants it");
    }
  }
  constexpr uintptr_t kWorkspaceAlignment = 16;
  if (found.workspace_bytes > workspace_bytes ||
      (workspace_bytes > 0 && reinterpret_cast<uintptr_t>(workspace) % kWorkspaceAlignment != 0)) {
    return Refuse(call, "a workspace that is too small or not aligned");
  }
  product.type = d_layout->type;
  product.compute = desc->compute;
  product.alpha = *static_cast<const float*>(alpha);
  product.beta = *static_cast<const float*>(beta);
  product.epilogue = static_cast<EpilogueKind>(desc->epilogue);
  product.bias = desc->bias;
  product.workspace = workspace;
  product.workspace_bytes = found.workspace_bytes;
  if (const std::string fault = simt::FindFault(product); !fault.empty()) return Refuse(call, fault);
  return simt::Enqueue(product, stream);
}

}  // extern "C"
#pragma GCC visibility pop
