// The V2 format ("tensor bundle") of checkpoints.
//
//   PREFIX.index                   a table: under the empty key a BundleHeaderProto, under a tensor's name its
//                                  BundleEntryProto, and under a slice key (ordered_code.h) that of a slice
//   PREFIX.data-00000-of-00002     shards: the tensors' bytes one after the other, little-endian, at the entries'
//                                  offsets
//   strings                        lengths as varints; masked CRC-32C of the lengths (as uint32, or uint64 where one
//                                  needs it); then the strings. The entry's CRC covers the lengths in that form, the
//                                  four bytes of their checksum, and the strings.
#ifndef FLOE_CHECKPOINT_BUNDLE_READER_H_
#define FLOE_CHECKPOINT_BUNDLE_READER_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "base/file.h"
#include "checkpoint/checkpoint_reader.h"

namespace floe {

// `prefix`.index exists. See CheckpointReader::Open.
absl::StatusOr<std::unique_ptr<CheckpointReader>> OpenBundle(const std::string& prefix, FileSystem& files);

}  // namespace floe

#endif  // FLOE_CHECKPOINT_BUNDLE_READER_H_
