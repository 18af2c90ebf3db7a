#include "souk/serve/openapi.h"

namespace souk::serve {

std::string_view openapi_paths() {
  return R"json({
"/v1/search": {
  "post": {
    "tags": ["answers"], "operationId": "search", "summary": "Search the catalogue, or answer several searches at once.",
    "description": "With {\"searches\": [...]} the answer is {\"results\": [...]} in the same order, each an answer or a problem.",
    "requestBody": {"required": true, "content": {"application/json": {
      "schema": {"oneOf": [{"$ref": "#/components/schemas/SearchRequest"}, {"$ref": "#/components/schemas/SearchBatch"}]},
      "examples": {
        "one": {"value": {"query": "peanut butter", "k": 2, "facets": ["brand", "price"], "facet_filters": {"brand": ["National"]}, "filter": "price < 5", "sort": ["price:asc"]}},
        "several": {"value": {"searches": [{"query": "kettle"}, {"query": "mug", "k": 3}]}}}}}},
    "responses": {
      "200": {"description": "The items found, best first.", "content": {"application/json": {
        "schema": {"oneOf": [{"$ref": "#/components/schemas/SearchAnswer"}, {"$ref": "#/components/schemas/SearchBatchAnswer"}]},
        "example": {"items": [{"key": "853529", "score": 11.2, "title": "Peanut butter 18 oz", "highlight": {"title": "<mark>Peanut</mark> <mark>butter</mark> 18 oz"}, "why": [{"source": "lexical", "detail": "matches peanut butter", "score": 11.2}]}],
          "total": 1, "total_exact": true, "facets": {"brand": {"values": [{"value": "National", "count": 1}]}}, "dropped": [], "request": "5f1c3c6d9b0e4b7fa8d1c2e3f4a5b6c7", "took_ms": 0.8}}}},
      "400": {"$ref": "#/components/responses/BadRequest"}, "413": {"$ref": "#/components/responses/TooLarge"},
      "415": {"$ref": "#/components/responses/UnsupportedMediaType"}, "429": {"$ref": "#/components/responses/TooManyRequests"},
      "503": {"$ref": "#/components/responses/Unavailable"}}},
  "get": {
    "tags": ["answers"], "operationId": "searchByQuery", "summary": "The same from a query string, for links and curl.",
    "description": "Lists are separated by commas or repeated. Facet choices are facet.<field>=<value>, context entries context.<name>=<value>.",
    "parameters": [
      {"name": "q", "in": "query", "description": "What to look for; also spelled query.", "schema": {"type": "string"}, "example": "peanut butter"},
      {"$ref": "#/components/parameters/k"}, {"$ref": "#/components/parameters/offset"}, {"$ref": "#/components/parameters/filter"},
      {"name": "cursor", "in": "query", "schema": {"type": "string"}},
      {"name": "facets", "in": "query", "style": "form", "explode": false, "schema": {"type": "array", "items": {"type": "string"}}, "example": ["brand", "price"]},
      {"name": "facet_values", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 20}},
      {"name": "sort", "in": "query", "style": "form", "explode": false, "schema": {"type": "array", "items": {"type": "string"}}, "example": ["price:asc"]},
      {"name": "fields", "in": "query", "style": "form", "explode": false, "schema": {"type": "array", "items": {"type": "string"}}},
      {"name": "group_by", "in": "query", "schema": {"enum": ["group", "none"], "default": "group"}},
      {"name": "match", "in": "query", "schema": {"enum": ["auto", "all", "any"], "default": "auto"}},
      {"name": "prefix", "in": "query", "schema": {"type": "boolean", "default": false}},
      {"name": "typos", "in": "query", "schema": {"const": false}},
      {"$ref": "#/components/parameters/exclude"}, {"$ref": "#/components/parameters/shopper"}, {"$ref": "#/components/parameters/session"},
      {"$ref": "#/components/parameters/language"}, {"$ref": "#/components/parameters/market"}, {"$ref": "#/components/parameters/explain"}],
    "responses": {
      "200": {"description": "The items found, best first.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SearchAnswer"}}}},
      "400": {"$ref": "#/components/responses/BadRequest"}, "429": {"$ref": "#/components/responses/TooManyRequests"},
      "503": {"$ref": "#/components/responses/Unavailable"}}}},
"/v1/shelves/{shelf}": {
  "parameters": [{"name": "shelf", "in": "path", "required": true, "schema": {"type": "string"}, "example": "for-you"}],
  "get": {
    "tags": ["answers"], "operationId": "shelfByQuery", "summary": "A shelf, asked by a query string.",
    "parameters": [
      {"$ref": "#/components/parameters/shopper"}, {"$ref": "#/components/parameters/session"},
      {"name": "item", "in": "query", "description": "What is looked at: one key or several.", "style": "form", "explode": false, "schema": {"type": "array", "items": {"type": "string"}}},
      {"name": "basket", "in": "query", "description": "Keys of what lies in the basket.", "style": "form", "explode": false, "schema": {"type": "array", "items": {"type": "string"}}},
      {"$ref": "#/components/parameters/exclude"}, {"$ref": "#/components/parameters/k"}, {"$ref": "#/components/parameters/offset"},
      {"$ref": "#/components/parameters/filter"}, {"$ref": "#/components/parameters/language"}, {"$ref": "#/components/parameters/market"},
      {"$ref": "#/components/parameters/explain"}],
    "responses": {
      "200": {"$ref": "#/components/responses/Shelf"}, "400": {"$ref": "#/components/responses/BadRequest"},
      "404": {"$ref": "#/components/responses/NotFound"}, "429": {"$ref": "#/components/responses/TooManyRequests"},
      "503": {"$ref": "#/components/responses/Unavailable"}}},
  "post": {
    "tags": ["answers"], "operationId": "shelf", "summary": "A shelf, asked by a body.",
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ShelfRequest"},
      "examples": {
        "for a shopper": {"value": {"shopper": "900", "k": 10}},
        "beside an item": {"value": {"item": "853529"}},
        "for a basket": {"value": {"basket": ["853529", "1029743"], "filter": "price < 10"}}}}}},
    "responses": {
      "200": {"$ref": "#/components/responses/Shelf"}, "400": {"$ref": "#/components/responses/BadRequest"},
      "404": {"$ref": "#/components/responses/NotFound"}, "413": {"$ref": "#/components/responses/TooLarge"},
      "415": {"$ref": "#/components/responses/UnsupportedMediaType"}, "429": {"$ref": "#/components/responses/TooManyRequests"},
      "503": {"$ref": "#/components/responses/Unavailable"}}}},
"/v1/suggest": {
  "get": {
    "tags": ["answers"], "operationId": "suggest", "summary": "Completions for a search box.",
    "parameters": [
      {"name": "q", "in": "query", "required": true, "description": "What was typed so far.", "schema": {"type": "string"}, "example": "pean"},
      {"name": "k", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 50, "default": 8}}],
    "responses": {
      "200": {"description": "Queries that at least 5 shoppers made, categories, brands and items, best first.", "content": {"application/json": {
        "schema": {"$ref": "#/components/schemas/Suggestions"},
        "example": {"suggestions": [{"text": "GROCERY > PEANUT BUTTER", "kind": "category", "count": 212}, {"text": "Peanut butter 18 oz", "kind": "item", "key": "853529", "count": 1}]}}}},
      "400": {"$ref": "#/components/responses/BadRequest"}, "429": {"$ref": "#/components/responses/TooManyRequests"}}}},
)json"
         R"json("/v1/items": {
  "put": {
    "tags": ["records"], "operationId": "putItems", "summary": "Put items: each record is the whole item.",
    "description": "One object, an array or NDJSON. Answered when durable. An older `updated` never overwrites a newer one.",
    "requestBody": {"$ref": "#/components/requestBodies/Items"},
    "responses": {
      "200": {"$ref": "#/components/responses/Intake"}, "400": {"$ref": "#/components/responses/BadRequest"},
      "403": {"$ref": "#/components/responses/Forbidden"}, "413": {"$ref": "#/components/responses/TooLarge"},
      "415": {"$ref": "#/components/responses/UnsupportedMediaType"}, "422": {"$ref": "#/components/responses/NothingAccepted"},
      "429": {"$ref": "#/components/responses/TooManyRequests"}, "503": {"$ref": "#/components/responses/Unavailable"}}},
  "patch": {
    "tags": ["records"], "operationId": "patchItems", "summary": "Change fields of items (RFC 7396): null removes, what is absent stays.",
    "description": "Every patch names its item by `key`. Patches of one body are applied in order.",
    "requestBody": {"required": true, "content": {
      "application/merge-patch+json": {"schema": {"$ref": "#/components/schemas/ItemPatch"}, "example": {"key": "853529", "availability": "out_of_stock", "brand": null}},
      "application/json": {"schema": {"oneOf": [{"$ref": "#/components/schemas/ItemPatch"}, {"type": "array", "items": {"$ref": "#/components/schemas/ItemPatch"}}]}},
      "application/x-ndjson": {"schema": {"type": "string"}}}},
    "responses": {
      "200": {"$ref": "#/components/responses/Intake"}, "400": {"$ref": "#/components/responses/BadRequest"},
      "403": {"$ref": "#/components/responses/Forbidden"}, "413": {"$ref": "#/components/responses/TooLarge"},
      "415": {"$ref": "#/components/responses/UnsupportedMediaType"}, "422": {"$ref": "#/components/responses/NothingAccepted"},
      "429": {"$ref": "#/components/responses/TooManyRequests"}, "503": {"$ref": "#/components/responses/Unavailable"}}}},
"/v1/items/{key}": {
  "parameters": [{"name": "key", "in": "path", "required": true, "description": "Percent-encoded.", "schema": {"$ref": "#/components/schemas/Key"}, "example": "853529"}],
  "get": {
    "tags": ["records"], "operationId": "getItem", "summary": "An item as it stands.",
    "responses": {
      "200": {"description": "The item.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"},
        "example": {"key": "853529", "title": "Peanut butter 18 oz", "brand": "National", "category": ["GROCERY > PEANUT BUTTER"], "offers": [{"amount": "2.99", "currency": "USD", "availability": "in_stock"}]}}}},
      "404": {"$ref": "#/components/responses/NotFound"}, "429": {"$ref": "#/components/responses/TooManyRequests"}}},
  "delete": {
    "tags": ["records"], "operationId": "deleteItem", "summary": "Remove an item; its events stay.",
    "responses": {
      "200": {"description": "It is gone, durably.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Removed"}, "example": {"removed": 1, "seq": 4711}}}},
      "403": {"$ref": "#/components/responses/Forbidden"}, "404": {"$ref": "#/components/responses/NotFound"},
      "429": {"$ref": "#/components/responses/TooManyRequests"}, "503": {"$ref": "#/components/responses/Unavailable"}}}},
"/v1/events": {
  "post": {
    "tags": ["records"], "operationId": "postEvents", "summary": "Tell what shoppers did.",
    "description": "One object, an array or NDJSON; text/plain as well, as browsers' beacons send it. Answered when durable. The server adds `received`, and `time` when it is absent. An id sent again with the same content is a duplicate; with other content it is rejected. Events without an id get one from Idempotency-Key and their place in the body; without that header, sending again counts again.",
    "parameters": [
      {"name": "format", "in": "query", "schema": {"const": "souk", "default": "souk"}},
      {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "minLength": 1, "maxLength": 255}}],
    "requestBody": {"required": true, "content": {
      "application/json": {"schema": {"oneOf": [{"$ref": "#/components/schemas/Event"}, {"type": "array", "items": {"$ref": "#/components/schemas/Event"}}]},
        "example": [{"kind": "view", "shopper": "900", "item": "853529"}, {"kind": "purchase", "shopper": "900", "item": "853529", "order": "A-1", "quantity": 1, "value": "2.99"}]},
      "application/x-ndjson": {"schema": {"type": "string"}}, "text/plain": {"schema": {"type": "string"}}}},
    "responses": {
      "200": {"description": "What became of the events.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/EventIntake"},
        "example": {"accepted": 2, "duplicates": 0, "unknown_kinds": {}, "rejected": []}}}},
      "400": {"$ref": "#/components/responses/BadRequest"}, "403": {"$ref": "#/components/responses/Forbidden"},
      "413": {"$ref": "#/components/responses/TooLarge"}, "415": {"$ref": "#/components/responses/UnsupportedMediaType"},
      "422": {"$ref": "#/components/responses/NothingAccepted"}, "429": {"$ref": "#/components/responses/TooManyRequests"},
      "503": {"$ref": "#/components/responses/Unavailable"}}}},
"/v1/shoppers": {
  "put": {
    "tags": ["records"], "operationId": "putShoppers", "summary": "Put shoppers: attributes and consent.",
    "requestBody": {"required": true, "content": {
      "application/json": {"schema": {"oneOf": [{"$ref": "#/components/schemas/Shopper"}, {"type": "array", "items": {"$ref": "#/components/schemas/Shopper"}}]},
        "example": {"key": "900", "attributes": {"household_size": "2"}, "consent": {"personalise": true, "train": false}}},
      "application/x-ndjson": {"schema": {"type": "string"}}}},
    "responses": {
      "200": {"$ref": "#/components/responses/Intake"}, "400": {"$ref": "#/components/responses/BadRequest"},
      "403": {"$ref": "#/components/responses/Forbidden"}, "413": {"$ref": "#/components/responses/TooLarge"},
      "415": {"$ref": "#/components/responses/UnsupportedMediaType"}, "422": {"$ref": "#/components/responses/NothingAccepted"},
      "429": {"$ref": "#/components/responses/TooManyRequests"}, "503": {"$ref": "#/components/responses/Unavailable"}}}},
)json"
         R"json("/v1/config/shop": {
  "get": {
    "tags": ["configuration"], "operationId": "getShop", "summary": "The shop's name, language, currency and time zone.",
    "responses": {"200": {"description": "The settings.", "content": {"application/json": {
      "schema": {"type": "object", "required": ["name", "language", "currency", "timezone"], "properties": {"name": {"type": "string"}, "language": {"type": "string"}, "currency": {"type": "string"}, "timezone": {"type": "string"}}},
      "example": {"name": "Demo", "language": "en", "currency": "USD", "timezone": "UTC"}}}}}}},
"/v1/config/shelves": {
  "get": {
    "tags": ["configuration"], "operationId": "listShelves", "summary": "The shelves there are.",
    "responses": {"200": {"description": "Name, context and length of each.", "content": {"application/json": {
      "schema": {"type": "object", "required": ["shelves"], "properties": {"shelves": {"type": "array", "items": {"type": "object", "required": ["name", "context", "k"], "properties": {"name": {"type": "string"}, "context": {"enum": ["none", "shopper", "item", "basket", "query"]}, "k": {"type": "integer"}}}}}},
      "example": {"shelves": [{"name": "for-you", "context": "shopper", "k": 10}]}}}}}}},
"/v1/config/shelves/{name}": {
  "get": {
    "tags": ["configuration"], "operationId": "getShelfPlan", "summary": "A shelf's graph of nodes.",
    "parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": "string"}, "example": "for-you"}],
    "responses": {
      "200": {"description": "The plan.", "content": {"application/json": {"schema": {"type": "object"}}}},
      "404": {"$ref": "#/components/responses/NotFound"}}}},
"/v1/lab/runs": {
  "get": {
    "tags": ["lab"], "operationId": "listRuns", "summary": "The recorded runs, by name, without their slices.",
    "description": "Read from the folder of results at each request. A file that is no record stands in `broken` and hides no other.",
    "responses": {"200": {"description": "The runs.", "content": {"application/json": {
      "schema": {"type": "object", "required": ["folder", "exists", "complete", "runs", "broken"], "properties": {
        "folder": {"type": "string", "description": "Of the results; empty: this server has none."}, "exists": {"type": "boolean"}, "complete": {"type": "boolean", "description": "False when the folder holds more files than are listed."},
        "runs": {"type": "array", "items": {"$ref": "#/components/schemas/Run"}}, "broken": {"type": "array", "items": {"$ref": "#/components/schemas/BrokenRecord"}}}},
      "example": {"folder": "demo/results", "exists": true, "complete": true, "runs": [], "broken": [{"name": "recommend/mine", "problem": "recommend/mine.json: this is no record of a run"}]}}}},
      "304": {"description": "The client has it."}, "429": {"$ref": "#/components/responses/TooManyRequests"}}}},
"/v1/lab/runs/{name...}": {
  "get": {
    "tags": ["lab"], "operationId": "getRun", "summary": "One recorded run, whole.",
    "parameters": [{"name": "name...", "in": "path", "required": true, "description": "As listed; it holds slashes.", "schema": {"type": "string"}, "example": "recommend/popularity/amazon-s3rec-beauty-seed1"}],
    "responses": {
      "200": {"description": "The record, as `souk lab run --json` prints it, with its name.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Run"}}}},
      "304": {"description": "The client has it."}, "404": {"$ref": "#/components/responses/NotFound"}, "429": {"$ref": "#/components/responses/TooManyRequests"},
      "500": {"description": "The file is no record; `errors` says where.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}}}},
"/v1/lab/shops": {
  "get": {
    "tags": ["lab"], "operationId": "listShopReports", "summary": "What shops' shelves are worth: kept evaluations, whole.",
    "responses": {"200": {"description": "The reports, as `souk evaluate --json` prints them, with their names.", "content": {"application/json": {
      "schema": {"type": "object", "required": ["folder", "exists", "complete", "shops", "broken"], "properties": {
        "folder": {"type": "string"}, "exists": {"type": "boolean"}, "complete": {"type": "boolean"},
        "shops": {"type": "array", "items": {"$ref": "#/components/schemas/ShopReport"}}, "broken": {"type": "array", "items": {"$ref": "#/components/schemas/BrokenRecord"}}}}}}},
      "304": {"description": "The client has it."}, "429": {"$ref": "#/components/responses/TooManyRequests"}}}},
"/healthz": {
  "get": {
    "tags": ["site"], "operationId": "health", "summary": "Whether the process lives.",
    "responses": {"200": {"description": "It does.", "content": {"application/json": {"schema": {"type": "object", "properties": {"status": {"const": "ok"}}}, "example": {"status": "ok"}}}}}}},
"/readyz": {
  "get": {
    "tags": ["site"], "operationId": "ready", "summary": "Whether the shop is loaded, and trained or knowingly cold.",
    "responses": {
      "200": {"description": "Ready.", "content": {"application/json": {
        "schema": {"type": "object", "required": ["status", "shop", "trained", "version", "items"], "properties": {"status": {"const": "ready"}, "shop": {"type": "string"}, "trained": {"type": "boolean"}, "version": {"type": "string"}, "items": {"type": "integer"}}},
        "example": {"status": "ready", "shop": "Demo", "trained": true, "version": "tables-1", "items": 92331}}}},
      "503": {"$ref": "#/components/responses/Unavailable"}}}},
"/metrics": {
  "get": {
    "tags": ["site"], "operationId": "metrics", "summary": "Figures for Prometheus.",
    "responses": {"200": {"description": "Text format 0.0.4.", "content": {"text/plain": {"schema": {"type": "string"}}}}}}},
"/openapi.json": {
  "get": {
    "tags": ["site"], "operationId": "openapi", "summary": "This document.",
    "responses": {"200": {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {"type": "object"}}}}, "304": {"description": "The client has it."}}}},
"/": {
  "get": {
    "tags": ["site"], "operationId": "page", "summary": "Storefront and console.",
    "responses": {"200": {"description": "The page.", "content": {"text/html": {"schema": {"type": "string"}}}}, "304": {"description": "The client has it."}, "404": {"$ref": "#/components/responses/NotFound"}}}},
"/souk.js": {
  "get": {
    "tags": ["site"], "operationId": "client", "summary": "The small client for storefronts, an ES module.",
    "responses": {"200": {"description": "The module.", "content": {"text/javascript": {"schema": {"type": "string"}}}}, "304": {"description": "The client has it."}, "404": {"$ref": "#/components/responses/NotFound"}}}},
"/{path...}": {
  "get": {
    "tags": ["site"], "operationId": "file", "summary": "A file of the console.",
    "parameters": [{"name": "path...", "in": "path", "required": true, "schema": {"type": "string"}, "example": "app.css"}],
    "responses": {"200": {"description": "The file.", "content": {"*/*": {}}}, "304": {"description": "The client has it."}, "404": {"$ref": "#/components/responses/NotFound"}}}}
})json";
}

}  // namespace souk::serve
