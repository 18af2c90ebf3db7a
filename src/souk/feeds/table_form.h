// What a table's header says beyond names: the typed columns of RecBole's atomic files.
//
// An atomic file is a TSV whose first line names each column with its type: "user_id:token item_id:token rating:float timestamp:float".
// Types are token, token_seq, float and float_seq; the values of sequences are separated by blanks. .inter files hold events (user_id,
// item_id), .item files items, .user files shoppers; files of cut sequences have item_id_list and item_id (the form cases).
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "souk/feeds/feed_file.h"
#include "souk/feeds/import.h"

namespace souk::feeds {

// Whether every column carries a type of RecBole's: then their names without it, and the types. Nothing otherwise.
struct TypedHeader {
  std::vector<std::string> names, types;
};
std::optional<TypedHeader> typed_header(const std::vector<std::string>& columns);

// The kind of records in an atomic file, by its columns; nothing when neither user_id, session_id nor item_id is there.
std::optional<RecordKind> kind_of_atomic(const std::vector<std::string>& names);

// `map` with what a file's form says where the map says nothing: RecBole's names and types of columns, and of research forms the kind of
// their events (purchase; rating where an atomic file has ratings).
FieldMap with_form(const FieldMap& map, const FileForm& form, RecordKind kind);

}  // namespace souk::feeds
