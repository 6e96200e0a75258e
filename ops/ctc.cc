#include "ops/ctc.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;
using ScoreTypes = TypeList<float, double>;

// Inputs: scores [steps,batch,classes] and how many of the steps each sequence has.
absl::StatusOr<int64_t> InferInputs(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(ScoreTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(context.WantDType(1, DType::kInt32));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 3));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 1));
  FLOE_RETURN_IF_ERROR(context.attrs().Bool("merge_repeated", false).status());
  const int64_t batch = context.shape(0).has_rank() ? context.shape(0).dim(1) : kUnknown;
  absl::StatusOr<int64_t> merged = MergeDim(batch, DimOrUnknown(context.shape(1), 0));
  if (!merged.ok()) return Annotate(merged.status(), "batch of the scores and number of the lengths");
  return merged;
}

void AddDecoded(InferContext& context, int paths) {
  for (int i = 0; i < paths; ++i) context.AddOutput(DType::kInt64, PartialShape({kUnknown, 2}));
  for (int i = 0; i < paths; ++i) context.AddOutput(DType::kInt64, PartialShape({kUnknown}));
  for (int i = 0; i < paths; ++i) context.AddOutput(DType::kInt64, PartialShape({2}));
}

struct Sizes {
  int64_t steps, batch, classes;
  std::vector<int64_t> lengths;

  static absl::StatusOr<Sizes> Of(const EvalContext& context) {
    const Tensor& scores = context.input(0);
    Sizes sizes{scores.shape().dim(0), scores.shape().dim(1), scores.shape().dim(2), {}};
    if (sizes.classes < 1) {
      return absl::InvalidArgumentError(
          absl::StrCat("input 0: wanted one class or more, got shape ", scores.shape().ToString()));
    }
    if (context.input(1).num_elements() != sizes.batch) {
      return absl::InvalidArgumentError(
          absl::StrCat("input 1: wanted ", sizes.batch, " lengths, got ", context.input(1).num_elements()));
    }
    for (const int32_t length : context.input(1).flat<int32_t>()) {
      if (length < 0 || length > sizes.steps) {
        return absl::InvalidArgumentError(
            absl::StrCat("input 1: wanted lengths in [0, ", sizes.steps, "], got ", length));
      }
      sizes.lengths.push_back(length);
    }
    return sizes;
  }
};

using Labels = std::vector<int64_t>;

// The labels of each sequence as a sparse matrix.
absl::Status WriteDecoded(EvalContext& context, int path, int paths, const std::vector<Labels>& decoded) {
  int64_t count = 0, longest = 0;
  for (const Labels& labels : decoded) {
    count += static_cast<int64_t>(labels.size());
    longest = std::max(longest, static_cast<int64_t>(labels.size()));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const indices, context.Output(path, Shape({count, 2})));
  FLOE_ASSIGN_OR_RETURN(Tensor* const values, context.Output(paths + path, Shape({count})));
  FLOE_ASSIGN_OR_RETURN(Tensor* const shape, context.Output(2 * paths + path, Shape({2})));
  int64_t *index = indices->mutable_data<int64_t>(), *value = values->mutable_data<int64_t>();
  for (size_t b = 0; b < decoded.size(); ++b) {
    for (size_t i = 0; i < decoded[b].size(); ++i) {
      *index++ = static_cast<int64_t>(b);
      *index++ = static_cast<int64_t>(i);
      *value++ = decoded[b][i];
    }
  }
  shape->mutable_data<int64_t>()[0] = static_cast<int64_t>(decoded.size());
  shape->mutable_data<int64_t>()[1] = longest;
  return absl::OkStatus();
}

// ---- CTCGreedyDecoder: the best class of each step

absl::StatusOr<int64_t> BlankOf(const AttrMap& attrs, int64_t classes) {
  FLOE_ASSIGN_OR_RETURN(const int64_t blank, attrs.Int("blank_index", -1));
  const int64_t counted = blank < 0 ? blank + classes : blank;
  if (classes == kUnknown || (counted >= 0 && counted < classes)) return counted;
  return absl::InvalidArgumentError(
      absl::StrCat("attribute 'blank_index': wanted one of ", classes, " classes, got ", blank));
}

absl::Status InferGreedy(InferContext& context) {
  FLOE_ASSIGN_OR_RETURN(const int64_t batch, InferInputs(context));
  FLOE_RETURN_IF_ERROR(
      BlankOf(context.attrs(), context.shape(0).has_rank() ? context.shape(0).dim(2) : kUnknown).status());
  AddDecoded(context, 1);
  context.AddOutput(context.dtype(0), PartialShape({batch, 1}));
  return absl::OkStatus();
}

absl::Status EvalGreedy(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Sizes sizes, Sizes::Of(context));
  FLOE_ASSIGN_OR_RETURN(const int64_t blank, BlankOf(context.attrs(), sizes.classes));
  FLOE_ASSIGN_OR_RETURN(const bool merge, context.attrs().Bool("merge_repeated", false));
  FLOE_ASSIGN_OR_RETURN(Tensor* const sums, context.Output(3, Shape({sizes.batch, 1})));
  std::vector<Labels> decoded(static_cast<size_t>(sizes.batch));
  FLOE_RETURN_IF_ERROR(OnDType(ScoreTypes(), context.input(0).dtype(), [&]<typename T>() -> absl::Status {
    const T* const scores = context.input(0).data<T>();
    for (int64_t b = 0; b < sizes.batch; ++b) {
      T sum = 0;
      int64_t previous = -1;
      for (int64_t t = 0; t < sizes.lengths[static_cast<size_t>(b)]; ++t) {
        const T* const row = scores + (t * sizes.batch + b) * sizes.classes;
        const T* const best = std::max_element(row, row + sizes.classes);
        const int64_t label = best - row;
        sum += -*best;
        if (label != blank && !(merge && label == previous)) decoded[static_cast<size_t>(b)].push_back(label);
        previous = label;
      }
      sums->mutable_data<T>()[b] = sum;
    }
    return absl::OkStatus();
  }));
  return WriteDecoded(context, 0, 1, decoded);
}

// ---- CTCBeamSearchDecoder
//
// A. Graves and N. Jaitly, "Towards end-to-end speech recognition with recurrent neural networks", 2014, algorithm 1,
// with the logarithms of the probabilities. A beam is the labels on the way from the root of a tree to a node.

template <typename T>
constexpr T kNever = -std::numeric_limits<T>::infinity();

template <typename T>
T LogSumExp(T a, T b) {
  if (a == kNever<T>) return b;
  if (b == kNever<T>) return a;
  return std::max(a, b) + std::log1p(std::exp(-std::abs(a - b)));
}

template <typename T>
class BeamSearch {
 public:
  BeamSearch(int64_t classes, int64_t width) : classes_(classes), width_(static_cast<size_t>(width)) {
    Node* const root = new Node;
    root->after = {T(0), T(0), kNever<T>};
    root->held = 1;
    beams_.push_back(root);
  }
  BeamSearch(const BeamSearch&) = delete;
  BeamSearch& operator=(const BeamSearch&) = delete;
  ~BeamSearch() {
    for (Node* const node : beams_) Drop(node);
  }

  void Step(const T* scores) {
    const T norm = LogNorm(scores);
    SortBeams();
    std::vector<Node*> before = std::move(beams_);
    beams_.clear();
    for (Node* const node : before) node->before = node->after;
    const auto said = [&](int64_t label) { return scores[label] - norm; };
    for (Node* const node : before) {
      if (node->parent != nullptr) {
        if (node->parent->IsActive()) {
          const Probability& came = node->parent->before;
          node->after.label =
              LogSumExp(node->after.label, node->label == node->parent->label ? came.blank : came.total);
        }
        node->after.label += said(node->label);
      }
      node->after.blank = node->before.total + said(classes_ - 1);
      node->after.total = LogSumExp(node->after.blank, node->after.label);
      ++node->held;
      Push(node);
    }
    for (Node* const node : before) {
      if (!MayEnter(node->before.total)) continue;
      for (int64_t label = 0; label + 1 < classes_; ++label) {
        Node* const known = node->Child(label);
        if (known != nullptr && known->IsActive()) continue;
        const T came = label == node->label ? node->before.blank : node->before.total;
        const T total = said(label) + came;
        if (!MayEnter(total)) continue;
        Node* const child = known != nullptr ? known : Grow(node, label);
        child->before = {kNever<T>, kNever<T>, kNever<T>};
        child->after = {total, kNever<T>, total};
        ++child->held;
        Push(child);
      }
    }
    for (Node* const node : before) Drop(node);
  }

  // The best beams and their probabilities; false where there are fewer.
  bool Best(int64_t paths, bool merge, std::vector<Labels>* labels, std::vector<T>* probabilities) {
    if (static_cast<int64_t>(beams_.size()) < paths) return false;
    SortBeams();
    for (int64_t i = 0; i < paths; ++i) {
      const Node* node = beams_[static_cast<size_t>(i)];
      probabilities->push_back(node->after.total);
      Labels& way = labels->emplace_back();
      int64_t previous = -1;
      for (; node->parent != nullptr; node = node->parent) {
        if (!merge || node->label != previous) way.push_back(node->label);
        previous = node->label;
      }
      std::reverse(way.begin(), way.end());
    }
    return true;
  }

 private:
  // Of the beam in all, and by whether its last step was a blank or its label.
  struct Probability {
    T total = kNever<T>, blank = kNever<T>, label = kNever<T>;
  };
  struct Node {
    Node* parent = nullptr;
    int64_t label = -1;
    int64_t held = 0;  // by its children and by lists of beams
    Probability before, after;
    absl::flat_hash_map<int64_t, Node*> children;

    bool IsActive() const { return after.total != kNever<T>; }
    Node* Child(int64_t label) const {
      const auto found = children.find(label);
      return found == children.end() ? nullptr : found->second;
    }
  };

  // The logarithm of the sum that makes scores probabilities.
  T LogNorm(const T* scores) const {
    const T largest = *std::max_element(scores, scores + classes_);
    T sum = 0;
    for (int64_t i = 0; i < classes_; ++i) sum += std::exp(scores[i] - largest);
    return largest + std::log(sum);
  }

  static bool IsBetter(const Node* a, const Node* b) { return a->after.total > b->after.total; }
  void SortBeams() { std::stable_sort(beams_.begin(), beams_.end(), IsBetter); }

  bool MayEnter(T total) const {
    return total > kNever<T> && (beams_.size() < width_ || total > beams_.front()->after.total);
  }
  // Into the beams, of which the worst is the front; it leaves where there are too many.
  void Push(Node* node) {
    beams_.push_back(node);
    std::push_heap(beams_.begin(), beams_.end(), IsBetter);
    if (beams_.size() <= width_) return;
    std::pop_heap(beams_.begin(), beams_.end(), IsBetter);
    Node* const worst = beams_.back();
    beams_.pop_back();
    worst->after = {kNever<T>, kNever<T>, kNever<T>};
    Drop(worst);
  }

  Node* Grow(Node* parent, int64_t label) {
    Node* const node = new Node;
    node->parent = parent;
    node->label = label;
    parent->children.emplace(label, node);
    ++parent->held;
    return node;
  }
  static void Drop(Node* node) {
    while (node != nullptr && --node->held == 0) {
      Node* const parent = node->parent;
      if (parent != nullptr) parent->children.erase(node->label);
      delete node;
      node = parent;
    }
  }

  const int64_t classes_;
  const size_t width_;
  std::vector<Node*> beams_;
};

struct BeamAttrs {
  int64_t width, paths;
  bool merge;

  static absl::StatusOr<BeamAttrs> Of(const AttrMap& attrs) {
    BeamAttrs beams{};
    FLOE_ASSIGN_OR_RETURN(beams.width, attrs.Int("beam_width"));
    FLOE_ASSIGN_OR_RETURN(beams.paths, attrs.Int("top_paths"));
    FLOE_ASSIGN_OR_RETURN(beams.merge, attrs.Bool("merge_repeated", true));
    if (beams.paths >= 1 && beams.paths <= beams.width && beams.width <= kMostBeams) return beams;
    return absl::InvalidArgumentError(
        absl::StrCat("attributes 'top_paths' and 'beam_width': wanted 1 or more and at most ", kMostBeams,
                     ", as many beams as paths, got ", beams.paths, " and ", beams.width));
  }

 private:
  static constexpr int64_t kMostBeams = 1 << 20;
};

absl::Status InferBeams(InferContext& context) {
  FLOE_ASSIGN_OR_RETURN(const BeamAttrs beams, BeamAttrs::Of(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const int64_t batch, InferInputs(context));
  AddDecoded(context, static_cast<int>(beams.paths));
  context.AddOutput(context.dtype(0), PartialShape({batch, beams.paths}));
  return absl::OkStatus();
}

absl::Status EvalBeams(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Sizes sizes, Sizes::Of(context));
  FLOE_ASSIGN_OR_RETURN(const BeamAttrs beams, BeamAttrs::Of(context.attrs()));
  const int paths = static_cast<int>(beams.paths);
  FLOE_ASSIGN_OR_RETURN(Tensor* const probabilities, context.Output(3 * paths, Shape({sizes.batch, beams.paths})));
  std::vector<std::vector<Labels>> decoded(static_cast<size_t>(paths));
  FLOE_RETURN_IF_ERROR(OnDType(ScoreTypes(), context.input(0).dtype(), [&]<typename T>() -> absl::Status {
    const T* const scores = context.input(0).data<T>();
    T* to = probabilities->mutable_data<T>();
    for (int64_t b = 0; b < sizes.batch; ++b) {
      BeamSearch<T> search(sizes.classes, beams.width);
      for (int64_t t = 0; t < sizes.lengths[static_cast<size_t>(b)]; ++t) {
        search.Step(scores + (t * sizes.batch + b) * sizes.classes);
      }
      std::vector<Labels> labels;
      std::vector<T> found;
      if (!search.Best(beams.paths, beams.merge, &labels, &found)) {
        return absl::InvalidArgumentError(
            absl::StrCat("sequence ", b, " has fewer beams than the ", beams.paths, " paths that are asked for"));
      }
      to = std::copy(found.begin(), found.end(), to);
      for (size_t p = 0; p < labels.size(); ++p) decoded[p].push_back(std::move(labels[p]));
    }
    return absl::OkStatus();
  }));
  for (int p = 0; p < paths; ++p)
    FLOE_RETURN_IF_ERROR(WriteDecoded(context, p, paths, decoded[static_cast<size_t>(p)]));
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"CTCGreedyDecoder", InferGreedy, EvalGreedy},
    {"CTCBeamSearchDecoder", InferBeams, EvalBeams},
};

}  // namespace

absl::Span<const OpInfo> CtcOps() { return kOps; }

}  // namespace floe
