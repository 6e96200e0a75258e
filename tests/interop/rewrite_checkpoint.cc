// For checkpoints_test.py: usage: rewrite_checkpoint SOURCE OUTPUT writes a checkpoint again as it is;
// rewrite_checkpoint SOURCE OUTPUT v1|v2 in that format.
#include <cstdio>
#include <memory>
#include <string>

#include "base/status.h"
#include "checkpoint/checkpoint_reader.h"
#include "checkpoint/checkpoint_writer.h"
#include "tests/testing/rewrite_checkpoint.h"

namespace floe {
namespace {

absl::Status Convert(const std::string& source, const std::string& output, CheckpointFormat format) {
  FLOE_ASSIGN_OR_RETURN(const auto reader, CheckpointReader::Open(source));
  CheckpointWriterOptions options;
  options.format = format;
  FLOE_ASSIGN_OR_RETURN(const auto writer, CheckpointWriter::Create(output, options));
  for (const CheckpointTensor& tensor : reader->tensors()) {
    for (const TensorSlice& slice : tensor.slices) {
      FLOE_ASSIGN_OR_RETURN(const Tensor part, reader->ReadSlice(tensor.name, slice));
      FLOE_RETURN_IF_ERROR(writer->AddSlice(tensor.name, tensor.shape, slice, part));
    }
    if (!tensor.slices.empty()) continue;
    FLOE_ASSIGN_OR_RETURN(const Tensor whole, reader->Read(tensor.name));
    FLOE_RETURN_IF_ERROR(writer->Add(tensor.name, whole));
  }
  return writer->Finish();
}

}  // namespace
}  // namespace floe

int main(int argc, char** argv) {
  if (argc < 3) return 2;
  const std::string format = argc > 3 ? argv[3] : "";
  const absl::Status status =
      format.empty()
          ? floe::testing::RewriteCheckpoint(argv[1], argv[2])
          : floe::Convert(argv[1], argv[2], format == "v1" ? floe::CheckpointFormat::kV1 : floe::CheckpointFormat::kV2);
  if (!status.ok()) std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return status.ok() ? 0 : 1;
}
