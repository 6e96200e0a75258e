#include "server/worker_pool.h"

#include <pthread.h>

#include <utility>

namespace floe {

WorkerPool::WorkerPool(const std::string& name, int threads) {
  for (int i = 0; i < threads; ++i) {
    threads_.emplace_back([this] { Work(); });
    pthread_setname_np(threads_.back().native_handle(), name.c_str());
  }
}

WorkerPool::~WorkerPool() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  posted_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void WorkerPool::Post(std::function<void()> closure) {
  {
    const std::lock_guard lock(mutex_);
    closures_.push_back(std::move(closure));
  }
  posted_.notify_one();
}

void WorkerPool::Work() {
  std::unique_lock lock(mutex_);
  while (true) {
    posted_.wait(lock, [&] { return stopping_ || !closures_.empty(); });
    if (closures_.empty()) return;
    std::function<void()> closure = std::move(closures_.front());
    closures_.pop_front();
    lock.unlock();
    closure();
    closure = nullptr;  // what it owns goes before the lock is taken again
    lock.lock();
  }
}

}  // namespace floe
