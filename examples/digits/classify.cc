// Sends the held-out digits to a Floe server that serves examples/digits/model.ckpt, draws one of them, and prints how
// many answers were right. Exit status 1 where that is less than kWantedAccuracy, or where anything failed.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include <CLI/CLI.hpp>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "client/client.h"
#include "tensor/npy.h"
#include "tensor/tensor.h"

namespace {

using floe::Client;
using floe::NamedTensor;
using floe::Tensor;

constexpr int64_t kSide = 8;
constexpr int64_t kDigits = 10;
constexpr int64_t kBatch = 64;  // the last batch is smaller: a server takes any size
constexpr double kWantedAccuracy = 0.97;

struct Arguments {
  std::string server = "127.0.0.1:8500";
  std::string model = "digits";
  std::string data = "examples/digits";
  int64_t draw = 8;
};

struct HeldOut {
  Tensor images;  // float32 [n, 8, 8, 1] from 0 to 1
  Tensor labels;  // int64 [n]
};

absl::StatusOr<HeldOut> ReadHeldOut(const std::string& directory) {
  HeldOut data;
  FLOE_ASSIGN_OR_RETURN(data.images, floe::ReadNpy(absl::StrCat(directory, "/held_out_images.npy")));
  FLOE_ASSIGN_OR_RETURN(data.labels, floe::ReadNpy(absl::StrCat(directory, "/held_out_labels.npy")));
  const int64_t count = data.labels.num_elements();
  if (data.images.dtype() != floe::DType::kFloat || data.images.shape() != floe::Shape({count, kSide, kSide, 1}) ||
      data.labels.dtype() != floe::DType::kInt64 || data.labels.rank() != 1 || count == 0) {
    return absl::InvalidArgumentError(absl::StrCat(directory, ": not the held-out digits that train.py writes"));
  }
  return data;
}

// One character a fifth of grey, two columns a pixel, so that it looks square.
void Draw(absl::Span<const float> pixels) {
  static constexpr const char* kShades[] = {" ", "░", "▒", "▓", "█"};
  for (int64_t y = 0; y < kSide; ++y) {
    std::string line = "    ";
    for (int64_t x = 0; x < kSide; ++x) {
      const char* shade = kShades[std::clamp(static_cast<int>(pixels[y * kSide + x] * 5), 0, 4)];
      absl::StrAppend(&line, shade, shade);
    }
    std::puts(line.c_str());
  }
}

// The ten probabilities of each picture.
absl::StatusOr<Tensor> Classify(const Client& client, const std::string& model, const Tensor& images) {
  const floe::InferOptions options = {.outputs = {"probabilities"}};
  FLOE_ASSIGN_OR_RETURN(const std::vector<NamedTensor> outputs, client.Infer(model, {{"image", images}}, options));
  const Tensor& probabilities = outputs.front().second;
  const floe::Shape wanted({images.shape().dim(0), kDigits});
  if (probabilities.dtype() != floe::DType::kFloat || probabilities.shape() != wanted) {
    return absl::InternalError(
        absl::StrCat("probabilities: wanted float32 ", wanted.ToString(), ", got ", probabilities.ToString(0)));
  }
  return probabilities;
}

// The share of right answers.
absl::StatusOr<double> Run(const Arguments& arguments) {
  FLOE_ASSIGN_OR_RETURN(const HeldOut data, ReadHeldOut(arguments.data));
  FLOE_ASSIGN_OR_RETURN(const Client client, Client::Connect(arguments.server));
  const int64_t count = data.labels.num_elements();
  const int64_t drawn = std::clamp<int64_t>(arguments.draw, 0, count - 1);
  int64_t right = 0;
  int64_t requests = 0;
  for (int64_t begin = 0; begin < count; begin += kBatch, ++requests) {
    const int64_t end = std::min(begin + kBatch, count);
    FLOE_ASSIGN_OR_RETURN(const Tensor answers, Classify(client, arguments.model, data.images.Rows(begin, end)));
    for (int64_t k = begin; k < end; ++k) {
      const float* probabilities = answers.data<float>() + (k - begin) * kDigits;
      const int64_t digit = std::max_element(probabilities, probabilities + kDigits) - probabilities;
      const int64_t label = data.labels.data<int64_t>()[k];
      if (digit == label) ++right;
      if (k == drawn) {
        Draw(data.images.flat<float>().subspan(static_cast<size_t>(k * kSide * kSide), kSide * kSide));
        std::printf("Floe reads a %d (%.1f %% sure); it is a %d.\n", static_cast<int>(digit),
                    100.0 * probabilities[digit], static_cast<int>(label));
      }
    }
  }
  const double accuracy = static_cast<double>(right) / static_cast<double>(count);
  std::printf("%d of %d held-out digits right, %.2f %%, in %d requests.\n", static_cast<int>(right),
              static_cast<int>(count), 100 * accuracy, static_cast<int>(requests));
  return accuracy;
}

}  // namespace

int main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Sends the held-out digits to a Floe server and prints how many it reads right.", "digits-demo");
  app.add_option("--server", arguments.server, "HOST:PORT of the server's gRPC port")->capture_default_str();
  app.add_option("--model", arguments.model, "Name of the model")->capture_default_str();
  app.add_option("--data", arguments.data, "Folder of held_out_images.npy and held_out_labels.npy")
      ->capture_default_str();
  app.add_option("--draw", arguments.draw, "Which picture to draw")->capture_default_str();
  CLI11_PARSE(app, argc, argv);

  const absl::StatusOr<double> accuracy = Run(arguments);
  if (!accuracy.ok()) {
    std::fprintf(stderr, "digits-demo: %s\n", std::string(accuracy.status().message()).c_str());
    return 1;
  }
  if (*accuracy < kWantedAccuracy) {
    std::fprintf(stderr, "digits-demo: accuracy %.4f, wanted at least %.2f\n", *accuracy, kWantedAccuracy);
    return 1;
  }
  return 0;
}
