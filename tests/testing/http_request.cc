#include "tests/testing/http_request.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"

namespace floe::testing {

std::string HttpRequest(const std::string& address, const std::string& method, const std::string& path,
                        const std::string& body) {
  int port;
  if (!absl::SimpleAtoi(address.substr(address.rfind(':') + 1), &port)) return "no port in " + address;
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to = {};
  to.sin_family = AF_INET;
  to.sin_port = htons(static_cast<uint16_t>(port));
  to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const std::string request = absl::StrCat(method, " ", path, " HTTP/1.1\r\nHost: floe\r\nConnection: close\r\n",
                                           "Content-Length: ", body.size(), "\r\n\r\n", body);
  std::string answer;
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)) != 0 ||
      send(fd, request.data(), request.size(), MSG_NOSIGNAL) != static_cast<ssize_t>(request.size())) {
    answer = "no connection";
  }
  char buffer[4096];
  for (ssize_t got; (got = recv(fd, buffer, sizeof(buffer), 0)) > 0;) answer.append(buffer, static_cast<size_t>(got));
  close(fd);
  const size_t space = answer.find(' ');
  const size_t end_of_headers = answer.find("\r\n\r\n");
  if (space == std::string::npos || end_of_headers == std::string::npos) return answer;
  return absl::StrCat(answer.substr(space + 1, 4), answer.substr(end_of_headers + 4));
}

}  // namespace floe::testing
