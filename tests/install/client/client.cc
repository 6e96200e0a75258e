// Calls a server that is not there: what counts is that the installed client builds, links and says so.
#include "client/client.h"

#include <iostream>

int main() {
  floe::ClientOptions options;
  options.deadline = absl::Milliseconds(200);
  const absl::StatusOr<floe::Client> client = floe::Client::Connect("127.0.0.1:1", options);
  if (!client.ok()) {
    std::cerr << client.status().message() << "\n";
    return 1;
  }
  const auto answer = client->Infer("model", {{"x", floe::Tensor::Of<float>({1.0F})}});
  std::cout << answer.status() << "\n";
  return answer.ok() ? 1 : 0;
}
