// Listening TCP sockets, with errors that say which address and why.
#ifndef FLOE_SERVER_LISTEN_H_
#define FLOE_SERVER_LISTEN_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace floe {

// A socket that listens on `host` (a name or an address of IPv4 or IPv6) and `port` (0: any free one), and the address
// it got, as "HOST:PORT". The caller closes it. ALREADY_EXISTS where the port is taken, INVALID_ARGUMENT for a host
// that is none of this machine's.
struct Listener {
  int fd;
  std::string address;
};
absl::StatusOr<Listener> Listen(const std::string& host, int port);

// "HOST:PORT", with brackets around an IPv6 address.
std::string HostPort(const std::string& host, int port);

}  // namespace floe

#endif  // FLOE_SERVER_LISTEN_H_
