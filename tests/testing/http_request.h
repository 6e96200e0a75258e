// One HTTP request to a server of this machine, as plain as can be.
#ifndef FLOE_TESTS_TESTING_HTTP_REQUEST_H_
#define FLOE_TESTS_TESTING_HTTP_REQUEST_H_

#include <string>

namespace floe::testing {

// The answer's status, a blank and its body ("200 ok\n"); "no connection" and the like where there is none. `address`
// is HOST:PORT, of which the host is this one.
std::string HttpRequest(const std::string& address, const std::string& method, const std::string& path,
                        const std::string& body = "");

}  // namespace floe::testing

#endif  // FLOE_TESTS_TESTING_HTTP_REQUEST_H_
