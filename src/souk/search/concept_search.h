// Searches for concepts, over an index that reads texts.
//
// An item has a form of a concept when it has all of its words, and the concept when it has one of its forms. Its score for a concept is
// the best of its forms, each the BM25F score of the form's words times scale(form): 1 for what was typed, else
//     weight x min(1, idf(typed) / idf(form)),   idf(form) = the sum over its words of ln(1 + (N - n + 0.5) / (n + 0.5))
// with n of N items having the word: a rare synonym is never worth more than the word it stands for. The score of an item is the sum over
// the concepts it has, in their order, plus the prior.
//
// A query without synonyms whose concepts must all be there is the text that the index reads; nothing of this is needed then. Other
// queries cost a search for each form and a pass over the shop's items. Totals, facets, groups and orders are exact either way.
#pragma once

#include <span>

#include "souk/index/field_index.h"
#include "souk/shelf/shelf.h"

namespace souk::search {

// Can the index answer these concepts as the text they came from?
bool is_plain(std::span<const shelf::Concept> concepts);

// Match::any: items with one concept at least; else items with every required one (with at least one, when none is required). With
// enough > 0 items need as many of the required ones as at least `enough` items have, whatever is chosen of facets, and `dropped` names
// those that the best item lacks. The text of `query` is not read; of concepts, the first 64 count and the rest is dropped.
Result<index::LexicalAnswer> search_concepts(const index::Reader& reader, std::span<const shelf::Concept> concepts,
                                             const index::LexicalQuery& query, std::size_t enough = 0);

// How the score of an item that search_concepts() answered came about.
Result<index::Explanation> explain_concepts(const index::Reader& reader, std::span<const shelf::Concept> concepts,
                                            const index::LexicalQuery& query, ItemId item);

// The words of the concepts that are required, as one text.
std::string text_of(std::span<const shelf::Concept> concepts);

}  // namespace souk::search
