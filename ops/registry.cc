#include "ops/registry.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "ops/activation.h"
#include "ops/arg_extreme.h"
#include "ops/arithmetic.h"
#include "ops/attention.h"
#include "ops/audio.h"
#include "ops/base64.h"
#include "ops/batch_norm.h"
#include "ops/bias.h"
#include "ops/bincount.h"
#include "ops/bucketize.h"
#include "ops/cast.h"
#include "ops/color.h"
#include "ops/combined_nms.h"
#include "ops/comparison.h"
#include "ops/control_flow.h"
#include "ops/conv2d.h"
#include "ops/conv3d.h"
#include "ops/count_sparse.h"
#include "ops/crop_and_resize.h"
#include "ops/cross_entropy.h"
#include "ops/ctc.h"
#include "ops/decode_csv.h"
#include "ops/decode_image.h"
#include "ops/decode_raw.h"
#include "ops/dilation.h"
#include "ops/division.h"
#include "ops/draw_boxes.h"
#include "ops/dynamic_partition.h"
#include "ops/edit_distance.h"
#include "ops/einsum.h"
#include "ops/encode_image.h"
#include "ops/fake_quant.h"
#include "ops/fill.h"
#include "ops/fused.h"
#include "ops/fused_elementwise.h"
#include "ops/fused_pad_conv.h"
#include "ops/gated_activation.h"
#include "ops/gather.h"
#include "ops/glimpse.h"
#include "ops/gradient.h"
#include "ops/histogram.h"
#include "ops/identity.h"
#include "ops/index_math.h"
#include "ops/join_split.h"
#include "ops/layer_norm.h"
#include "ops/linear_algebra.h"
#include "ops/list_ops.h"
#include "ops/lookup_table.h"
#include "ops/lrn.h"
#include "ops/matmul.h"
#include "ops/matrix_band.h"
#include "ops/matrix_decomposition.h"
#include "ops/matrix_diag.h"
#include "ops/matrix_solve.h"
#include "ops/multinomial.h"
#include "ops/ngrams.h"
#include "ops/nms.h"
#include "ops/nth_element.h"
#include "ops/one_hot.h"
#include "ops/pad.h"
#include "ops/parse_example.h"
#include "ops/parse_sequence_example.h"
#include "ops/pool.h"
#include "ops/pool3d.h"
#include "ops/projective_transform.h"
#include "ops/quantize.h"
#include "ops/quantized_arithmetic.h"
#include "ops/quantized_elements.h"
#include "ops/quantized_product.h"
#include "ops/ragged.h"
#include "ops/ragged_gather.h"
#include "ops/random.h"
#include "ops/reduce.h"
#include "ops/regex.h"
#include "ops/requantize.h"
#include "ops/resize.h"
#include "ops/reverse.h"
#include "ops/rnn_cell.h"
#include "ops/roll.h"
#include "ops/scale_and_translate.h"
#include "ops/scan.h"
#include "ops/scatter.h"
#include "ops/segment.h"
#include "ops/select.h"
#include "ops/set_ops.h"
#include "ops/shape_ops.h"
#include "ops/slice.h"
#include "ops/softmax.h"
#include "ops/source.h"
#include "ops/space_batch.h"
#include "ops/space_depth.h"
#include "ops/sparse_cross.h"
#include "ops/sparse_math.h"
#include "ops/sparse_segment.h"
#include "ops/sparse_tensor.h"
#include "ops/sparse_to_dense.h"
#include "ops/special_functions.h"
#include "ops/spectral.h"
#include "ops/stateless_random.h"
#include "ops/string_format.h"
#include "ops/string_hash.h"
#include "ops/string_join.h"
#include "ops/string_number.h"
#include "ops/string_split.h"
#include "ops/string_transform.h"
#include "ops/tensor_array.h"
#include "ops/tile.h"
#include "ops/top_k.h"
#include "ops/transpose.h"
#include "ops/unary_math.h"
#include "ops/unicode.h"
#include "ops/unique.h"
#include "ops/where.h"

namespace floe {
namespace {

using Table = absl::flat_hash_map<absl::string_view, const OpInfo*>;

// One row a family. A new family is added here and nowhere else.
const Table& Ops() {
  static const Table* const table = [] {
    auto* ops = new Table;
    for (const absl::Span<const OpInfo> family : std::initializer_list<absl::Span<const OpInfo>>{
             // One a line, so that two changes that add one do not meet.
             // clang-format off
             ActivationOps(),
             ArgExtremeOps(),
             ArithmeticOps(),
             AttentionOps(),
             AudioOps(),
             Base64Ops(),
             BatchNormOps(),
             BatchNormGradientOps(),
             BiasOps(),
             BincountOps(),
             BucketizeOps(),
             CastOps(),
             ColorOps(),
             CombinedNmsOps(),
             ComparisonOps(),
             ControlFlowOps(),
             Conv2DOps(),
             Conv3DOps(),
             CountSparseOps(),
             CropAndResizeOps(),
             CrossEntropyOps(),
             CtcOps(),
             DecodeCsvOps(),
             DecodeImageOps(),
             DecodeRawOps(),
             DilationOps(),
             DivisionOps(),
             DrawBoxesOps(),
             DynamicPartitionOps(),
             EditDistanceOps(),
             EinsumOps(),
             EncodeImageOps(),
             FakeQuantOps(),
             FillOps(),
             FusedElementwiseOps(),
             FusedOps(),
             FusedPadConvOps(),
             GatedActivationOps(),
             GatherOps(),
             GlimpseOps(),
             GradientOps(),
             HistogramOps(),
             IdentityOps(),
             IndexMathOps(),
             JoinSplitOps(),
             LayerNormOps(),
             LinearAlgebraOps(),
             ListOps(),
             LookupTableOps(),
             LrnOps(),
             MatMulOps(),
             MatrixBandOps(),
             MatrixDecompositionOps(),
             MatrixDiagOps(),
             MatrixSolveOps(),
             MultinomialOps(),
             NgramOps(),
             NmsOps(),
             NthElementOps(),
             OneHotOps(),
             PadOps(),
             ParseExampleOps(),
             ParseSequenceExampleOps(),
             Pool3DOps(),
             PoolOps(),
             PoolGradientOps(),
             ProjectiveTransformOps(),
             QuantizeOps(),
             QuantizedArithmeticOps(),
             QuantizedElementOps(),
             QuantizedProductOps(),
             RaggedGatherOps(),
             RaggedOps(),
             RandomOps(),
             ReduceOps(),
             RegexOps(),
             RequantizeOps(),
             ResizeOps(),
             ReverseOps(),
             RnnCellOps(),
             RollOps(),
             ScaleAndTranslateOps(),
             ScanOps(),
             ScatterOps(),
             SegmentOps(),
             SelectOps(),
             SetOps(),
             ShapeOps(),
             SliceOps(),
             SoftmaxOps(),
             SourceOps(),
             SpaceBatchOps(),
             SpaceDepthOps(),
             SparseCrossOps(),
             SparseMathOps(),
             SparseSegmentOps(),
             SparseTensorOps(),
             SparseToDenseOps(),
             SpecialFunctionOps(),
             SpectralOps(),
             StatelessRandomOps(),
             StringFormatOps(),
             StringHashOps(),
             StringJoinOps(),
             StringNumberOps(),
             StringSplitOps(),
             StringTransformOps(),
             TensorArrayOps(),
             TileOps(),
             TopKOps(),
             TransposeOps(),
             UnaryMathOps(),
             UnicodeOps(),
             UniqueOps(),
             WhereOps(),
             // clang-format on
         }) {
      for (const OpInfo& op : family) ops->emplace(op.name, &op);
    }
    return ops;
  }();
  return *table;
}

}  // namespace

const OpInfo* FindOp(absl::string_view name) {
  const auto found = Ops().find(name);
  return found == Ops().end() ? nullptr : found->second;
}

std::vector<const OpInfo*> AllOps() {
  std::vector<const OpInfo*> all;
  for (const auto& [name, op] : Ops()) all.push_back(op);
  std::sort(all.begin(), all.end(),
            [](const OpInfo* a, const OpInfo* b) { return absl::string_view(a->name) < b->name; });
  return all;
}

std::vector<std::string> AllOpNames() {
  std::vector<std::string> names;
  for (const OpInfo* op : AllOps()) names.emplace_back(op->name);
  return names;
}

}  // namespace floe
