#!/usr/bin/env python3
"""Compares Floe's protos with the descriptors inside the packages that published them.

    proto_descriptors_test.py DESCRIPTOR_SET

DESCRIPTOR_SET is what `protoc --include_imports --descriptor_set_out` wrote for proto/. Both directions are compared: what is here must be there and the
same, and a message, enum or service that is here must have all that the original has. Every difference is printed.
"""

import importlib
import os
import subprocess
import sys
import tempfile

from google.protobuf import descriptor_pb2

# Differences that stay, each with its reason: "package.Message.field" or "package.Service.Method" -> why.
ALLOWED = {}

# Files with no descriptor in any package of requirements.txt, each with its reason; see proto/README.md.
UNPUBLISHED = {
    "tensorflow_serving/config/monitoring_config.proto": "left out of tensorflow-serving-api; read as text only",
    "tensorflow_serving/config/ssl_config.proto": "left out of tensorflow-serving-api; read as text only",
    "tensorflow_serving/servables/tensorflow/session_bundle_config.proto": "left out of tensorflow-serving-api; read as text only",
}

# Where a package keeps a file under another path than the one it is known by: our path -> (module, path there).
RENAMED = {"grpc/health/v1/health.proto": ("grpc_health.v1.health_pb2", "grpc_health/v1/health.proto")}
MODULES = {"grpc_service.proto": "tritonclient.grpc.service_pb2", "model_config.proto": "tritonclient.grpc.model_config_pb2"}

Field = descriptor_pb2.FieldDescriptorProto
PACKABLE = set(Field.Type.values()) - {Field.TYPE_STRING, Field.TYPE_BYTES, Field.TYPE_MESSAGE, Field.TYPE_GROUP}


def original_module(path):
    """The Python module that holds the original of one of our files, and the file's path in there."""
    if path in RENAMED:
        return RENAMED[path]
    return MODULES.get(path, path.removesuffix(".proto").replace("/", ".") + "_pb2"), path


def dump(modules, out):
    """Child process: writes the descriptors of the modules, and of all they import, to the file `out`."""
    files = descriptor_pb2.FileDescriptorSet()
    seen = set()

    def walk(file):
        if file.name in seen:
            return
        seen.add(file.name)
        for dependency in file.dependencies:
            walk(dependency)
        file.CopyToProto(files.file.add())

    for module in modules:
        try:
            walk(importlib.import_module(module).DESCRIPTOR)
        except ImportError:
            pass  # It may be an import of another one; if not, its files are reported as having no original.
    with open(out, "wb") as f:
        f.write(files.SerializeToString())


def load_originals(paths):
    """The packages' descriptors by our paths. A process for each package: two of them may register the same file."""
    groups = {}
    for path in paths:
        module, _ = original_module(path)
        groups.setdefault(module.split(".")[0], []).append(module)
    # TensorFlow Serving's modules import TensorFlow's, and `xla` is no package of its own.
    groups["tensorflow"] = sum((groups.pop(k, []) for k in ("tensorflow", "tensorflow_serving", "xla")), [])
    found = {}
    for modules in groups.values():
        with tempfile.TemporaryDirectory() as folder:
            out = os.path.join(folder, "files.pb")
            subprocess.run([sys.executable, os.path.abspath(__file__), "--dump", out, *modules], check=True,
                           env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "CUDA_VISIBLE_DEVICES": ""})
            with open(out, "rb") as f:
                for file in descriptor_pb2.FileDescriptorSet.FromString(f.read()).file:
                    found[file.name] = file
    originals = {}
    for path in paths:
        _, there = original_module(path)
        if there in found:
            originals[path] = found[there]
    return originals


def json_name(name):
    head, *rest = name.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in rest)


def field_facts(field, message, syntax):
    """What of a field shows on the wire, in text, in JSON or in generated code."""
    packed = None
    if field.label == Field.LABEL_REPEATED and field.type in PACKABLE:
        packed = field.options.packed if field.options.HasField("packed") else syntax == "proto3"
    oneof = None
    if field.HasField("oneof_index") and not field.proto3_optional:
        oneof = message.oneof_decl[field.oneof_index].name
    return {
        "number": field.number,
        "type": Field.Type.Name(field.type),
        "label": Field.Label.Name(field.label),
        "type_name": field.type_name,
        "json name": field.json_name or json_name(field.name),
        "oneof": oneof,
        "optional": field.proto3_optional,
        "packed": packed,
        "default": field.default_value,
        "extends": field.extendee,
    }


def ranges(reserved):
    return sorted((r.start, r.end) for r in reserved)


def facts(file):
    """A file as {what: its facts}; a file is described by its imports, so that one with nothing else is compared too."""
    result = {}
    syntax = file.syntax or "proto2"
    prefix = file.package + "." if file.package else ""

    def add_enum(enum, scope):
        result[("enum", scope + enum.name)] = {"alias": enum.options.allow_alias, "reserved": ranges(enum.reserved_range),
                                               "reserved names": sorted(enum.reserved_name)}
        for value in enum.value:
            result[("enum value", scope + enum.name + "." + value.name)] = {"number": value.number}
        # proto2 takes the first value as the default.
        result[("first enum value", scope + enum.name)] = {"name": enum.value[0].name}

    def add_message(message, scope):
        name = scope + message.name
        result[("message", name)] = {"map entry": message.options.map_entry, "reserved": ranges(message.reserved_range),
                                     "reserved names": sorted(message.reserved_name), "extensions": ranges(message.extension_range)}
        for field in message.field:
            result[("field", name + "." + field.name)] = field_facts(field, message, syntax)
        for field in message.extension:
            result[("extension", name + "." + field.name)] = field_facts(field, message, syntax)
        for nested in message.nested_type:
            add_message(nested, name + ".")
        for enum in message.enum_type:
            add_enum(enum, name + ".")

    result[("file", file.name)] = {
        "package": file.package, "syntax": syntax, "imports": sorted(file.dependency),
        "public imports": sorted(file.dependency[i] for i in file.public_dependency)}
    for message in file.message_type:
        add_message(message, prefix)
    for enum in file.enum_type:
        add_enum(enum, prefix)
    for field in file.extension:
        result[("extension", prefix + field.name)] = field_facts(field, None, syntax)
    for service in file.service:
        result[("service", prefix + service.name)] = {}
        for method in service.method:
            result[("method", f"/{prefix}{service.name}/{method.name}")] = {
                "request": method.input_type, "response": method.output_type,
                "client streaming": method.client_streaming, "server streaming": method.server_streaming}
    return result


def compare(ours, theirs):
    """Differences as (name, text); the name is what ALLOWED would list."""
    differences = []
    for kind, name in sorted(ours.keys() | theirs.keys()):
        mine, original = ours.get((kind, name)), theirs.get((kind, name))
        if original is None:
            differences.append((name, f"{kind} {name}: not in the original"))
        elif mine is None:
            differences.append((name, f"{kind} {name}: missing here"))
        else:
            for what in mine:
                if mine[what] != original[what]:
                    differences.append((name, f"{kind} {name}: {what} is {mine[what]!r}, in the original {original[what]!r}"))
    return differences


def main(descriptor_set):
    with open(descriptor_set, "rb") as f:
        files = [file for file in descriptor_pb2.FileDescriptorSet.FromString(f.read()).file if not file.name.startswith("google/protobuf/")]
    failures = [] if files else [f"{descriptor_set} holds no file of ours"]
    originals = load_originals([file.name for file in files])
    counts = {}
    allowed = set()
    for file in files:
        original = originals.get(file.name)
        if original is None:
            if file.name not in UNPUBLISHED:
                failures.append(f"{file.name}: compares to nothing (no module {original_module(file.name)[0]})")
            continue
        if file.name in UNPUBLISHED:
            failures.append(f"{file.name}: listed as unpublished, but {original_module(file.name)[0]} has it")
        original.name = file.name
        ours = facts(file)
        for name, text in compare(ours, facts(original)):
            if name in ALLOWED:
                allowed.add(name)
            else:
                failures.append(f"{file.name}: {text}")
        for kind, _ in ours:
            counts[kind] = counts.get(kind, 0) + 1
    names = {file.name for file in files}
    failures += [f"{name}: listed as unpublished, but there is no such file" for name in UNPUBLISHED if name not in names]
    failures += [f"{name}: listed as allowed, but does not differ" for name in ALLOWED if name not in allowed]
    if not counts:
        failures.append("nothing was compared")
    for failure in failures:
        print("DIFFERENCE", failure)
    compared = ", ".join(f"{counts.get(k, 0)} {k}s" for k in ("file", "message", "field", "enum", "enum value", "service", "method"))
    print(f"compared {compared}; {len(UNPUBLISHED)} files without an original, {len(allowed)} allowed differences, {len(failures)} failures")
    return 1 if failures else 0


if __name__ == "__main__":
    if len(sys.argv) > 2 and sys.argv[1] == "--dump":
        dump(sys.argv[3:], sys.argv[2])
        sys.exit(0)
    if len(sys.argv) != 2:
        print(__doc__, file=sys.stderr)
        sys.exit(2)
    sys.exit(main(sys.argv[1]))
