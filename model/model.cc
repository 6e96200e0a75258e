#include "model/model.h"

#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "base/status.h"

namespace floe {

// An instance on a thread of its own, both made by the first Run. Its team of threads is that thread's.
class Model::OwnThread {
 public:
  ~OwnThread() {
    if (!thread_.joinable()) return;
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  absl::StatusOr<std::vector<Tensor>> Run(const Model& model, absl::Span<const NamedTensor> inputs,
                                          absl::Span<const std::string> fetches) {
    const std::lock_guard<std::mutex> turn(turn_);
    if (!thread_.joinable()) thread_ = std::thread([this] { Work(); });
    absl::StatusOr<std::vector<Tensor>> results = absl::InternalError("not run");
    const auto task = [&] {
      if (instance_ == nullptr) {
        absl::StatusOr<std::unique_ptr<ModelInstance>> made = model.CreateInstance();
        if (!made.ok()) {
          results = made.status();
          return;
        }
        instance_ = *std::move(made);
      }
      results = instance_->Run(inputs, fetches);
    };
    std::unique_lock<std::mutex> lock(mutex_);
    task_ = task;
    changed_.notify_all();
    changed_.wait(lock, [this] { return task_ == nullptr; });
    return results;
  }

 private:
  void Work() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return stopping_ || task_ != nullptr; });
      if (stopping_) break;
      lock.unlock();
      task_();
      lock.lock();
      task_ = nullptr;
      changed_.notify_all();
    }
    instance_.reset();
  }

  std::mutex turn_;  // one Run at a time
  std::mutex mutex_;
  std::condition_variable changed_;
  std::function<void()> task_;               // guarded by mutex_; null when done
  bool stopping_ = false;                    // guarded by mutex_
  std::unique_ptr<ModelInstance> instance_;  // the thread's alone
  std::thread thread_;
};

Model::Model() : own_thread_(std::make_unique<OwnThread>()) {}
Model::~Model() = default;

const std::vector<ModelSignature>& Model::signatures() const {
  static const auto* const none = new std::vector<ModelSignature>;
  return *none;
}

absl::StatusOr<std::vector<Tensor>> Model::Run(absl::Span<const NamedTensor> inputs,
                                               absl::Span<const std::string> fetches) const {
  return own_thread_->Run(*this, inputs, fetches);
}

}  // namespace floe
