// tf.Example and tf.SequenceExample messages (example.proto, feature.proto), read in place:
//   Example { Features features = 1; }        Features { map<string, Feature> feature = 1; }
//   Feature { oneof { BytesList 1, FloatList 2, Int64List 3 } }      each list: repeated value = 1, packed or not
//   SequenceExample { Features context = 1; FeatureLists feature_lists = 2; }
//   FeatureLists { map<string, FeatureList> feature_list = 1; }      FeatureList { repeated Feature feature = 1; }
#ifndef FLOE_OPS_EXAMPLE_PROTO_H_
#define FLOE_OPS_EXAMPLE_PROTO_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tensor/dtype.h"

namespace floe {

// Encoded Feature or FeatureList messages by name; of two with one name the later one counts. Views of the example's
// bytes.
using FeatureMap = absl::flat_hash_map<absl::string_view, absl::string_view>;

// INVALID_ARGUMENT where the bytes are no Example.
absl::Status ReadExample(absl::string_view example, FeatureMap* features);

// The same of a SequenceExample: its context's features, and its feature lists.
absl::Status ReadSequenceExample(absl::string_view example, FeatureMap* context, FeatureMap* lists);

// The values of one feature of many examples, one after another. Only the vector of the dtype is used.
struct FeatureColumn {
  static constexpr int64_t kAbsent = -1;

  DType dtype = DType::kInvalid;  // float, int64 or string
  std::vector<float> floats;
  std::vector<int64_t> ints;
  std::vector<std::string> strings;
  std::vector<int64_t> counts;  // an example each; kAbsent where it lacks the feature

  template <typename T>
  const std::vector<T>& values() const {
    if constexpr (std::is_same_v<T, float>) {
      return floats;
    } else if constexpr (std::is_same_v<T, int64_t>) {
      return ints;
    } else {
      return strings;
    }
  }
};

// Appends one example's values; a Feature without any list counts as absent. INVALID_ARGUMENT where it has another kind
// of list or is malformed.
absl::Status AppendFeature(absl::string_view feature, FeatureColumn* column);
void AppendAbsent(FeatureColumn* column);
// Appends each Feature of a FeatureList as if it were an example's; how many there were.
absl::StatusOr<int64_t> AppendFeatureList(absl::string_view list, FeatureColumn* column);

}  // namespace floe

#endif  // FLOE_OPS_EXAMPLE_PROTO_H_
