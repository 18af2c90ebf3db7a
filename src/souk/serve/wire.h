// The bytes of HTTP/1.1 on both sides of the parser: what a request may look like before it is parsed, and how an answer is written.
//
// Two programs that read one request differently, such as a proxy and this server, can be played against each other: what is a body to
// one is the next request to the other (request smuggling). So whatever has more than one reading is refused with 400 and the connection
// closed, also where RFC 9112 would let a server repair it: bare LF, folded lines, lengths that are not plain digits or come twice, a
// transfer coding other than `chunked`, a length beside a transfer coding.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "souk/serve/http.h"

namespace souk::serve {

// Looks for the end of a request's header in bytes as they arrive.
class HeadScan {
 public:
  // `bytes`: all that arrived of the request so far, at least what was there at the last call. The length of the header with its empty
  // line; 0: more is needed, or there is a fault.
  std::size_t end(std::string_view bytes);
  std::string_view fault() const { return fault_; }  // in words; empty: none so far

 private:
  std::size_t scanned_ = 0;
  std::string_view fault_;
};

// What is wrong with the headers that say where the request ends, in words; empty: nothing. `version`: 10 or 11.
std::string_view framing_fault(const HttpRequest& request, unsigned version);
// The same of what stands behind the size of a chunk.
std::string_view chunk_extension_fault(std::string_view extension);

// The same of the lines of a chunk's size and of a trailer, as they arrive: parsers wait for their CRLF. What stands before byte
// `from` was looked at.
std::string_view line_fault(std::string_view bytes, std::size_t from);

// The status line and headers of an answer, with the empty line.
std::string render_head(const HttpResponse& response, bool keep_alive);
bool has_content(int status);

}  // namespace souk::serve
