// Pictures of a program for people: text for graphviz, and an SVG of our own.
#ifndef FLOE_CLI_DRAWING_H_
#define FLOE_CLI_DRAWING_H_

#include <string>
#include <vector>

#include "model/model.h"

namespace floe::cli {

// A digraph; nodes lie in clusters by their name scopes ("block1/conv" in "block1").
std::string ToDot(const std::vector<ProgramNode>& nodes);

// An SVG document: nodes in layers from the inputs down, with little crossing.
std::string ToSvg(const std::vector<ProgramNode>& nodes);

// What a node is drawn in, by what it does: "#rrggbb".
std::string ColorOf(const ProgramNode& node);

}  // namespace floe::cli

#endif  // FLOE_CLI_DRAWING_H_
