#include "souk/serve/openapi.h"

#include "souk/engine/shop.h"

namespace souk::serve {

std::string openapi_document() {
  std::string out = R"({"openapi":"3.1.0","info":{"title":"Souk","version":")";
  out += engine::kVersion;
  out +=
      R"(","description":"A shop over HTTP: search, shelves of recommendations, records in. JSON in and out, UTF-8. Every answer carries )"
      R"(Souk-Request, the id under which the access log has it. A server without keys listens on loopback only and answers only requests )"
      R"(whose Host is localhost, 127.0.0.1 or [::1].",)"
      R"("license":{"name":"Apache-2.0","identifier":"Apache-2.0"}},"servers":[{"url":"/"}],"tags":[)"
      R"({"name":"answers","description":"What a storefront asks."},{"name":"records","description":"What a shop's backend sends."},)"
      R"({"name":"people","description":"What is known of a shopper, handed out or erased."},)"
      R"({"name":"configuration","description":"How the shop is set up."},{"name":"lab","description":"Recorded runs and evaluations."},{"name":"site","description":"Health, metrics, pages."}],)"
      R"("paths":)";
  out += openapi_paths();
  out += ",\"components\":";
  out += openapi_components();
  out += "}";
  return out;
}

}  // namespace souk::serve
