"""TensorFlow's times for the checkpoint that `floe_checkpoint_bench DIRECTORY ... --keep` left.

    checkpoint_peer.py DIRECTORY [RUNS]
"""

import os
import sys
import time

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")

import tensorflow as tf  # noqa: E402 (the environment comes first)


def shortest(work, runs):
    times = []
    for _ in range(runs):
        begin = time.perf_counter()
        work()
        times.append(time.perf_counter() - begin)
    return min(times)


def main():
    directory, runs = sys.argv[1], int(sys.argv[2]) if len(sys.argv) > 2 else 3
    prefix = os.path.join(directory, "model.ckpt")
    reader = tf.train.load_checkpoint(prefix)
    types = reader.get_variable_to_dtype_map()
    names = sorted(types)
    slices = [""] * len(names)

    def restore():
        return tf.raw_ops.RestoreV2(prefix=prefix, tensor_names=names, shape_and_slices=slices,
                                    dtypes=[types[name] for name in names])

    tensors = restore()
    copy = os.path.join(directory, "peer.ckpt")

    def save():
        tf.raw_ops.SaveV2(prefix=copy, tensor_names=names, shape_and_slices=slices, tensors=tensors)
        # TensorFlow leaves the writing to the disk to the system.
        fd = os.open(copy + ".data-00000-of-00001", os.O_RDONLY)
        os.fsync(fd)
        os.close(fd)

    print(f"TensorFlow {tf.__version__}, {len(names)} tensors, shortest of {runs} runs")
    print(f"SaveV2 and fsync       {shortest(save, runs):7.3f} s")
    print(f"RestoreV2              {shortest(restore, runs):7.3f} s")
    for suffix in (".index", ".data-00000-of-00001"):
        os.remove(copy + suffix)


if __name__ == "__main__":
    main()
