// Philox4x32-10, the counter-based generator of TensorFlow's random ops (Salmon et al., "Parallel random numbers: as
// easy as 1, 2, 3", SC 2011), seeded as TensorFlow seeds it, so that the same seeds give the same numbers. A value
// type.
#ifndef FLOE_OPS_PHILOX_H_
#define FLOE_OPS_PHILOX_H_

#include <array>
#include <cstddef>
#include <cstdint>

namespace floe {

class Philox {
 public:
  using Block = std::array<uint32_t, 4>;

  // A place in all the numbers there are: which sequence, and where in it.
  struct Place {
    uint64_t key = 0;
    std::array<uint64_t, 2> counter{};
  };

  Philox() = default;
  Philox(uint64_t seed, uint64_t seed2)
      : counter_{0, 0, static_cast<uint32_t>(seed2), static_cast<uint32_t>(seed2 >> 32)},
        key_{static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)} {}
  explicit Philox(const Place& place)
      : counter_{static_cast<uint32_t>(place.counter[0]), static_cast<uint32_t>(place.counter[0] >> 32),
                 static_cast<uint32_t>(place.counter[1]), static_cast<uint32_t>(place.counter[1] >> 32)},
        key_{static_cast<uint32_t>(place.key), static_cast<uint32_t>(place.key >> 32)} {}

  // The next four numbers.
  Block Next() {
    Block block = counter_;
    std::array<uint32_t, 2> key = key_;
    for (int round = 0; round < 10; ++round) {
      if (round > 0) {
        key[0] += 0x9E3779B9u;
        key[1] += 0xBB67AE85u;
      }
      const uint64_t product0 = uint64_t{0xD2511F53u} * block[0];
      const uint64_t product1 = uint64_t{0xCD9E8D57u} * block[2];
      block = {static_cast<uint32_t>(product1 >> 32) ^ block[1] ^ key[0], static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ block[3] ^ key[1], static_cast<uint32_t>(product0)};
    }
    Skip(1);
    return block;
  }

  // Passes over `blocks` blocks.
  void Skip(uint64_t blocks) {
    uint64_t low = counter_[0] | uint64_t{counter_[1]} << 32;
    const uint64_t sum = low + blocks;
    counter_[0] = static_cast<uint32_t>(sum);
    counter_[1] = static_cast<uint32_t>(sum >> 32);
    if (sum < low && ++counter_[2] == 0) ++counter_[3];
  }

 private:
  Block counter_{};
  std::array<uint32_t, 2> key_{};
};

// The numbers of a generator one by one.
class SinglePhilox {
 public:
  explicit SinglePhilox(const Philox& random) : random_(random) {}

  uint32_t operator()() {
    if (next_ == block_.size()) {
      block_ = random_.Next();
      next_ = 0;
    }
    return block_[next_++];
  }

 private:
  Philox random_;
  Philox::Block block_{};
  size_t next_ = block_.size();
};

}  // namespace floe

#endif  // FLOE_OPS_PHILOX_H_
