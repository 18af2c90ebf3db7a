#include "souk/serve/openapi.h"

namespace souk::serve {

std::string_view openapi_components() {
  return R"json({
"securitySchemes": {
  "apiKey": {"type": "http", "scheme": "bearer", "description": "A key of the shop (`souk key SHOP add`): `Authorization: Bearer KEY`. Scopes: search (safe in a browser), write, admin; each holds those before it. A key that only searches speaks for a `session` of at least 128 random bits, or for a shopper with a token of the shop's backend. Beacons (POST /v1/events as text/plain) may send a search key as ?key=. A server on loopback without keys asks for none."}
},
"parameters": {
  "shopperToken": {"name": "Souk-Shopper-Token", "in": "header", "description": "v1.<base64url shopper>.<expiry, s>.<base64url HMAC-SHA256 of what precedes the last dot>: vouches for the shopper of a request with a search key.", "schema": {"type": "string"}},
  "k": {"name": "k", "in": "query", "description": "How many; by default the shelf's own number.", "schema": {"type": "integer", "minimum": 1, "maximum": 1000}},
  "offset": {"name": "offset", "in": "query", "schema": {"type": "integer", "minimum": 0, "maximum": 10000, "default": 0}},
  "filter": {"name": "filter", "in": "query", "description": "The filter language.", "schema": {"type": "string"}, "example": "brand = \"National\" AND price < 5"},
  "exclude": {"name": "exclude", "in": "query", "description": "Keys of items that must not come.", "style": "form", "explode": false, "schema": {"type": "array", "items": {"type": "string"}}},
  "shopperKey": {"name": "key", "in": "path", "required": true, "description": "Percent-encoded.", "schema": {"$ref": "#/components/schemas/Key"}, "example": "900"},
  "shopper": {"name": "shopper", "in": "query", "schema": {"type": "string"}},
  "session": {"name": "session", "in": "query", "schema": {"type": "string"}},
  "language": {"name": "language", "in": "query", "schema": {"type": "string"}, "example": "en"},
  "market": {"name": "market", "in": "query", "description": "Whose price and availability count; by default the first offer.", "schema": {"type": "string"}},
  "explain": {"name": "explain", "in": "query", "description": "Also say how the answer came about.", "schema": {"type": "boolean", "default": false}}
},
"requestBodies": {
  "Items": {"required": true, "content": {
    "application/json": {"schema": {"oneOf": [{"$ref": "#/components/schemas/Item"}, {"type": "array", "items": {"$ref": "#/components/schemas/Item"}}]},
      "example": {"key": "K-17", "title": "Kettle 1.7 l", "brand": "Ketla", "category": ["Home > Kitchen > Kettles"], "attributes": {"colour": ["red"], "capacity_l": 1.7}, "price": "29.90", "availability": "in_stock"}},
    "application/x-ndjson": {"schema": {"type": "string"}}}}
},
"responses": {
  "BadRequest": {"description": "The request cannot be understood; `errors` says where.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"},
    "example": {"type": "urn:souk:problem:unknown-field", "title": "Bad Request", "status": 400, "detail": "the request has a field that is not known", "errors": [{"path": "fitler", "expected": "a known field; did you mean 'filter'?", "found": "an unknown field"}]}}}},
  "Unauthorized": {"description": "No key, or one that is not known or has expired.", "headers": {"WWW-Authenticate": {"schema": {"type": "string"}}}, "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
  "Refused": {"description": "A problem that has nothing to do with the route: 400 malformed, 403 foreign host or origin, 404 and 405 no such route, 413 and 431 too large, 414, 429 too often, 500 damage, a failing disk or a bug, 503 overloaded, 507 no room on the disk.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
  "Forbidden": {"description": "A key without the scope, somebody else's shopper or session, a read-only server, or a Host or Origin that is not known.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
  "NotFound": {"description": "There is no such thing.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
  "TooLarge": {"description": "The body, or the number of its records, is above the limit.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
  "UnsupportedMediaType": {"description": "The body is of a type that the route does not take.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
  "NothingAccepted": {"description": "Every record was rejected: a problem that also holds the members of the answer.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
  "TooManyRequests": {"description": "The client asks too often.", "headers": {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}, "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
  "Unavailable": {"description": "Overloaded, or not ready.", "headers": {"Retry-After": {"$ref": "#/components/headers/RetryAfter"}}, "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
  "DiskFull": {"description": "The server's disk is full: nothing can be written until there is room on it.", "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}},
  "Shelf": {"description": "The shelf, best first; a shopper who is not known gets the cold-start answer, and the answer says so.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/ShelfAnswer"},
    "example": {"shelf": "also-bought", "items": [{"key": "1029743", "score": 0.83, "title": "Milk 1 gal", "why": [{"source": "co-visit", "detail": "often bought with Peanut butter 18 oz", "score": 0.83}]}],
      "by": {"model": "tables", "version": "tables-1", "trained": "2018-01-01T04:01:00Z"}, "request": "5f1c3c6d9b0e4b7fa8d1c2e3f4a5b6c7", "took_ms": 0.4}}}},
  "Intake": {"description": "What became of the records; 200 when at least one was accepted.", "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Intake"},
    "example": {"accepted": 1, "changed": 1, "unchanged": 0, "rejected": [{"line": 2, "path": "offers[0].amount", "expected": "a decimal number such as 29.90", "found": "abc"}], "unknown_fields": 0, "seq": 4711}}}}
},
"headers": {"RetryAfter": {"description": "Seconds.", "schema": {"type": "integer"}}},
)json"
         R"json("schemas": {
  "Key": {"type": "string", "minLength": 1, "maxLength": 512, "description": "UTF-8 without control characters, at most 512 bytes, compared bytewise. Integers become their decimal text."},
  "KeyIn": {"type": ["string", "integer"]},
  "Keys": {"oneOf": [{"$ref": "#/components/schemas/KeyIn"}, {"type": "array", "maxItems": 1000, "items": {"$ref": "#/components/schemas/KeyIn"}}]},
  "SearchRequest": {"type": "object", "additionalProperties": false, "properties": {
    "query": {"type": "string", "description": "Empty or absent: every item."},
    "k": {"type": "integer", "minimum": 1, "maximum": 1000}, "offset": {"type": "integer", "minimum": 0, "maximum": 10000},
    "cursor": {"type": "string", "description": "Of an earlier answer to the same query, filter, choices and order: the page after it."},
    "filter": {"type": "string", "description": "The filter language."},
    "facet_filters": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "string"}}, "description": "A facet's own choice does not shrink its own counts."},
    "facets": {"type": "array", "items": {"type": "string"}, "description": "By default those declared in shop.toml; empty: none."}, "facet_values": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 20},
    "sort": {"type": "array", "items": {"type": "string"}, "description": "price:asc, released:desc, ..."},
    "fields": {"type": "array", "items": {"type": "string"}, "description": "Item fields to return; by default all but vectors. price, was, currency and availability are those of the current offer."},
    "group_by": {"enum": ["group", "none"], "default": "group", "description": "group: one of an item's variants."},
    "match": {"enum": ["auto", "all", "any"], "default": "auto"},
    "prefix": {"type": "boolean", "default": false, "description": "Search as you type: the last word may be unfinished."},
    "typos": {"const": false, "description": "This version corrects no typing errors."},
    "exclude": {"$ref": "#/components/schemas/Keys"},
    "shopper": {"$ref": "#/components/schemas/KeyIn"}, "session": {"$ref": "#/components/schemas/KeyIn"}, "shopper_token": {"type": "string"},
    "language": {"type": "string"}, "market": {"type": "string"},
    "context": {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}, "explain": {"type": "boolean", "default": false}}},
  "SearchBatch": {"type": "object", "additionalProperties": false, "required": ["searches"], "properties": {"searches": {"type": "array", "description": "At most 5,000 items together.", "minItems": 1, "maxItems": 50, "items": {"$ref": "#/components/schemas/SearchRequest"}}}},
  "ShelfRequest": {"type": "object", "additionalProperties": false, "properties": {
    "shopper": {"$ref": "#/components/schemas/KeyIn"}, "session": {"$ref": "#/components/schemas/KeyIn"}, "shopper_token": {"type": "string"},
    "item": {"$ref": "#/components/schemas/Keys"}, "basket": {"$ref": "#/components/schemas/Keys"}, "exclude": {"$ref": "#/components/schemas/Keys"},
    "k": {"type": "integer", "minimum": 1, "maximum": 1000}, "offset": {"type": "integer", "minimum": 0, "maximum": 10000},
    "filter": {"type": "string"}, "language": {"type": "string"}, "market": {"type": "string"},
    "context": {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean"]}}, "explain": {"type": "boolean", "default": false}}},
  "Why": {"type": "object", "required": ["source", "detail", "score"], "properties": {"source": {"type": "string"}, "detail": {"type": "string"}, "score": {"type": "number"}}},
  "AnswerItem": {"type": "object", "required": ["key", "score"], "description": "The item's fields with its score and reasons.", "properties": {
    "key": {"$ref": "#/components/schemas/Key"}, "score": {"type": "number"}, "title": {"type": "string"},
    "highlight": {"type": "object", "additionalProperties": {"type": "string"}, "description": "HTML by field: escaped, matches in <mark>."},
    "why": {"type": "array", "items": {"$ref": "#/components/schemas/Why"}},
    "explanation": {"$ref": "#/components/schemas/Explanation"}}},
  "Explanation": {"type": "object", "required": ["value", "what"], "description": "When asked to explain, at the first 100 items: how the score came about, from the answer back to its sources.", "properties": {
    "value": {"type": "number"}, "what": {"type": "string"}, "parts": {"type": "array", "items": {"$ref": "#/components/schemas/Explanation"}}}},
  "Timings": {"type": "array", "description": "When asked to explain: the nodes of the shelf that ran, inputs first, each with its own time.", "items": {"type": "object", "required": ["node", "ms", "candidates"], "properties": {
    "node": {"type": "string"}, "ms": {"type": "number"}, "candidates": {"type": "integer"}}}},
  "Facet": {"type": "object", "properties": {
    "values": {"type": "array", "items": {"type": "object", "required": ["value", "count"], "properties": {"value": {"type": "string"}, "count": {"type": "integer"}}}},
    "stats": {"type": "object", "properties": {"min": {"type": "number"}, "max": {"type": "number"}, "sum": {"type": "number"}, "count": {"type": "integer"}}}}},
  "SearchAnswer": {"type": "object", "required": ["items", "total", "total_exact", "took_ms"], "properties": {
    "items": {"type": "array", "items": {"$ref": "#/components/schemas/AnswerItem"}}, "total": {"type": "integer"}, "total_exact": {"type": "boolean"},
    "facets": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Facet"}},
    "dropped": {"type": "array", "items": {"type": "string"}, "description": "Words left out because not all were found together."},
    "timings": {"$ref": "#/components/schemas/Timings"}, "cursor": {"type": "string", "description": "Of the next page; opaque, and good for this search alone."}, "request": {"type": "string"}, "took_ms": {"type": "number"}}},
  "SearchBatchAnswer": {"type": "object", "required": ["results"], "properties": {"results": {"type": "array", "items": {"oneOf": [{"$ref": "#/components/schemas/SearchAnswer"}, {"$ref": "#/components/schemas/Problem"}]}}}},
  "ShelfAnswer": {"type": "object", "required": ["shelf", "items", "took_ms"], "properties": {
    "shelf": {"type": "string"}, "items": {"type": "array", "items": {"$ref": "#/components/schemas/AnswerItem"}},
    "by": {"type": "object", "properties": {"model": {"type": "string"}, "version": {"type": "string"}, "trained": {"type": "string", "format": "date-time"}, "marked": {"type": "string", "description": "Why it should learn anew, in words."}}},
    "timings": {"$ref": "#/components/schemas/Timings"}, "request": {"type": "string"}, "took_ms": {"type": "number"}}},
  "Suggestions": {"type": "object", "required": ["suggestions"], "properties": {"suggestions": {"type": "array", "items": {"type": "object", "required": ["text", "kind", "count"], "properties": {"text": {"type": "string"}, "kind": {"type": "string"}, "key": {"type": "string"}, "count": {"type": "integer"}}}}}},
  "Attributes": {"type": "object", "additionalProperties": {"oneOf": [{"type": ["string", "number", "boolean"]}, {"type": "array", "items": {"type": ["string", "number", "boolean"]}}]}},
  "Amount": {"type": ["string", "number"], "description": "A decimal number; never rounded.", "examples": ["29.90"]},
  "Time": {"type": ["string", "integer"], "description": "RFC 3339, or milliseconds since 1970."},
  "Availability": {"enum": ["in_stock", "out_of_stock", "preorder", "backorder", "discontinued"]},
  "Offer": {"type": "object", "required": ["amount"], "properties": {"market": {"type": "string"}, "amount": {"$ref": "#/components/schemas/Amount"}, "currency": {"type": "string"}, "was": {"$ref": "#/components/schemas/Amount"}, "availability": {"$ref": "#/components/schemas/Availability"}, "from": {"$ref": "#/components/schemas/Time"}, "until": {"$ref": "#/components/schemas/Time"}}},
  "ItemFields": {"type": "object", "properties": {
    "title": {"type": "string"}, "description": {"type": "string"}, "brand": {"type": "string"},
    "category": {"type": "array", "items": {"type": "string"}, "description": "Paths such as Home > Kitchen > Kettles."},
    "attributes": {"$ref": "#/components/schemas/Attributes"}, "group": {"type": "string", "description": "Variants of one product share it."},
    "gtin": {"type": "string"}, "mpn": {"type": "string"}, "condition": {"type": "string"},
    "text": {"type": "object", "additionalProperties": {"type": "object", "properties": {"title": {"type": "string"}, "description": {"type": "string"}}}},
    "released": {"$ref": "#/components/schemas/Time"}, "offers": {"type": "array", "items": {"$ref": "#/components/schemas/Offer"}},
    "price": {"$ref": "#/components/schemas/Amount"}, "availability": {"$ref": "#/components/schemas/Availability"},
    "images": {"type": "array", "items": {"type": "string"}}, "url": {"type": "string"}, "language": {"type": "string"},
    "vectors": {"type": "object", "additionalProperties": {"type": "array", "items": {"type": "number"}}}, "updated": {"$ref": "#/components/schemas/Time"}}},
  "Item": {"allOf": [{"type": "object", "required": ["key"], "properties": {"key": {"$ref": "#/components/schemas/KeyIn"}}}, {"$ref": "#/components/schemas/ItemFields"}]},
  "ItemPatch": {"type": "object", "required": ["key"], "properties": {"key": {"$ref": "#/components/schemas/KeyIn"}}, "description": "Any fields of an item; null removes."},
  "KeyedVector": {"type": "object", "required": ["key", "vector"], "properties": {"key": {"$ref": "#/components/schemas/KeyIn"}, "vector": {"type": "array", "items": {"type": "number"}, "description": "As many numbers as the space has; also called embedding."}}},
  "Event": {"type": "object", "required": ["kind"], "anyOf": [{"required": ["shopper"]}, {"required": ["session"]}], "properties": {
    "id": {"$ref": "#/components/schemas/KeyIn"}, "shopper": {"$ref": "#/components/schemas/KeyIn"}, "session": {"$ref": "#/components/schemas/KeyIn"},
    "shopper_token": {"type": "string", "description": "Vouches for the shopper; never kept."}, "item": {"$ref": "#/components/schemas/KeyIn"},
    "kind": {"type": "string", "description": "search filter impression click view wishlist cart remove checkout purchase refund rating promo_view promo_click skip; others are kept and counted."},
    "time": {"$ref": "#/components/schemas/Time"}, "value": {"$ref": "#/components/schemas/Amount"}, "quantity": {"$ref": "#/components/schemas/Amount"},
    "currency": {"type": "string"}, "order": {"$ref": "#/components/schemas/KeyIn"}, "query": {"type": "string"}, "shelf": {"type": "string"},
    "position": {"type": "integer", "minimum": 1}, "request": {"type": "string"}, "attributes": {"$ref": "#/components/schemas/Attributes"}}},
  "Shopper": {"type": "object", "required": ["key"], "properties": {"key": {"$ref": "#/components/schemas/KeyIn"}, "attributes": {"$ref": "#/components/schemas/Attributes"},
    "consent": {"type": "object", "properties": {"personalise": {"type": "boolean", "default": true}, "train": {"type": "boolean", "default": true}}}, "created": {"$ref": "#/components/schemas/Time"}}},
  "KnownShopper": {"allOf": [{"$ref": "#/components/schemas/Shopper"}, {"type": "object", "required": ["known"], "properties": {"known": {"type": "object", "required": ["events", "kinds", "reviews"], "properties": {
    "events": {"type": "integer"}, "kinds": {"type": "object", "additionalProperties": {"type": "integer"}}, "reviews": {"type": "integer"},
    "first_event": {"type": "string", "format": "date-time"}, "last_event": {"type": "string", "format": "date-time"}}}}}]},
  "ShopperEvents": {"type": "object", "required": ["events"], "properties": {"events": {"type": "array", "items": {"$ref": "#/components/schemas/Event"}}, "next_offset": {"type": "integer"}}},
  "ShopperReviews": {"type": "object", "required": ["reviews"], "properties": {"reviews": {"type": "array", "items": {"$ref": "#/components/schemas/Review"}}, "next_offset": {"type": "integer"}}},
  "ShopperServed": {"type": "object", "required": ["served"], "properties": {"next_offset": {"type": "integer"}, "served": {"type": "array", "items": {
    "type": "object", "required": ["request", "time", "shelf", "version", "items"], "properties": {"request": {"type": "string"}, "time": {"type": "string", "format": "date-time"}, "shelf": {"type": "string"},
    "shopper": {"type": "string"}, "session": {"type": "string"}, "query": {"type": "string"}, "version": {"type": "string"}, "items": {"type": "array", "items": {"type": "string"}}}}}}},
  "Erased": {"type": "object", "required": ["known", "events", "reviews", "visitors", "served", "rejects", "marked", "words"], "properties": {
    "known": {"type": "boolean", "description": "There was a shopper of this key."}, "events": {"type": "integer"}, "reviews": {"type": "integer"},
    "visitors": {"type": "integer", "description": "Of the sessions in the person's events, and in what was shown to them."}, "served": {"type": "integer", "description": "Records of answers."},
    "rejects": {"type": "integer", "description": "Rows that imports refused."}, "marked": {"type": "boolean", "description": "What answers learned from the person, and says so."},
    "words": {"type": "array", "items": {"type": "string"}}}},
  "Review": {"type": "object", "required": ["item"], "anyOf": [{"required": ["rating"]}, {"required": ["title"]}, {"required": ["text"]}], "properties": {
    "id": {"$ref": "#/components/schemas/KeyIn"}, "item": {"$ref": "#/components/schemas/KeyIn"}, "shopper": {"$ref": "#/components/schemas/KeyIn"},
    "rating": {"$ref": "#/components/schemas/Amount"}, "title": {"type": "string"}, "text": {"type": "string"}, "language": {"type": "string"},
    "time": {"$ref": "#/components/schemas/Time"}, "helpful": {"type": "integer", "minimum": 0}, "images": {"type": "array", "items": {"type": "string"}},
    "verified": {"type": "boolean"}, "attributes": {"$ref": "#/components/schemas/Attributes"}}},
  "RejectedRecord": {"type": "object", "required": ["line", "path", "expected", "found"], "properties": {"line": {"type": "integer"}, "path": {"type": "string"}, "expected": {"type": "string"}, "found": {"type": "string"}}},
  "Intake": {"type": "object", "required": ["accepted", "changed", "unchanged", "rejected", "unknown_fields", "seq"], "properties": {
    "accepted": {"type": "integer"}, "changed": {"type": "integer"}, "unchanged": {"type": "integer"}, "rejected": {"type": "array", "items": {"$ref": "#/components/schemas/RejectedRecord"}},
    "unknown_fields": {"type": "integer", "description": "Top-level fields that went to attributes."}, "seq": {"type": "integer"}}},
  "EventIntake": {"type": "object", "required": ["accepted", "duplicates", "unknown_kinds", "rejected"], "properties": {
    "accepted": {"type": "integer"}, "duplicates": {"type": "integer"}, "unknown_kinds": {"type": "object", "additionalProperties": {"type": "integer"}},
    "rejected": {"type": "array", "items": {"$ref": "#/components/schemas/RejectedRecord"}}}},
  "Metrics": {"type": "object", "additionalProperties": {"type": "number"}},
  "Intervals": {"type": "object", "description": "95 %, low and high.", "additionalProperties": {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}},
  "BrokenRecord": {"type": "object", "required": ["name", "problem"], "properties": {"name": {"type": "string"}, "problem": {"type": "string"}}},
  "Run": {"type": "object", "required": ["name", "written", "recipe", "data", "protocol", "seed", "metrics", "interval", "floors", "seconds", "version"], "properties": {
    "name": {"type": "string"}, "written": {"type": "string", "description": "When the file was written."}, "recipe": {"type": "string"}, "system": {"type": ["integer", "null"]}, "model": {"type": "string"},
    "data": {"type": "object", "properties": {"name": {"type": "string"}, "hash": {"type": "string"}, "users": {"type": "integer"}, "items": {"type": "integer"}, "events": {"type": "integer"}}},
    "protocol": {"type": "string"}, "split": {"type": "string", "description": "Fingerprint."}, "cases": {"type": "integer"}, "seed": {"type": "integer"},
    "metrics": {"$ref": "#/components/schemas/Metrics"}, "interval": {"$ref": "#/components/schemas/Intervals"},
    "floors": {"type": "object", "additionalProperties": {"$ref": "#/components/schemas/Metrics"}},
    "paper": {"type": "object", "description": "The published figures and their `source`."}, "versus": {"type": "object", "description": "Against the best floor: floor, metric, delta, interval, p, verdict."},
    "seconds": {"type": "object", "additionalProperties": {"type": "number"}}, "version": {"type": "string"}}},
  "ShopReport": {"type": "object", "required": ["name", "written", "shop", "split", "metric", "shelves"], "properties": {
    "name": {"type": "string"}, "written": {"type": "string"}, "shop": {"type": "string"}, "split": {"type": "string"}, "metric": {"type": "string"},
    "shelves": {"type": "array", "items": {"type": "object", "properties": {"shelf": {"type": "string"}, "cases": {"type": "integer"}, "metrics": {"$ref": "#/components/schemas/Metrics"}, "interval": {"$ref": "#/components/schemas/Intervals"}}}}}},
  "Removed": {"type": "object", "required": ["removed", "seq"], "properties": {"removed": {"type": "integer"}, "seq": {"type": "integer"}}},
  "Problem": {"type": "object", "required": ["type", "title", "status", "detail", "errors"], "description": "RFC 9457.", "properties": {
    "type": {"type": "string", "format": "uri"}, "title": {"type": "string"}, "status": {"type": "integer"}, "detail": {"type": "string"},
    "errors": {"type": "array", "items": {"type": "object", "required": ["path", "expected", "found"], "properties": {"line": {"type": "integer"}, "path": {"type": "string"}, "expected": {"type": "string"}, "found": {"type": "string"}}}}}}
}})json";
}

}  // namespace souk::serve
