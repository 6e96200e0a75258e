#include "graph/op_results.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status.h"
#include "base/suggest.h"
#include "graph/graph.h"

namespace floe {
namespace {

// Ops with more than one output argument. An argument of several results is followed by the attribute that says how
// many: "*N" by its number, "@T" by its list of types. Sorted by name.
struct Row {
  const char* op;
  const char* arguments;
};
constexpr Row kRows[] = {
    {"ApproxTopK", "values indices"},
    {"BlockLSTM", "i cs f o ci co h"},
    {"BlockLSTMV2", "i cs f o ci co h"},
    {"BroadcastGradientArgs", "r0 r1"},
    {"CTCBeamSearchDecoder",
     "decoded_indices*top_paths decoded_values*top_paths decoded_shape*top_paths log_probability"},
    {"CTCGreedyDecoder", "decoded_indices decoded_values decoded_shape log_probability"},
    {"CTCLoss", "loss gradient"},
    {"CombinedNonMaxSuppression", "nmsed_boxes nmsed_scores nmsed_classes valid_detections"},
    {"DecodeProtoV2", "sizes values@output_types"},
    {"DecodeWav", "audio sample_rate"},
    {"DenseCountSparseOutput", "output_indices output_values output_dense_shape"},
    {"DenseToDenseSetOperation", "result_indices result_values result_shape"},
    {"DenseToSparseSetOperation", "result_indices result_values result_shape"},
    {"DeserializeManySparse", "sparse_indices sparse_values sparse_shape"},
    {"DeserializeSparse", "sparse_indices sparse_values sparse_shape"},
    {"FractionalAvgPool", "output row_pooling_sequence col_pooling_sequence"},
    {"FractionalMaxPool", "output row_pooling_sequence col_pooling_sequence"},
    {"FusedBatchNorm", "y batch_mean batch_variance reserve_space_1 reserve_space_2"},
    {"FusedBatchNormV2", "y batch_mean batch_variance reserve_space_1 reserve_space_2"},
    {"FusedBatchNormV3", "y batch_mean batch_variance reserve_space_1 reserve_space_2 reserve_space_3"},
    {"GRUBlockCell", "r u c h"},
    {"GenerateBoundingBoxProposals", "rois roi_probabilities"},
    {"LSTMBlockCell", "i cs f o ci co h"},
    {"ListDiff", "out idx"},
    {"LogMatrixDeterminant", "sign log_abs_determinant"},
    {"LookupTableExportV2", "keys values"},
    {"Lu", "lu p"},
    {"MaxPoolWithArgmax", "output argmax"},
    {"Merge", "output value_index"},
    {"NonMaxSuppressionV4", "selected_indices valid_outputs"},
    {"NonMaxSuppressionV5", "selected_indices selected_scores valid_outputs"},
    {"ParseExample", "sparse_indices*Nsparse sparse_values@sparse_types sparse_shapes*Nsparse dense_values@Tdense"},
    {"ParseExampleV2",
     "sparse_indices*num_sparse sparse_values@sparse_types sparse_shapes*num_sparse dense_values@Tdense "
     "ragged_values@ragged_value_types ragged_row_splits@ragged_split_types"},
    {"ParseSequenceExample",
     "context_sparse_indices*Ncontext_sparse context_sparse_values@context_sparse_types "
     "context_sparse_shapes*Ncontext_sparse context_dense_values@Tcontext_dense "
     "feature_list_sparse_indices*Nfeature_list_sparse feature_list_sparse_values@feature_list_sparse_types "
     "feature_list_sparse_shapes*Nfeature_list_sparse feature_list_dense_values@feature_list_dense_types "
     "feature_list_dense_lengths*Nfeature_list_dense"},
    {"ParseSequenceExampleV2",
     "context_sparse_indices*Ncontext_sparse context_sparse_values@context_sparse_types "
     "context_sparse_shapes*Ncontext_sparse context_dense_values@Tcontext_dense "
     "context_ragged_values@context_ragged_value_types context_ragged_row_splits@context_ragged_split_types "
     "feature_list_sparse_indices*Nfeature_list_sparse feature_list_sparse_values@feature_list_sparse_types "
     "feature_list_sparse_shapes*Nfeature_list_sparse feature_list_dense_values@feature_list_dense_types "
     "feature_list_dense_lengths*Nfeature_list_dense feature_list_ragged_values@feature_list_ragged_value_types "
     "feature_list_ragged_outer_splits@feature_list_ragged_split_types "
     "feature_list_ragged_inner_splits@feature_list_ragged_split_types"},
    {"ParseSingleExample",
     "sparse_indices*num_sparse sparse_values@sparse_types sparse_shapes*num_sparse dense_values@Tdense"},
    {"ParseSingleSequenceExample",
     "context_sparse_indices*Ncontext_sparse context_sparse_values@context_sparse_types "
     "context_sparse_shapes*Ncontext_sparse context_dense_values@Tcontext_dense "
     "feature_list_sparse_indices*Nfeature_list_sparse feature_list_sparse_values@feature_list_sparse_types "
     "feature_list_sparse_shapes*Nfeature_list_sparse feature_list_dense_values@feature_list_dense_types"},
    {"Qr", "q r"},
    {"QuantizeDownAndShrinkRange", "output output_min output_max"},
    {"QuantizeV2", "output output_min output_max"},
    {"QuantizedAdd", "z min_z max_z"},
    {"QuantizedAvgPool", "output min_output max_output"},
    {"QuantizedBiasAdd", "output min_out max_out"},
    {"QuantizedConcat", "output output_min output_max"},
    {"QuantizedConcatV2", "output output_min output_max"},
    {"QuantizedConv2D", "output min_output max_output"},
    {"QuantizedConv2DWithBias", "output min_output max_output"},
    {"QuantizedConv2DWithBiasAndRelu", "output min_output max_output"},
    {"QuantizedInstanceNorm", "y y_min y_max"},
    {"QuantizedMatMul", "out min_out max_out"},
    {"QuantizedMatMulWithBias", "out min_out max_out"},
    {"QuantizedMaxPool", "output min_output max_output"},
    {"QuantizedMul", "z min_z max_z"},
    {"QuantizedRelu", "activations min_activations max_activations"},
    {"QuantizedRelu6", "activations min_activations max_activations"},
    {"QuantizedReluX", "activations min_activations max_activations"},
    {"QuantizedReshape", "output output_min output_max"},
    {"QuantizedResizeBilinear", "resized_images out_min out_max"},
    {"RaggedCountSparseOutput", "output_indices output_values output_dense_shape"},
    {"RaggedCross", "output_values output_row_splits"},
    {"RaggedFillEmptyRows", "output_value_rowids output_values empty_row_indicator reverse_index_map"},
    {"RaggedGather", "output_nested_splits*OUTPUT_RAGGED_RANK output_dense_values"},
    {"RaggedRange", "rt_nested_splits rt_dense_values"},
    {"RaggedTensorFromVariant", "output_nested_splits*output_ragged_rank output_dense_values"},
    {"RaggedTensorToSparse", "sparse_indices sparse_values sparse_dense_shape"},
    {"RefMerge", "output value_index"},
    {"RefSwitch", "output_false output_true"},
    {"RequantizationRange", "output_min output_max"},
    {"Requantize", "output output_min output_max"},
    {"SampleDistortedBoundingBox", "begin size bboxes"},
    {"SampleDistortedBoundingBoxV2", "begin size bboxes"},
    {"SelfAdjointEigV2", "e v"},
    {"SoftmaxCrossEntropyWithLogits", "loss backprop"},
    {"SparseAdd", "sum_indices sum_values sum_shape"},
    {"SparseConcat", "output_indices output_values output_shape"},
    {"SparseCountSparseOutput", "output_indices output_values output_dense_shape"},
    {"SparseCross", "output_indices output_values output_shape"},
    {"SparseCrossHashed", "output_indices output_values output_shape"},
    {"SparseCrossV2", "output_indices output_values output_shape"},
    {"SparseFillEmptyRows", "output_indices output_values empty_row_indicator reverse_index_map"},
    {"SparseReduceMaxSparse", "output_indices output_values output_shape"},
    {"SparseReduceSumSparse", "output_indices output_values output_shape"},
    {"SparseReorder", "output_indices output_values"},
    {"SparseReshape", "output_indices output_shape"},
    {"SparseSlice", "output_indices output_values output_shape"},
    {"SparseSoftmaxCrossEntropyWithLogits", "loss backprop"},
    {"SparseSparseMaximum", "output_indices output_values"},
    {"SparseSparseMinimum", "output_indices output_values"},
    {"SparseSplit", "output_indices*num_split output_values*num_split output_shape*num_split"},
    {"SparseToSparseSetOperation", "result_indices result_values result_shape"},
    {"StatelessRandomGetKeyCounter", "key counter"},
    {"StatelessSampleDistortedBoundingBox", "begin size bboxes"},
    {"StringNGrams", "ngrams ngrams_splits"},
    {"StringSplit", "indices values shape"},
    {"StringSplitV2", "indices values shape"},
    {"Svd", "s u v"},
    {"Switch", "output_false output_true"},
    {"TensorArrayConcatV3", "value lengths"},
    {"TensorArrayV3", "handle flow"},
    {"TensorListConcat", "tensor lengths"},
    {"TensorListConcatV2", "tensor lengths"},
    {"TensorListPopBack", "output_handle tensor"},
    {"TopK", "values indices"},
    {"TopKV2", "values indices"},
    {"UnicodeDecode", "row_splits char_values"},
    {"UnicodeDecodeWithOffsets", "row_splits char_values char_to_byte_starts"},
    {"Unique", "y idx"},
    {"UniqueV2", "y idx"},
    {"UniqueWithCounts", "y idx count"},
    {"UniqueWithCountsV2", "y idx count"},
    {"_FusedBatchNormEx", "y batch_mean batch_variance reserve_space_1 reserve_space_2 reserve_space_3"},
};

const Row* FindRow(absl::string_view op) {
  const auto* const end = std::end(kRows);
  const auto* const row =
      std::lower_bound(std::begin(kRows), end, op, [](const Row& r, absl::string_view name) { return r.op < name; });
  return row != end && row->op == op ? row : nullptr;
}

absl::StatusOr<int64_t> CountOf(absl::string_view argument, const AttrMap& attrs) {
  const size_t mark = argument.find_first_of("*@");
  if (mark == absl::string_view::npos) return 1;
  const absl::string_view attr = argument.substr(mark + 1);
  if (argument[mark] == '*') return attrs.Int(attr);
  FLOE_ASSIGN_OR_RETURN(const std::vector<DType> types, attrs.Types(attr));
  return static_cast<int64_t>(types.size());
}

}  // namespace

absl::StatusOr<int> ResultNumber(absl::string_view op, absl::string_view argument, int number, const AttrMap& attrs) {
  const Row* const row = FindRow(op);
  if (row == nullptr) return number;
  int64_t first = 0;
  std::vector<std::string> names;
  for (const absl::string_view part : absl::StrSplit(row->arguments, ' ')) {
    const absl::string_view name = part.substr(0, part.find_first_of("*@"));
    if (name == argument) {
      if (first + number > kMaxResults) return absl::InvalidArgumentError(absl::StrCat("no op has so many results"));
      return static_cast<int>(first + number);
    }
    names.emplace_back(name);
    FLOE_ASSIGN_OR_RETURN(const int64_t count, CountOf(part, attrs));
    if (count < 0 || count > kMaxResults) {
      return absl::InvalidArgumentError(absl::StrCat("wanted up to ", kMaxResults, " results, got ", count));
    }
    first += count;
  }
  return absl::InvalidArgumentError(absl::StrCat("no output argument of ", op, " is called '", argument, "'",
                                                 DidYouMean(argument, names), "; there are ", ListNames(names)));
}

}  // namespace floe
