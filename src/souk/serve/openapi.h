// The OpenAPI 3.1 document: the machine-readable reference of the routes. Its text stands in openapi_paths.cc and openapi_schemas.cc and
// nowhere else.
#pragma once

#include <string>
#include <string_view>

namespace souk::serve {

std::string openapi_document();

std::string_view openapi_paths();       // the value of "paths"
std::string_view openapi_components();  // the value of "components"

}  // namespace souk::serve
