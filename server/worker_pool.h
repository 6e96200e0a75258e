// WorkerPool: a fixed number of threads that run closures in the order they came. Any thread may Post. Destroying it
// runs what was posted before and joins.
#ifndef FLOE_SERVER_WORKER_POOL_H_
#define FLOE_SERVER_WORKER_POOL_H_

#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace floe {

class WorkerPool {
 public:
  // `name` is what the threads are called in debuggers and top; at most 15 characters.
  WorkerPool(const std::string& name, int threads);
  WorkerPool(const WorkerPool&) = delete;
  WorkerPool& operator=(const WorkerPool&) = delete;
  ~WorkerPool();

  void Post(std::function<void()> closure);

 private:
  void Work();

  std::mutex mutex_;
  std::condition_variable posted_;
  std::deque<std::function<void()>> closures_;
  bool stopping_ = false;
  std::vector<std::thread> threads_;
};

}  // namespace floe

#endif  // FLOE_SERVER_WORKER_POOL_H_
