#!/usr/bin/env python3
"""Trains the digits network the way TensorFlow 1 programs do, and writes its checkpoint and the held-out pictures.

    train.py [OUTPUT_DIR]

Needs tensorflow and scikit-learn (tests/interop/requirements.txt). What it wrote is committed beside it, so nobody needs to run it; running it again gives
the same split and, up to the rounding of another processor, the same network.
"""

import os
import sys

import numpy as np
from sklearn import datasets, model_selection
import tensorflow as tf

tf1 = tf.compat.v1
tf1.disable_v2_behavior()

SEED = 7
HELD_OUT = 360
BATCH = 64
EPOCHS = 80
BATCH_NORM_DECAY = 0.95
AVERAGE_DECAY = 0.99


def batch_norm(x, is_training):
    """Batch normalisation with moving statistics, as programs of TensorFlow 1 spell it out."""
    channels = x.shape[-1]
    gamma = tf1.get_variable("gamma", [channels], initializer=tf1.ones_initializer())
    beta = tf1.get_variable("beta", [channels], initializer=tf1.zeros_initializer())
    mean = tf1.get_variable("moving_mean", [channels], initializer=tf1.zeros_initializer(), trainable=False)
    variance = tf1.get_variable("moving_variance", [channels], initializer=tf1.ones_initializer(), trainable=False)

    def with_batch_statistics():
        y, batch_mean, batch_variance = tf1.nn.fused_batch_norm(x, gamma, beta, is_training=True)
        updates = [
            tf1.assign_sub(moving, (moving - now) * (1 - BATCH_NORM_DECAY))
            for moving, now in ((mean, batch_mean), (variance, batch_variance))
        ]
        with tf1.control_dependencies(updates):
            return tf1.identity(y)

    def with_moving_statistics():
        return tf1.nn.fused_batch_norm(x, gamma, beta, mean=mean, variance=variance, is_training=False)[0]

    return tf1.cond(is_training, with_batch_statistics, with_moving_statistics)


def conv(x, channels, name, is_training):
    with tf1.variable_scope(name):
        kernel = tf1.get_variable("kernel", [3, 3, x.shape[-1], channels], initializer=tf1.initializers.he_normal(seed=SEED))
        x = tf1.nn.conv2d(x, kernel, strides=[1, 1, 1, 1], padding="SAME")
        return tf1.nn.relu(batch_norm(x, is_training))


def network(image, is_training):
    """Pictures [?, 8, 8, 1] from 0 to 1 -> logits [?, 10]."""
    x = conv(image, 16, "conv1", is_training)
    x = conv(x, 32, "conv2", is_training)
    x = tf1.nn.max_pool(x, ksize=[1, 2, 2, 1], strides=[1, 2, 2, 1], padding="SAME")
    x = conv(x, 32, "conv3", is_training)
    x = tf1.reshape(x, [-1, 4 * 4 * 32])
    kernel = tf1.get_variable("dense/kernel", [4 * 4 * 32, 10], initializer=tf1.glorot_uniform_initializer(seed=SEED))
    bias = tf1.get_variable("dense/bias", [10], initializer=tf1.zeros_initializer())
    return tf1.nn.bias_add(tf1.matmul(x, kernel), bias)


def shifted(images, random):
    """Each picture moved by at most one pixel."""
    padded = np.pad(images, [(0, 0), (1, 1), (1, 1), (0, 0)])
    offsets = random.integers(0, 3, [len(images), 2])
    return np.stack([picture[y : y + 8, x : x + 8] for picture, (y, x) in zip(padded, offsets)])


def main():
    directory = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(os.path.abspath(__file__))
    images, labels = datasets.load_digits(return_X_y=True)
    images = (images / 16).astype(np.float32).reshape(-1, 8, 8, 1)
    train_images, held_images, train_labels, held_labels = model_selection.train_test_split(
        images, labels, test_size=HELD_OUT, stratify=labels, random_state=SEED
    )

    tf1.set_random_seed(SEED)
    image = tf1.placeholder(tf.float32, [None, 8, 8, 1], name="image")
    label = tf1.placeholder(tf.int64, [None], name="label")
    learning_rate = tf1.placeholder(tf.float32, [], name="learning_rate")
    is_training = tf1.placeholder_with_default(False, [], name="is_training")

    logits = network(image, is_training)
    probabilities = tf1.nn.softmax(logits, name="probabilities")
    digit = tf1.argmax(logits, axis=1, name="digit")

    loss = tf1.reduce_mean(tf1.nn.sparse_softmax_cross_entropy_with_logits(labels=label, logits=logits))
    global_step = tf1.train.get_or_create_global_step()
    minimize = tf1.train.AdamOptimizer(learning_rate).minimize(loss, global_step=global_step)
    averages = tf1.train.ExponentialMovingAverage(AVERAGE_DECAY, global_step)
    with tf1.control_dependencies([minimize]):
        train = averages.apply(tf1.trainable_variables())
    saver = tf1.train.Saver(save_relative_paths=True)

    random = np.random.default_rng(SEED)
    threads = tf1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    with tf1.Session(config=threads) as session:
        session.run(tf1.global_variables_initializer())
        for epoch in range(EPOCHS):
            rate = 2e-3 * (1 - epoch / EPOCHS)
            order = random.permutation(len(train_images))
            for begin in range(0, len(order), BATCH):
                batch = order[begin : begin + BATCH]
                feed = {image: shifted(train_images[batch], random), label: train_labels[batch]}
                session.run(train, {**feed, learning_rate: rate, is_training: True})
        # The gradients' many attributes at their defaults are what makes a training graph big.
        saver.save(session, os.path.join(directory, "model.ckpt"), strip_default_attrs=True, save_debug_info=False)

        def accuracy():
            return np.mean(session.run(digit, {image: held_images}) == held_labels)

        print(f"held-out accuracy with the last weights: {accuracy():.2%}")
        prefix = tf1.train.latest_checkpoint(directory)
        tf1.train.Saver(averages.variables_to_restore()).restore(session, prefix)
        print(f"held-out accuracy with the averaged weights: {accuracy():.2%}")
        answers = session.run(probabilities, {image: held_images})

    np.save(os.path.join(directory, "held_out_images.npy"), held_images)
    np.save(os.path.join(directory, "held_out_labels.npy"), held_labels.astype(np.int64))
    np.save(os.path.join(directory, "held_out_probabilities.npy"), answers)


if __name__ == "__main__":
    main()
