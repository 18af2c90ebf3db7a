// The OpenAPI document and the table of routes say the same.
#include "souk/serve/openapi.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>
#include <set>

#include "souk/serve/problem.h"
#include "souk/serve/routes.h"

namespace souk::serve {
namespace {

using nlohmann::json;

void collect(const json& node, const std::string& name, std::vector<std::string>& out) {
  if (node.is_object() && node.contains(name) && node[name].is_string()) out.push_back(node[name]);
  for (const json& child : node) {
    if (child.is_structured()) collect(child, name, out);
  }
}

// As OpenAPI writes it: it has no word for a parameter that takes several segments.
std::string path_of(const Route& route) {
  std::string path(route.pattern);
  if (const std::size_t dots = path.find("..."); dots != std::string::npos) path.erase(dots, 3);
  return path;
}

TEST(OpenApi, HoldsEveryRouteAndNoOther) {
  const json document = json::parse(openapi_document());
  EXPECT_EQ(document["openapi"], "3.1.0");
  std::set<std::string> described, routed;
  for (const auto& [path, operations] : document["paths"].items()) {
    for (const auto& [method, operation] : operations.items()) {
      if (method != "parameters") described.insert(method + " " + path);
    }
  }
  for (const Route& route : routes()) {
    std::string method(route.method);
    for (char& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    routed.insert(method + " " + path_of(route));
  }
  EXPECT_EQ(described, routed);
}

TEST(OpenApi, SaysWhichKeyEachRouteTakes) {
  const json document = json::parse(openapi_document());
  for (const Route& route : routes()) {
    std::string method(route.method);
    for (char& c : method) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    const json& operation = document["paths"][path_of(route)][method];
    const json wanted = route.scope == Scope::none ? json() : json::array({{{"apiKey", {name_of(route.scope)}}}});
    EXPECT_EQ(operation.value("security", json()), wanted) << method << ' ' << route.pattern;
    EXPECT_EQ(operation["responses"].contains("401"), route.scope != Scope::none) << method << ' ' << route.pattern;
    EXPECT_TRUE(operation["responses"].contains("default")) << method << ' ' << route.pattern;
  }
}

// What a key in a browser reaches is a list of its own here: a new route does not join it by mistake.
TEST(Routes, TheScopeForBrowsersReachesTheseAlone) {
  std::set<std::string> reached;
  for (const Route& route : routes()) {
    if (route.scope == Scope::search) reached.insert(std::string(route.method) + " " + std::string(route.pattern));
    EXPECT_FALSE(route.scope == Scope::none && (route.writes || route.pattern.starts_with("/v1/"))) << route.pattern;
  }
  EXPECT_EQ(reached, (std::set<std::string>{"GET /v1/config/shop", "GET /v1/items/{key}", "GET /v1/search", "GET /v1/shelves/{shelf}",
                                            "GET /v1/suggest", "POST /v1/events", "POST /v1/search", "POST /v1/shelves/{shelf}"}));
}

TEST(OpenApi, EveryReferenceLeadsSomewhere) {
  const json document = json::parse(openapi_document());
  std::vector<std::string> references;
  collect(document, "$ref", references);
  ASSERT_GT(references.size(), 50U);
  for (const std::string& reference : references) EXPECT_TRUE(document.contains(json::json_pointer(reference.substr(1)))) << reference;
}

TEST(OpenApi, EveryOperationHasANameAndADescribedAnswer) {
  const json document = json::parse(openapi_document());
  std::set<std::string> names;
  for (const json& operations : document["paths"]) {
    for (const auto& [method, operation] : operations.items()) {
      if (method == "parameters") continue;
      EXPECT_TRUE(names.insert(operation["operationId"]).second) << operation["operationId"];
      EXPECT_TRUE(operation.contains("summary"));
      EXPECT_TRUE(operation["responses"].contains("200"));
      const bool has_body = method == "put" || method == "post" || method == "patch";
      EXPECT_EQ(operation.contains("requestBody"), has_body);
    }
  }
}

TEST(Routes, MatchBySegments) {
  const auto item = match("GET", "/v1/items/a%2Fb");
  ASSERT_NE(item.route, nullptr);
  EXPECT_EQ(item.route->pattern, "/v1/items/{key}");
  EXPECT_EQ(item.values, std::vector<std::string>{"a/b"});
  EXPECT_EQ(match("HEAD", "/v1/items/x").route->method, "GET");
  EXPECT_EQ(match("GET", "/").route->pattern, "/");
  EXPECT_EQ(match("GET", "/a/b/c.js").values, std::vector<std::string>{"a/b/c.js"});
  EXPECT_EQ(match("GET", "/v1/lab/runs/a/b%20c").values, std::vector<std::string>{"a/b c"});
  EXPECT_EQ(match("GET", "/v1/lab/runs").route->pattern, "/v1/lab/runs");
  EXPECT_TRUE(match("GET", "/v1/lab/runs/").allow.empty());
  EXPECT_EQ(match("POST", "/v1/config/shop").route, nullptr);
  EXPECT_EQ(match("POST", "/v1/config/shop").allow, "GET, HEAD, OPTIONS");
  EXPECT_TRUE(match("GET", "/v1/items/x/y").allow.empty());
  EXPECT_TRUE(match("GET", "/v1/items/").allow.empty());
  EXPECT_TRUE(match("GET", "/v1/items/%zz").bad_escape);
}

TEST(Problems, AreValidJsonWhateverTheClientSent) {
  const Problem problem = Problem::invalid("wrong", {{"a\"b", "text\n", "\xFF\x00\x1F" + std::string(1000, '\xC3'), 3}});
  const json document = json::parse(to_json(problem));
  EXPECT_EQ(document["title"], "Bad Request");
  EXPECT_EQ(document["errors"][0]["path"], "a\"b");
  EXPECT_EQ(document["errors"][0]["line"], 3);
}

TEST(Problems, EngineErrorsHaveTheirStatus) {
  const auto status = [](ErrorKind kind) { return problem_of(Error{kind, "what", "secret path", "", "", ""}); };
  EXPECT_EQ(status(ErrorKind::invalid).status, 400);
  EXPECT_EQ(status(ErrorKind::not_found).status, 404);
  EXPECT_EQ(status(ErrorKind::exists).status, 409);
  EXPECT_EQ(status(ErrorKind::unsupported).status, 422);
  EXPECT_EQ(status(ErrorKind::busy).status, 503);
  EXPECT_GT(status(ErrorKind::busy).retry_after, 0);
  EXPECT_EQ(status(ErrorKind::corrupt).status, 500);
  EXPECT_EQ(status(ErrorKind::io).type, "disk-error");
  EXPECT_EQ(status(ErrorKind::io).status, 500);
  EXPECT_EQ(status(ErrorKind::disk_full).type, "disk-full");
  const json full = json::parse(to_json(status(ErrorKind::disk_full)));
  EXPECT_EQ(full["status"], 507);
  EXPECT_EQ(full["title"], "Insufficient Storage");
  EXPECT_NE(full["detail"].get<std::string>().find("disk is full"), std::string::npos);
  for (const ErrorKind kind : {ErrorKind::io, ErrorKind::disk_full, ErrorKind::corrupt}) {
    EXPECT_EQ(to_json(status(kind)).find("secret"), std::string::npos);
  }
}

}  // namespace
}  // namespace souk::serve
