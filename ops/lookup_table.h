// Lookup tables of a frozen graph: HashTable and its kin, LookupTableFind, LookupTableSize.
//
// A frozen table never changes, so here it is a value made from its keys and values: lowering (program/bind_tables.h)
// gives a HashTableV2 node the inputs of the node that initialises it. Its result is an opaque tensor (kResource) that
// holds a LookupTable, which constant folding makes once a model. Immutable; any thread may look things up.
#ifndef FLOE_OPS_LOOKUP_TABLE_H_
#define FLOE_OPS_LOOKUP_TABLE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "ops/op.h"
#include "tensor/tensor.h"

namespace floe {

class LookupTable {
 public:
  // What a key met twice with another value means: HashTable refuses it, a mutable table was written last by the later.
  enum class Repeated : uint8_t { kRefused, kLastWins };

  // `keys` [n] of int32, int64 or strings; `values` [n, ...]. INVALID_ARGUMENT where they do not fit each other.
  static absl::StatusOr<std::shared_ptr<LookupTable>> Create(const Tensor& keys, const Tensor& values,
                                                             Repeated repeated);

  DType key_dtype() const { return keys_.dtype(); }
  DType value_dtype() const { return values_.dtype(); }
  int64_t size() const;
  // The shape of one value.
  Shape value_shape() const;
  // One value a key, `missing` where the table has none. `found` is laid out.
  void Find(const Tensor& keys, const Tensor& missing, Tensor* found) const;

 private:
  LookupTable(Tensor keys, Tensor values) : keys_(std::move(keys)), values_(std::move(values)) {}

  absl::Status Index(Repeated repeated);
  bool SameValue(int64_t a, int64_t b) const;
  template <typename F>
  void FindRows(const Tensor& keys, F&& row) const;

  Tensor keys_, values_;
  // From a key to its row in values_; one of the two is in use. The strings are those of keys_.
  absl::flat_hash_map<int64_t, int64_t> rows_of_ints_;
  absl::flat_hash_map<absl::string_view, int64_t> rows_of_strings_;
};

// What InitializeTableFromTextFile says of its file: which part of a line is the key, and which the value.
struct VocabularyFormat {
  static constexpr int64_t kWholeLine = -2, kLineNumber = -1;  // else a column

  DType key_dtype = DType::kString, value_dtype = DType::kInt64;
  int64_t key_index = kWholeLine, value_index = kLineNumber;
  int64_t vocab_size = -1;  // lines to take; all where it is -1
  std::string delimiter = "\t";
  int64_t offset = 0;  // of line numbers

  // The attributes of an InitializeTableFromTextFile(V2) node; dtypes are its table's.
  static absl::StatusOr<VocabularyFormat> Of(const AttrMap& attrs, DType key_dtype, DType value_dtype);
};

struct Vocabulary {
  Tensor keys, values;
};

// The keys and values in a vocabulary file's text. INVALID_ARGUMENT names the line.
absl::StatusOr<Vocabulary> ParseVocabulary(absl::string_view text, const VocabularyFormat& format);

absl::Span<const OpInfo> LookupTableOps();

}  // namespace floe

#endif  // FLOE_OPS_LOOKUP_TABLE_H_
