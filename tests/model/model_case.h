// A model of <shared>/models: what is fed to it, and what TensorFlow answered.
#ifndef FLOE_TESTS_MODEL_MODEL_CASE_H_
#define FLOE_TESTS_MODEL_MODEL_CASE_H_

#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "model/model.h"
#include "tensor/npy.h"

namespace floe::testing {

struct ModelCase {
  std::vector<NamedTensor> inputs;
  std::vector<std::string> outputs;
  std::vector<Tensor> expected;
};

inline ModelCase LoadModelCase(const std::string& directory) {
  const auto json = nlohmann::json::parse(*ReadFile(directory + "/case.json"));
  ModelCase loaded;
  for (const auto& name : json["inputs"]) {
    const std::string file = absl::StrCat(directory, "/in_", loaded.inputs.size(), ".npy");
    loaded.inputs.push_back({name.get<std::string>(), *ReadNpy(file)});
  }
  for (const auto& name : json["outputs"]) {
    loaded.outputs.push_back(name.get<std::string>());
    loaded.expected.push_back(*ReadNpy(absl::StrCat(directory, "/out_", loaded.expected.size(), ".npy")));
  }
  return loaded;
}

}  // namespace floe::testing

#endif  // FLOE_TESTS_MODEL_MODEL_CASE_H_
