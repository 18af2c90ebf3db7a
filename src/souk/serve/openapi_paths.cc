#include "souk/serve/openapi.h"

namespace souk::serve {

std::string_view openapi_paths() {
  return R"json({
"/v1/search": {
  "post": {
    "tags": ["answers"], "operationId": "search", "security": [{"apiKey": ["search"]}], "summary": "Search the catalogue, or answer several searches at once.",
    "parameters": [{"$ref": "#/components/parameters/shopperToken"}],
    "description": "With {\"searches\": [...]} the answer is {\"results\": [...]} in the same order, each an answer or a problem.",
    "requestBody": {"required": true, "content": {"application/json": {
      "schema": {"oneOf": [{"$ref": "#/components/schemas/SearchRequest"}, {"$ref": "#/components/schemas/SearchBatch"}]},
      "examples": {
        "one": {"value": {"query": "peanut butter", "k": 2, "facets": ["brand", "price"], "facet_filters": {"brand": ["National"]}, "filter": "price < 5", "sort": ["price:asc"]}},
        "several": {"value": {"searches": [{"query": "kettle"}, {"query": "mug", "k": 3}]}}}}}},
    "responses": {
      "default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"},
      "200": {"description": "The items found, best first.", "content": {"application/json": {
        "schema": {"oneOf": [{"$ref": "#/components/schemas/SearchAnswer"}, {"$ref": "#/components/schemas/SearchBatchAnswer"}]},
        "example": {"items": [{"key": "853529", "score": 11.2, "title": "Peanut butter 18 oz", "highlight": {"title": "<mark>Peanut</mark> <mark>butter</mark> 18 oz"}, "why": [{"source": "lexical", "detail": "matches peanut butter", "score": 11.2}]}],
          "total": 1, "total_exact": true, "facets": {"brand": {"values": [{"value": "National", "count": 1}]}}, "dropped": [], "request": "5f1c3c6d9b0e4b7fa8d1c2e3f4a5b6c7", "took_ms": 0.8}}}},
      "400": {"$ref": "#/components/responses/BadRequest"}, "413": {"$ref": "#/components/responses/TooLarge"},
      "415": {"$ref": "#/components/responses/UnsupportedMediaType"}, "429": {"$ref": "#/components/responses/TooManyRequests"},
      "503": {"$ref": "#/components/responses/Unavailable"}}},
  "get": {
    "tags": ["answers"], "operationId": "searchByQuery", "security": [{"apiKey": ["search"]}], "summary": "The same from a query string, for links and curl.",
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
      {"$ref": "#/components/parameters/shopperToken"}, {"$ref": "#/components/parameters/language"}, {"$ref": "#/components/parameters/market"}, {"$ref": "#/components/parameters/explain"}],
    "responses": {
      "default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"},
      "200": {"description": "The items found, best first.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/SearchAnswer"}}}},
      "400": {"$ref": "#/components/responses/BadRequest"}, "429": {"$ref": "#/components/responses/TooManyRequests"},
      "503": {"$ref": "#/components/responses/Unavailable"}}}},
"/v1/shelves/{shelf}": {
  "parameters": [{"name": "shelf", "in": "path", "required": true, "schema": {"type": "string"}, "example": "for-you"}],
  "get": {
    "tags": ["answers"], "operationId": "shelfByQuery", "security": [{"apiKey": ["search"]}], "summary": "A shelf, asked by a query string.",
    "parameters": [
      {"$ref": "#/components/parameters/shopper"}, {"$ref": "#/components/parameters/session"},
      {"name": "item", "in": "query", "description": "What is looked at: one key or several.", "style": "form", "explode": false, "schema": {"type": "array", "items": {"type": "string"}}},
      {"name": "basket", "in": "query", "description": "Keys of what lies in the basket.", "style": "form", "explode": false, "schema": {"type": "array", "items": {"type": "string"}}},
      {"$ref": "#/components/parameters/exclude"}, {"$ref": "#/components/parameters/k"}, {"$ref": "#/components/parameters/offset"},
      {"$ref": "#/components/parameters/filter"}, {"$ref": "#/components/parameters/shopperToken"}, {"$ref": "#/components/parameters/language"}, {"$ref": "#/components/parameters/market"},
      {"$ref": "#/components/parameters/explain"}],
    "responses": {
      "default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"},
      "200": {"$ref": "#/components/responses/Shelf"}, "400": {"$ref": "#/components/responses/BadRequest"},
      "404": {"$ref": "#/components/responses/NotFound"}, "429": {"$ref": "#/components/responses/TooManyRequests"},
      "503": {"$ref": "#/components/responses/Unavailable"}}},
  "post": {
    "tags": ["answers"], "operationId": "shelf", "security": [{"apiKey": ["search"]}], "summary": "A shelf, asked by a body.",
    "parameters": [{"$ref": "#/components/parameters/shopperToken"}],
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ShelfRequest"},
      "examples": {
        "for a shopper": {"value": {"shopper": "900", "k": 10}},
        "beside an item": {"value": {"item": "853529"}},
        "for a basket": {"value": {"basket": ["853529", "1029743"], "filter": "price < 10"}}}}}},
    "responses": {
      "default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"},
      "200": {"$ref": "#/components/responses/Shelf"}, "400": {"$ref": "#/components/responses/BadRequest"},
      "404": {"$ref": "#/components/responses/NotFound"}, "413": {"$ref": "#/components/responses/TooLarge"},
      "415": {"$ref": "#/components/responses/UnsupportedMediaType"}, "429": {"$ref": "#/components/responses/TooManyRequests"},
      "503": {"$ref": "#/components/responses/Unavailable"}}}},
"/v1/suggest": {
  "get": {
    "tags": ["answers"], "operationId": "suggest", "security": [{"apiKey": ["search"]}], "summary": "Completions for a search box.",
    "parameters": [
      {"name": "q", "in": "query", "required": true, "description": "What was typed so far.", "schema": {"type": "string"}, "example": "pean"},
      {"name": "k", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 50, "default": 8}}],
    "responses": {
      "default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"},
      "200": {"description": "Queries that at least 5 shoppers made, categories, brands and items, best first.", "content": {"application/json": {
        "schema": {"$ref": "#/components/schemas/Suggestions"},
        "example": {"suggestions": [{"text": "GROCERY > PEANUT BUTTER", "kind": "category", "count": 212}, {"text": "Peanut butter 18 oz", "kind": "item", "key": "853529", "count": 1}]}}}},
      "400": {"$ref": "#/components/responses/BadRequest"}, "429": {"$ref": "#/components/responses/TooManyRequests"}}}},
)json"
         R"json("/v1/items": {
  "put": {
    "tags": ["records"], "operationId": "putItems", "security": [{"apiKey": ["write"]}], "summary": "Put items: each record is the whole item.",
    "description": "One object, an array or NDJSON. Answered when durable. An older `updated` never overwrites a newer one.",
    "requestBody": {"$ref": "#/components/requestBodies/Items"},
    "responses": {
      "default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"},
      "200": {"$ref": "#/components/responses/Intake"}, "400": {"$ref": "#/components/responses/BadRequest"},
      "403": {"$ref": "#/components/responses/Forbidden"}, "413": {"$ref": "#/components/responses/TooLarge"},
      "415": {"$ref": "#/components/responses/UnsupportedMediaType"}, "422": {"$ref": "#/components/responses/NothingAccepted"},
      "429": {"$ref": "#/components/responses/TooManyRequests"}, "503": {"$ref": "#/components/responses/Unavailable"}, "507": {"$ref": "#/components/responses/DiskFull"}}},
  "patch": {
    "tags": ["records"], "operationId": "patchItems", "security": [{"apiKey": ["write"]}], "summary": "Change fields of items (RFC 7396): null removes, what is absent stays.",
    "description": "Every patch names its item by `key`. Patches of one body are applied in order.",
    "requestBody": {"required": true, "content": {
      "application/merge-patch+json": {"schema": {"$ref": "#/components/schemas/ItemPatch"}, "example": {"key": "853529", "availability": "out_of_stock", "brand": null}},
      "application/json": {"schema": {"oneOf": [{"$ref": "#/components/schemas/ItemPatch"}, {"type": "array", "items": {"$ref": "#/components/schemas/ItemPatch"}}]}},
      "application/x-ndjson": {"schema": {"type": "string"}}}},
    "responses": {
      "default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"},
      "200": {"$ref": "#/components/responses/Intake"}, "400": {"$ref": "#/components/responses/BadRequest"},
      "403": {"$ref": "#/components/responses/Forbidden"}, "413": {"$ref": "#/components/responses/TooLarge"},
      "415": {"$ref": "#/components/responses/UnsupportedMediaType"}, "422": {"$ref": "#/components/responses/NothingAccepted"},
      "429": {"$ref": "#/components/responses/TooManyRequests"}, "503": {"$ref": "#/components/responses/Unavailable"}, "507": {"$ref": "#/components/responses/DiskFull"}}}},
"/v1/items/{key}": {
  "parameters": [{"name": "key", "in": "path", "required": true, "description": "Percent-encoded.", "schema": {"$ref": "#/components/schemas/Key"}, "example": "853529"}],
  "get": {
    "tags": ["records"], "operationId": "getItem", "security": [{"apiKey": ["search"]}], "summary": "An item as it stands.",
    "responses": {
      "default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"},
      "200": {"description": "The item.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Item"},
        "example": {"key": "853529", "title": "Peanut butter 18 oz", "brand": "National", "category": ["GROCERY > PEANUT BUTTER"], "offers": [{"amount": "2.99", "currency": "USD", "availability": "in_stock"}]}}}},
      "404": {"$ref": "#/components/responses/NotFound"}, "429": {"$ref": "#/components/responses/TooManyRequests"}}},
  "delete": {
    "tags": ["records"], "operationId": "deleteItem", "security": [{"apiKey": ["write"]}], "summary": "Remove an item; its events stay.",
    "responses": {
      "default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"},
      "200": {"description": "It is gone, durably.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Removed"}, "example": {"removed": 1, "seq": 4711}}}},
      "403": {"$ref": "#/components/responses/Forbidden"}, "404": {"$ref": "#/components/responses/NotFound"},
      "429": {"$ref": "#/components/responses/TooManyRequests"}, "503": {"$ref": "#/components/responses/Unavailable"}, "507": {"$ref": "#/components/responses/DiskFull"}}}},
"/v1/vectors/{space}": {
  "parameters": [{"name": "space", "in": "path", "required": true, "description": "Percent-encoded; declared in shop.toml or not.", "schema": {"type": "string"}, "example": "text"},
    {"name": "encoder", "in": "query", "description": "What made the vectors; refused when shop.toml declares another.", "schema": {"type": "string"}}],
  "put": {
    "tags": ["records"], "operationId": "putVectors", "security": [{"apiKey": ["write"]}], "summary": "Put the vectors of items in a space; what else the items hold stays.",
    "description": "One object, an array or NDJSON. Answered when durable; found by shelves at once.",
    "requestBody": {"required": true, "content": {
      "application/json": {"schema": {"oneOf": [{"$ref": "#/components/schemas/KeyedVector"}, {"type": "array", "items": {"$ref": "#/components/schemas/KeyedVector"}}]}, "example": {"key": "853529", "vector": [0.25, -1, 0.5]}},
      "application/x-ndjson": {"schema": {"type": "string"}}}},
    "responses": {
      "default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"},
      "200": {"$ref": "#/components/responses/Intake"}, "400": {"$ref": "#/components/responses/BadRequest"},
      "403": {"$ref": "#/components/responses/Forbidden"}, "413": {"$ref": "#/components/responses/TooLarge"},
      "415": {"$ref": "#/components/responses/UnsupportedMediaType"}, "422": {"$ref": "#/components/responses/NothingAccepted"},
      "429": {"$ref": "#/components/responses/TooManyRequests"}, "503": {"$ref": "#/components/responses/Unavailable"}, "507": {"$ref": "#/components/responses/DiskFull"}}}},
"/v1/events": {
  "post": {
    "tags": ["records"], "operationId": "postEvents", "security": [{"apiKey": ["search"]}], "summary": "Tell what shoppers did.",
    "description": "One object, an array or NDJSON; text/plain as well, as browsers' beacons send it. Answered when durable. The server adds `received`, and `time` when it is absent. An id sent again with the same content is a duplicate; with other content it is rejected. Events without an id get one from Idempotency-Key and their place in the body; without that header, sending again counts again.",
    "parameters": [
      {"name": "format", "in": "query", "schema": {"const": "souk", "default": "souk"}},
      {"name": "key", "in": "query", "description": "Of beacons: a key of scope search.", "schema": {"type": "string"}}, {"$ref": "#/components/parameters/shopperToken"},
      {"name": "Idempotency-Key", "in": "header", "schema": {"type": "string", "minLength": 1, "maxLength": 255}}],
    "requestBody": {"required": true, "content": {
      "application/json": {"schema": {"oneOf": [{"$ref": "#/components/schemas/Event"}, {"type": "array", "items": {"$ref": "#/components/schemas/Event"}}]},
        "example": [{"kind": "view", "shopper": "900", "item": "853529"}, {"kind": "purchase", "shopper": "900", "item": "853529", "order": "A-1", "quantity": 1, "value": "2.99"}]},
      "application/x-ndjson": {"schema": {"type": "string"}}, "text/plain": {"schema": {"type": "string"}}}},
    "responses": {
      "default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"},
      "200": {"description": "What became of the events.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/EventIntake"},
        "example": {"accepted": 2, "duplicates": 0, "unknown_kinds": {}, "rejected": []}}}},
      "400": {"$ref": "#/components/responses/BadRequest"}, "403": {"$ref": "#/components/responses/Forbidden"},
      "413": {"$ref": "#/components/responses/TooLarge"}, "415": {"$ref": "#/components/responses/UnsupportedMediaType"},
      "422": {"$ref": "#/components/responses/NothingAccepted"}, "429": {"$ref": "#/components/responses/TooManyRequests"},
      "503": {"$ref": "#/components/responses/Unavailable"}, "507": {"$ref": "#/components/responses/DiskFull"}}}},
"/v1/shoppers": {
  "put": {
    "tags": ["records"], "operationId": "putShoppers", "security": [{"apiKey": ["write"]}], "summary": "Put shoppers: attributes and consent.",
    "requestBody": {"required": true, "content": {
      "application/json": {"schema": {"oneOf": [{"$ref": "#/components/schemas/Shopper"}, {"type": "array", "items": {"$ref": "#/components/schemas/Shopper"}}]},
        "example": {"key": "900", "attributes": {"household_size": "2"}, "consent": {"personalise": true, "train": false}}},
      "application/x-ndjson": {"schema": {"type": "string"}}}},
    "responses": {
      "default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"},
      "200": {"$ref": "#/components/responses/Intake"}, "400": {"$ref": "#/components/responses/BadRequest"},
      "403": {"$ref": "#/components/responses/Forbidden"}, "413": {"$ref": "#/components/responses/TooLarge"},
      "415": {"$ref": "#/components/responses/UnsupportedMediaType"}, "422": {"$ref": "#/components/responses/NothingAccepted"},
      "429": {"$ref": "#/components/responses/TooManyRequests"}, "503": {"$ref": "#/components/responses/Unavailable"}, "507": {"$ref": "#/components/responses/DiskFull"}}}},
"/v1/shoppers/{key}": {
  "parameters": [{"$ref": "#/components/parameters/shopperKey"}],
  "get": {
    "tags": ["people"], "operationId": "getShopper", "security": [{"apiKey": ["write"]}], "summary": "What the shop knows of a person: the record, and how much there is beside it.",
    "responses": {
      "default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"},
      "200": {"description": "The person.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/KnownShopper"},
        "example": {"key": "900", "attributes": {"household_size": "2"}, "known": {"events": 3, "kinds": {"purchase": 1, "view": 2}, "reviews": 0, "first_event": "2017-01-01T11:53:26Z", "last_event": "2017-01-09T08:00:00Z"}}}}},
      "403": {"$ref": "#/components/responses/Forbidden"}, "404": {"$ref": "#/components/responses/NotFound"},
      "429": {"$ref": "#/components/responses/TooManyRequests"}, "503": {"$ref": "#/components/responses/Unavailable"}}},
  "delete": {
    "tags": ["people"], "operationId": "forgetShopper", "security": [{"apiKey": ["write"]}], "summary": "Erase a person: record, events, reviews, visitors of their sessions, records of answers, refused rows.",
    "description": "Durable when answered; asked again, it finds nothing. What learned from them says so (`by.marked`) until it learns anew. `souk compact` takes the bytes out of the shop's files.",
    "responses": {
      "default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"},
      "200": {"description": "What was erased; nothing, when `known` is false and all counts are 0.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Erased"},
        "example": {"known": true, "events": 3, "reviews": 0, "visitors": 1, "served": 2, "rejects": 0, "marked": true, "words": ["Erased: the shopper, 3 events, 0 reviews, 1 visitor, 2 records of answers and 0 refused rows."]}}}},
      "400": {"$ref": "#/components/responses/BadRequest"}, "403": {"$ref": "#/components/responses/Forbidden"},
      "429": {"$ref": "#/components/responses/TooManyRequests"}, "503": {"$ref": "#/components/responses/Unavailable"}, "507": {"$ref": "#/components/responses/DiskFull"}}}},
"/v1/shoppers/{key}/events": {
  "parameters": [{"$ref": "#/components/parameters/shopperKey"}],
  "get": {
    "tags": ["people"], "operationId": "getShopperEvents", "security": [{"apiKey": ["write"]}], "summary": "A person's events, oldest first, whole.",
    "parameters": [{"name": "offset", "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": 1000000000, "default": 0}},
      {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 10000, "default": 1000}}],
    "responses": {
      "default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"},
      "200": {"description": "A page of them; `next_offset` begins the next one.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ShopperEvents"},
        "example": {"events": [{"id": "e1", "shopper": "900", "item": "853529", "kind": "view", "time": "2017-01-01T11:53:26Z"}], "next_offset": 1}}}},
      "400": {"$ref": "#/components/responses/BadRequest"}, "403": {"$ref": "#/components/responses/Forbidden"}, "404": {"$ref": "#/components/responses/NotFound"},
      "429": {"$ref": "#/components/responses/TooManyRequests"}, "503": {"$ref": "#/components/responses/Unavailable"}}}},
"/v1/shoppers/{key}/reviews": {
  "parameters": [{"$ref": "#/components/parameters/shopperKey"}],
  "get": {
    "tags": ["people"], "operationId": "getShopperReviews", "security": [{"apiKey": ["write"]}], "summary": "A person's reviews, whole.",
    "parameters": [{"name": "offset", "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": 1000000000, "default": 0}},
      {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 10000, "default": 1000}}],
    "responses": {
      "default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"},
      "200": {"description": "A page of them; `next_offset` begins the next one.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ShopperReviews"},
        "example": {"reviews": [{"id": "r-17", "item": "853529", "shopper": "900", "rating": 4, "text": "Spreads well."}]}}}},
      "400": {"$ref": "#/components/responses/BadRequest"}, "403": {"$ref": "#/components/responses/Forbidden"}, "404": {"$ref": "#/components/responses/NotFound"},
      "429": {"$ref": "#/components/responses/TooManyRequests"}, "503": {"$ref": "#/components/responses/Unavailable"}}}},
"/v1/shoppers/{key}/served": {
  "parameters": [{"$ref": "#/components/parameters/shopperKey"}],
  "get": {
    "tags": ["people"], "operationId": "getShopperServed", "security": [{"apiKey": ["write"]}], "summary": "What was shown to a person, oldest first: what they searched for, on which shelf, which items.",
    "parameters": [{"name": "offset", "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": 1000000000, "default": 0}},
      {"name": "limit", "in": "query", "schema": {"type": "integer", "minimum": 1, "maximum": 10000, "default": 1000}}],
    "responses": {
      "default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"},
      "200": {"description": "A page of the records that name the shopper, or nobody but a session of theirs; `next_offset` begins the next one.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ShopperServed"},
        "example": {"served": [{"request": "0f6c1e2d3b4a5968778695a4b3c2d1e0", "time": "2017-01-01T11:53:26Z", "shelf": "search", "shopper": "900", "session": "abc", "query": "peanut butter", "version": "tables-1", "items": ["853529"]}]}}}},
      "400": {"$ref": "#/components/responses/BadRequest"}, "403": {"$ref": "#/components/responses/Forbidden"},
      "429": {"$ref": "#/components/responses/TooManyRequests"}, "503": {"$ref": "#/components/responses/Unavailable"}}}},
"/v1/shoppers/{key}/merge": {
  "parameters": [{"$ref": "#/components/parameters/shopperKey"}],
  "post": {
    "tags": ["people"], "operationId": "mergeShopper", "security": [{"apiKey": ["write"]}], "summary": "Join a session to a login: what its visitor did becomes the shopper's.",
    "requestBody": {"required": true, "content": {"application/json": {"schema": {"type": "object", "additionalProperties": false, "required": ["session"], "properties": {"session": {"$ref": "#/components/schemas/KeyIn"}}},
      "example": {"session": "0b6f0c9e6f0a4f1c9d2e8a7b5c4d3e2f"}}}},
    "responses": {
      "default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"},
      "200": {"description": "How many events moved; `known` is false when the session has no visitor (any more).", "content": {"application/json": {
        "schema": {"type": "object", "required": ["known", "events"], "properties": {"known": {"type": "boolean"}, "events": {"type": "integer"}}}, "example": {"known": true, "events": 12}}}},
      "400": {"$ref": "#/components/responses/BadRequest"}, "403": {"$ref": "#/components/responses/Forbidden"},
      "413": {"$ref": "#/components/responses/TooLarge"}, "415": {"$ref": "#/components/responses/UnsupportedMediaType"},
      "429": {"$ref": "#/components/responses/TooManyRequests"}, "503": {"$ref": "#/components/responses/Unavailable"}, "507": {"$ref": "#/components/responses/DiskFull"}}}},
"/v1/reviews": {
  "post": {
    "tags": ["records"], "operationId": "postReviews", "security": [{"apiKey": ["write"]}], "summary": "Put reviews: each replaces the one of its id.",
    "description": "One object, an array or NDJSON. Answered when durable. A review without an id gets one from its content. `duplicates` are those that were there already, word for word.",
    "requestBody": {"required": true, "content": {
      "application/json": {"schema": {"oneOf": [{"$ref": "#/components/schemas/Review"}, {"type": "array", "items": {"$ref": "#/components/schemas/Review"}}]},
        "example": {"id": "r-17", "item": "853529", "shopper": "900", "rating": 4, "title": "Good", "text": "Spreads well.", "language": "en", "verified": true}},
      "application/x-ndjson": {"schema": {"type": "string"}}}},
    "responses": {
      "default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"},
      "200": {"description": "What became of the reviews.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/EventIntake"},
        "example": {"accepted": 1, "duplicates": 0, "unknown_kinds": {}, "rejected": []}}}},
      "400": {"$ref": "#/components/responses/BadRequest"}, "403": {"$ref": "#/components/responses/Forbidden"},
      "413": {"$ref": "#/components/responses/TooLarge"}, "415": {"$ref": "#/components/responses/UnsupportedMediaType"},
      "422": {"$ref": "#/components/responses/NothingAccepted"}, "429": {"$ref": "#/components/responses/TooManyRequests"},
      "503": {"$ref": "#/components/responses/Unavailable"}, "507": {"$ref": "#/components/responses/DiskFull"}}}},
)json"
         R"json("/v1/config/shop": {
  "get": {
    "tags": ["configuration"], "operationId": "getShop", "security": [{"apiKey": ["search"]}], "summary": "The shop's name, language, currency and time zone.",
    "responses": {"default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"}, "200": {"description": "The settings.", "content": {"application/json": {
      "schema": {"type": "object", "required": ["name", "language", "currency", "timezone"], "properties": {"name": {"type": "string"}, "language": {"type": "string"}, "currency": {"type": "string"}, "timezone": {"type": "string"}}},
      "example": {"name": "Demo", "language": "en", "currency": "USD", "timezone": "UTC"}}}}}}},
"/v1/config/shelves": {
  "get": {
    "tags": ["configuration"], "operationId": "listShelves", "security": [{"apiKey": ["admin"]}], "summary": "The shelves there are.",
    "responses": {"default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"}, "200": {"description": "Name, context and length of each.", "content": {"application/json": {
      "schema": {"type": "object", "required": ["shelves"], "properties": {"shelves": {"type": "array", "items": {"type": "object", "required": ["name", "context", "k"], "properties": {"name": {"type": "string"}, "context": {"enum": ["none", "shopper", "item", "basket", "query"]}, "k": {"type": "integer"}}}}}},
      "example": {"shelves": [{"name": "for-you", "context": "shopper", "k": 10}]}}}}}}},
"/v1/config/shelves/{name}": {
  "get": {
    "tags": ["configuration"], "operationId": "getShelfPlan", "security": [{"apiKey": ["admin"]}], "summary": "A shelf's graph of nodes.",
    "parameters": [{"name": "name", "in": "path", "required": true, "schema": {"type": "string"}, "example": "for-you"}],
    "responses": {
      "default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"},
      "200": {"description": "The plan.", "content": {"application/json": {"schema": {"type": "object"}}}},
      "404": {"$ref": "#/components/responses/NotFound"}}}},
"/v1/lab/runs": {
  "get": {
    "tags": ["lab"], "operationId": "listRuns", "security": [{"apiKey": ["admin"]}], "summary": "The recorded runs, by name, without their slices.",
    "description": "Read from the folder of results at each request. A file that is no record stands in `broken` and hides no other.",
    "responses": {"default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"}, "200": {"description": "The runs.", "content": {"application/json": {
      "schema": {"type": "object", "required": ["folder", "exists", "complete", "runs", "broken"], "properties": {
        "folder": {"type": "string", "description": "Of the results; empty: this server has none."}, "exists": {"type": "boolean"}, "complete": {"type": "boolean", "description": "False when the folder holds more files than are listed."},
        "runs": {"type": "array", "items": {"$ref": "#/components/schemas/Run"}}, "broken": {"type": "array", "items": {"$ref": "#/components/schemas/BrokenRecord"}}}},
      "example": {"folder": "demo/results", "exists": true, "complete": true, "runs": [], "broken": [{"name": "recommend/mine", "problem": "recommend/mine.json: this is no record of a run"}]}}}},
      "304": {"description": "The client has it."}, "429": {"$ref": "#/components/responses/TooManyRequests"}}}},
"/v1/lab/runs/{name}": {
  "get": {
    "tags": ["lab"], "operationId": "getRun", "security": [{"apiKey": ["admin"]}], "summary": "One recorded run, whole.",
    "parameters": [{"name": "name", "in": "path", "required": true, "description": "As listed; it holds slashes.", "schema": {"type": "string"}, "example": "recommend/popularity/amazon-s3rec-beauty-seed1"}],
    "responses": {
      "default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"},
      "200": {"description": "The record, as `souk lab run --json` prints it, with its name.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Run"}}}},
      "304": {"description": "The client has it."}, "404": {"$ref": "#/components/responses/NotFound"}, "429": {"$ref": "#/components/responses/TooManyRequests"},
      "500": {"description": "The file is no record; `errors` says where.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}}}}},
"/v1/lab/shops": {
  "get": {
    "tags": ["lab"], "operationId": "listShopReports", "security": [{"apiKey": ["admin"]}], "summary": "What shops' shelves are worth: kept evaluations, whole.",
    "responses": {"default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"}, "200": {"description": "The reports, as `souk evaluate --json` prints them, with their names.", "content": {"application/json": {
      "schema": {"type": "object", "required": ["folder", "exists", "complete", "shops", "broken"], "properties": {
        "folder": {"type": "string"}, "exists": {"type": "boolean"}, "complete": {"type": "boolean"},
        "shops": {"type": "array", "items": {"$ref": "#/components/schemas/ShopReport"}}, "broken": {"type": "array", "items": {"$ref": "#/components/schemas/BrokenRecord"}}}}}}},
      "304": {"description": "The client has it."}, "429": {"$ref": "#/components/responses/TooManyRequests"}}}},
"/healthz": {
  "get": {
    "tags": ["site"], "operationId": "health", "summary": "Whether the process lives.",
    "responses": {"default": {"$ref": "#/components/responses/Refused"}, "200": {"description": "It does.", "content": {"application/json": {"schema": {"type": "object", "properties": {"status": {"const": "ok"}}}, "example": {"status": "ok"}}}}}}},
"/readyz": {
  "get": {
    "tags": ["site"], "operationId": "ready", "summary": "Whether the shop is loaded, and trained or knowingly cold.",
    "responses": {
      "default": {"$ref": "#/components/responses/Refused"},
      "200": {"description": "Ready.", "content": {"application/json": {
        "schema": {"type": "object", "required": ["status", "shop", "trained", "version", "items"], "properties": {"status": {"const": "ready"}, "shop": {"type": "string"}, "trained": {"type": "boolean"}, "version": {"type": "string"}, "items": {"type": "integer"}, "stale_ms": {"type": "integer", "description": "Of a server that only reads: how long ago it was in step with the one that writes."}}},
        "example": {"status": "ready", "shop": "Demo", "trained": true, "version": "tables-1", "items": 92331}}}},
      "503": {"$ref": "#/components/responses/Unavailable"}}}},
"/metrics": {
  "get": {
    "tags": ["site"], "operationId": "metrics", "security": [{"apiKey": ["admin"]}], "summary": "Figures for Prometheus.",
    "responses": {"default": {"$ref": "#/components/responses/Refused"}, "401": {"$ref": "#/components/responses/Unauthorized"}, "403": {"$ref": "#/components/responses/Forbidden"}, "200": {"description": "Text format 0.0.4.", "content": {"text/plain": {"schema": {"type": "string"}}}}}}},
"/openapi.json": {
  "get": {
    "tags": ["site"], "operationId": "openapi", "summary": "This document.",
    "responses": {"default": {"$ref": "#/components/responses/Refused"}, "200": {"description": "OpenAPI 3.1.", "content": {"application/json": {"schema": {"type": "object"}}}}, "304": {"description": "The client has it."}}}},
"/": {
  "get": {
    "tags": ["site"], "operationId": "page", "summary": "Storefront and console.",
    "responses": {"default": {"$ref": "#/components/responses/Refused"}, "200": {"description": "The page.", "content": {"text/html": {"schema": {"type": "string"}}}}, "304": {"description": "The client has it."}, "404": {"$ref": "#/components/responses/NotFound"}}}},
"/souk.js": {
  "get": {
    "tags": ["site"], "operationId": "client", "summary": "The small client for storefronts, an ES module.",
    "responses": {"default": {"$ref": "#/components/responses/Refused"}, "200": {"description": "The module.", "content": {"text/javascript": {"schema": {"type": "string"}}}}, "304": {"description": "The client has it."}, "404": {"$ref": "#/components/responses/NotFound"}}}},
"/{path}": {
  "get": {
    "tags": ["site"], "operationId": "file", "summary": "A file of the console.",
    "parameters": [{"name": "path", "in": "path", "required": true, "description": "It may hold slashes.", "schema": {"type": "string"}, "example": "app.css"}],
    "responses": {"default": {"$ref": "#/components/responses/Refused"}, "200": {"description": "The file.", "content": {"*/*": {}}}, "304": {"description": "The client has it."}, "404": {"$ref": "#/components/responses/NotFound"}}}}
})json";
}

}  // namespace souk::serve
