// Tensor lists and arrays. The list is an object of the host, its elements are in device memory, and what an op does to
// them is what its own evaluation does, with copies in the stream instead of the host's. Nothing is waited for.
#include <array>
#include <iterator>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/inlined_vector.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/stream.h"

namespace floe {
namespace {

// ---- What moves elements

class StreamElements final : public TensorAllocator, private DeviceElements {
 public:
  explicit StreamElements(const LaunchArgs& args) : allocator_(*args.allocator()), stream_(StreamOf(args)) {}

  absl::StatusOr<Tensor> Allocate(DType dtype, const Shape& shape) override {
    return allocator_.Allocate(dtype, shape);
  }
  DeviceElements* elements() override { return this; }

 private:
  absl::Status Copy(const void* from, void* to, int64_t bytes) override {
    return stream_.CopyOnDevice(from, to, bytes);
  }
  absl::Status Zero(void* to, int64_t bytes) override { return stream_.ZeroOnDevice(to, bytes); }
  absl::Status Write(const void* host, void* to, int64_t bytes) override {
    return stream_.CopyToDevice(host, to, bytes);
  }

  TensorAllocator& allocator_;
  CudaStream& stream_;
};

// ---- Supports

struct ListOp {
  const char* name;
  uint32_t on_host;  // bit i: input i is an index, a size, a shape
};
constexpr ListOp kListOps[] = {
    {"EmptyTensorList", 0b11},       {"TensorListReserve", 0b11},     {"TensorListFromTensor", 0b10},
    {"TensorListStack", 0b10},       {"TensorListGather", 0b110},     {"TensorListGetItem", 0b110},
    {"TensorListSetItem", 0b010},    {"TensorListPushBack", 0},       {"TensorListPopBack", 0b10},
    {"TensorListConcat", 0},         {"TensorListConcatV2", 0b110},   {"TensorListSplit", 0b110},
    {"TensorListScatter", 0b110},    {"TensorListScatterV2", 0b1110}, {"TensorListScatterIntoExistingList", 0b100},
    {"TensorListResize", 0b10},      {"TensorListConcatLists", 0},    {"TensorArrayV3", 0b1},
    {"TensorArrayWriteV3", 0b001},   {"TensorArrayReadV3", 0b01},     {"TensorArrayGatherV3", 0b01},
    {"TensorArrayScatterV3", 0b001}, {"TensorArraySplitV3", 0b010},   {"TensorArrayConcatV3", 0},
};

// Which the op's attributes say, or what is known of its list.
absl::StatusOr<DType> ElementTypeOf(const OpSignature& op) {
  for (const char* const name : {"element_dtype", "dtype", "T"}) {
    if (op.attrs.Has(name)) return op.attrs.Type(name);
  }
  for (const TensorInfo& input : op.inputs) {
    if (input.list != nullptr) return input.list->dtype;
  }
  return absl::UnimplementedError(absl::StrCat(op.op.name, " of a list that nothing is known of"));
}

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  FLOE_ASSIGN_OR_RETURN(const DType dtype, ElementTypeOf(op));
  if (ElementBytes(dtype) > 0) return absl::OkStatus();
  return absl::UnimplementedError(absl::StrCat(op.op.name, " of ", DTypeName(dtype)));
}

// ---- Create

// Shared by the program's plans.
struct ListNode {
  const OpInfo& op;
  std::string name;
  AttrMap attrs;
};

class ListKernel final : public Kernel {
 public:
  ListKernel(const OpSignature& op, uint32_t on_host)
      : node_(std::make_shared<const ListNode>(ListNode{op.op, std::string(op.name), op.attrs})), on_host_(on_host) {}
  bool ReadsOnHost(int input) const override { return ((on_host_ >> input) & 1) != 0; }
  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo> inputs,
                                                          absl::Span<const TensorInfo> outputs) const override;

 private:
  const std::shared_ptr<const ListNode> node_;
  const uint32_t on_host_;
};

template <size_t kRow>
absl::StatusOr<std::unique_ptr<Kernel>> Create(const CudaContext&, const OpSignature& op) {
  return std::make_unique<ListKernel>(op, kListOps[kRow].on_host);
}

// ---- Prepare

class ListPrepared final : public PreparedKernel {
 public:
  ListPrepared(std::shared_ptr<const ListNode> node, std::vector<DType> output_dtypes)
      : node_(std::move(node)), output_dtypes_(std::move(output_dtypes)) {}
  std::string description() const override { return "list"; }
  // Which copies it launches is decided by the list.
  bool recordable() const override { return false; }
  absl::Status Launch(const LaunchArgs& args) const override;

 private:
  const std::shared_ptr<const ListNode> node_;
  const std::vector<DType> output_dtypes_;
};

absl::StatusOr<std::unique_ptr<PreparedKernel>> ListKernel::Prepare(absl::Span<const TensorInfo>,
                                                                    absl::Span<const TensorInfo> outputs) const {
  std::vector<DType> dtypes;
  for (const TensorInfo& output : outputs) dtypes.push_back(output.dtype);
  return std::make_unique<ListPrepared>(node_, std::move(dtypes));
}

// ---- Launch

absl::Status ListPrepared::Launch(const LaunchArgs& args) const {
  absl::InlinedVector<const Tensor*, 4> inputs;
  absl::InlinedVector<Tensor*, 2> outputs;
  for (int i = 0; i < args.num_inputs(); ++i) inputs.push_back(&args.input(i));
  for (int i = 0; i < args.num_outputs(); ++i) outputs.push_back(args.output(i));
  StreamElements elements(args);
  EvalContext context(node_->name, node_->attrs, inputs, output_dtypes_, outputs);
  context.set_allocator(&elements);
  context.set_last_uses(args.last_uses());
  return node_->op.evaluate(context);
}

template <size_t... kRows>
constexpr std::array<CudaOp, sizeof...(kRows)> MakeTable(std::index_sequence<kRows...>) {
  return {CudaOp{kListOps[kRows].name, Supports, Create<kRows>}...};
}
constexpr auto kOps = MakeTable(std::make_index_sequence<std::size(kListOps)>());

}  // namespace

absl::Span<const CudaOp> ListKernels() { return kOps; }

}  // namespace floe
