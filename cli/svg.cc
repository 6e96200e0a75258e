// Layers by the longest way from an input; an edge over several layers goes through a waypoint in each, so that it does
// not cross boxes. Waypoints and boxes are ordered by the mean of their neighbours, down and up, then moved towards it.
#include <algorithm>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "cli/drawing.h"

namespace floe::cli {
namespace {

constexpr double kBoxHeight = 46, kLayerHeight = 78, kGap = 14, kWaypointWidth = 6, kMargin = 20;
constexpr double kCharacterWidth = 6.4, kMinBoxWidth = 90, kMaxBoxWidth = 260;
constexpr size_t kMaxCharacters = 38;
constexpr int kSweeps = 4;
// Past this many waypoints (skips over thousands of layers) edges are drawn straight.
constexpr int64_t kMaxWaypoints = 200000;

// What XML allows in text: no controls, and UTF-8 that is some.
std::string Escaped(absl::string_view text) {
  std::string out;
  for (size_t i = 0; i < text.size(); ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    if (c == '&') {
      out += "&amp;";
    } else if (c == '<') {
      out += "&lt;";
    } else if (c == '>') {
      out += "&gt;";
    } else if (c == '"') {
      out += "&quot;";
    } else {
      // Names of TensorFlow are ASCII.
      out.push_back(c < ' ' || c > '~' ? '?' : static_cast<char>(c));
    }
  }
  return out;
}

std::string Shortened(absl::string_view text) {
  if (text.size() <= kMaxCharacters) return std::string(text);
  return absl::StrCat("...", text.substr(text.size() - (kMaxCharacters - 3)));
}

struct Labels {
  explicit Labels(const ProgramNode& node)
      : op(Shortened(node.op)), name(Shortened(node.name)), results(Shortened(absl::StrJoin(node.results, " "))) {}
  double Width() const {
    const double text = kCharacterWidth * static_cast<double>(std::max({op.size(), name.size(), results.size()}));
    return std::clamp(text + 12, kMinBoxWidth, kMaxBoxWidth);
  }
  std::string op, name, results;
};

class Drawing {
 public:
  explicit Drawing(const std::vector<ProgramNode>& nodes) : nodes_(nodes) {
    FindLayers();
    AddPoints();
    for (int sweep = 0; sweep < kSweeps; ++sweep) Order(sweep % 2 == 0);
    for (Layer& layer : layers_) Pack(layer);
    for (int sweep = 0; sweep < kSweeps; ++sweep) MoveTowardsNeighbours(sweep % 2 == 0);
  }

  std::string ToSvg() const {
    double left = 0, right = 0;
    for (const Point& point : points_) {
      left = std::min(left, point.x - point.width / 2);
      right = std::max(right, point.x + point.width / 2);
    }
    const double width = right - left + 2 * kMargin;
    const double height = static_cast<double>(layers_.size()) * kLayerHeight + 2 * kMargin;
    std::string out = absl::StrFormat(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%.0f\" height=\"%.0f\" viewBox=\"%.0f %.0f %.0f %.0f\" "
        "font-family=\"Helvetica, Arial, sans-serif\" font-size=\"10\" text-anchor=\"middle\">\n"
        "<rect x=\"%.0f\" y=\"%.0f\" width=\"100%%\" height=\"100%%\" fill=\"white\"/>\n",
        width, height, left - kMargin, -kMargin, width, height, left - kMargin, -kMargin);
    for (const std::vector<int>& way : ways_) AppendWay(way, &out);
    for (size_t i = 0; i < nodes_.size(); ++i) AppendBox(nodes_[i], points_[i], &out);
    return absl::StrCat(out, "</svg>\n");
  }

 private:
  // The center of a box (of the node with the same index), or a waypoint.
  struct Point {
    int layer = 0;
    double width = kWaypointWidth;
    double x = 0;
    std::vector<int> above, below;
  };
  using Layer = std::vector<int>;  // points from left to right

  double TopOf(const Point& point) const { return point.layer * kLayerHeight; }

  void FindLayers() {
    points_.resize(nodes_.size());
    for (size_t i = 0; i < nodes_.size(); ++i) {
      points_[i].width = Labels(nodes_[i]).Width();
      for (const int input : nodes_[i].inputs) points_[i].layer = std::max(points_[i].layer, points_[input].layer + 1);
    }
  }

  void AddPoints() {
    int64_t waypoints = 0;
    for (size_t i = 0; i < nodes_.size(); ++i) {
      for (const int input : nodes_[i].inputs) waypoints += points_[i].layer - points_[input].layer - 1;
    }
    for (size_t i = 0; i < nodes_.size(); ++i) {
      for (const int input : nodes_[i].inputs) {
        std::vector<int>& way = ways_.emplace_back();
        way.push_back(input);
        for (int layer = points_[input].layer + 1; waypoints <= kMaxWaypoints && layer < points_[i].layer; ++layer) {
          way.push_back(static_cast<int>(points_.size()));
          points_.emplace_back().layer = layer;
        }
        way.push_back(static_cast<int>(i));
        for (size_t k = 1; k < way.size(); ++k) {
          points_[way[k - 1]].below.push_back(way[k]);
          points_[way[k]].above.push_back(way[k - 1]);
        }
      }
    }
    for (size_t i = 0; i < points_.size(); ++i) {
      if (points_[i].layer >= static_cast<int>(layers_.size())) layers_.resize(points_[i].layer + 1);
      Layer& layer = layers_[points_[i].layer];
      points_[i].x = static_cast<double>(layer.size());
      layer.push_back(static_cast<int>(i));
    }
  }

  double MeanOf(const std::vector<int>& neighbours, double otherwise) const {
    if (neighbours.empty()) return otherwise;
    double sum = 0;
    for (const int neighbour : neighbours) sum += points_[neighbour].x;
    return sum / static_cast<double>(neighbours.size());
  }

  // Calls `visit` with each layer, from the top or the bottom.
  template <typename Visit>
  void ForEachLayer(bool down, Visit visit) {
    for (size_t k = 0; k < layers_.size(); ++k) visit(layers_[down ? k : layers_.size() - 1 - k]);
  }

  // Positions are ranks here.
  void Order(bool down) {
    ForEachLayer(down, [&](Layer& layer) {
      std::vector<std::pair<double, int>> wanted;
      for (const int p : layer)
        wanted.emplace_back(MeanOf(down ? points_[p].above : points_[p].below, points_[p].x), p);
      std::stable_sort(wanted.begin(), wanted.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
      for (size_t k = 0; k < layer.size(); ++k) {
        layer[k] = wanted[k].second;
        points_[layer[k]].x = static_cast<double>(k);
      }
    });
  }

  double Distance(int left, int right) const { return (points_[left].width + points_[right].width) / 2 + kGap; }

  // Side by side, around 0.
  void Pack(const Layer& layer) {
    points_[layer[0]].x = 0;
    for (size_t k = 1; k < layer.size(); ++k) {
      points_[layer[k]].x = points_[layer[k - 1]].x + Distance(layer[k - 1], layer[k]);
    }
    const double middle = points_[layer.back()].x / 2;
    for (const int p : layer) points_[p].x -= middle;
  }

  // Each as near to its neighbours' mean as the order allows: pushed to the right where it would overlap, and to the
  // left likewise; half of each.
  void MoveTowardsNeighbours(bool down) {
    ForEachLayer(down, [&](const Layer& layer) {
      const size_t n = layer.size();
      std::vector<double> wanted(n), from_left(n), from_right(n);
      for (size_t k = 0; k < n; ++k) {
        const Point& point = points_[layer[k]];
        wanted[k] = MeanOf(down ? point.above : point.below, point.x);
      }
      for (size_t k = 0; k < n; ++k) {
        from_left[k] = k == 0 ? wanted[k] : std::max(wanted[k], from_left[k - 1] + Distance(layer[k - 1], layer[k]));
      }
      for (size_t k = n; k-- > 0;) {
        from_right[k] =
            k + 1 == n ? wanted[k] : std::min(wanted[k], from_right[k + 1] - Distance(layer[k], layer[k + 1]));
      }
      for (size_t k = 0; k < n; ++k) points_[layer[k]].x = (from_left[k] + from_right[k]) / 2;
    });
  }

  void AppendWay(const std::vector<int>& way, std::string* out) const {
    double x = points_[way[0]].x, y = TopOf(points_[way[0]]) + kBoxHeight;
    absl::StrAppendFormat(out, "<path fill=\"none\" stroke=\"#777777\" d=\"M%.1f %.1f", x, y);
    for (size_t k = 1; k < way.size(); ++k) {
      const Point& point = points_[way[k]];
      const double to_y = TopOf(point), bend = (to_y - y) / 2;
      absl::StrAppendFormat(out, " C%.1f %.1f %.1f %.1f %.1f %.1f", x, y + bend, point.x, to_y - bend, point.x, to_y);
      x = point.x;
      y = to_y;
      if (k + 1 < way.size()) {
        y += kBoxHeight;
        absl::StrAppendFormat(out, " V%.1f", y);
      }
    }
    absl::StrAppend(out, "\"/>\n");
  }

  void AppendBox(const ProgramNode& node, const Point& point, std::string* out) const {
    const Labels labels(node);
    const double top = TopOf(point);
    absl::StrAppendFormat(out,
                          "<g><title>%s</title><rect x=\"%.1f\" y=\"%.1f\" width=\"%.1f\" height=\"%.0f\" rx=\"4\" "
                          "fill=\"%s\" stroke=\"#444444\" stroke-width=\"%d\"/>",
                          Escaped(absl::StrCat(node.op, " ", node.name, " ", absl::StrJoin(node.results, " "))),
                          point.x - point.width / 2, top, point.width, kBoxHeight, ColorOf(node),
                          node.is_output ? 3 : 1);
    const std::pair<const std::string*, const char*> lines[] = {
        {&labels.op, " font-weight=\"bold\""}, {&labels.name, ""}, {&labels.results, " fill=\"#555555\""}};
    double y = top + 14;
    for (const auto& [text, style] : lines) {
      absl::StrAppendFormat(out, "<text x=\"%.1f\" y=\"%.1f\"%s>%s</text>", point.x, y, style, Escaped(*text));
      y += 13;
    }
    absl::StrAppend(out, "</g>\n");
  }

  const std::vector<ProgramNode>& nodes_;
  std::vector<Point> points_;
  std::vector<Layer> layers_;
  std::vector<std::vector<int>> ways_;
};

}  // namespace

std::string ToSvg(const std::vector<ProgramNode>& nodes) { return Drawing(nodes).ToSvg(); }

}  // namespace floe::cli
