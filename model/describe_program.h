// A program as people look at it: floe inspect's pictures, and the console's.
#ifndef FLOE_MODEL_DESCRIBE_PROGRAM_H_
#define FLOE_MODEL_DESCRIBE_PROGRAM_H_

#include <string>
#include <vector>

#include "model/model.h"
#include "plan/compiled_program.h"

namespace floe {

// Inputs first, then the ops in order. What is in regions comes before the op that runs it, by names of its own
// ("loop/body/add"), and takes what the op's inputs come from.
std::vector<ProgramNode> DescribeProgram(const CompiledProgram& compiled);

// What a region of an op is called: "condition", "body", "branch 0".
std::string RegionName(const Op& op, size_t region);

}  // namespace floe

#endif  // FLOE_MODEL_DESCRIBE_PROGRAM_H_
