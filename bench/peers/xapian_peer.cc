// Xapian (C++, Debian's libxapian-dev) in the search benchmark; protocol: README.md.
//
// A glass database without positions and without lists of terms a document (DB_NO_TERMLIST, nothing here needs them), all texts in one
// flush, compacted. BM25Weight with k1 1.2, b 0.75, no query-side weights, and min_normlen 0 so that short texts count as they are. Its idf
// is ln((N - n + 0.5) / (n + 0.5)), bounded below. Document ids count from 1. No shop cells: facets would need a MatchSpy over values, and
// the goal there is set by Lucene and Tantivy.
#include <cstdlib>
#include <filesystem>
#include <xapian.h>

#include "search_peer.h"

namespace souk::bench {
namespace {

namespace fs = std::filesystem;

Built build_index(const std::string& corpus, const std::string& columns, const std::string& index) {
  if (!columns.empty()) throw std::runtime_error("no shop cells");
  setenv("XAPIAN_FLUSH_THRESHOLD", "100000000", 1);
  fs::create_directories(index);
  const std::string loose = index + "/loose";
  std::ifstream texts(corpus);
  if (!texts) throw std::runtime_error("cannot read " + corpus);
  Built built;
  {
    Xapian::WritableDatabase database(loose, Xapian::DB_CREATE_OR_OVERWRITE | Xapian::DB_NO_TERMLIST | Xapian::DB_NO_SYNC);
    for (std::string line; std::getline(texts, line); ++built.documents) {
      Xapian::Document document;
      for_each_word(line, [&](std::string_view word) { document.add_term(std::string(word)); });
      database.add_document(document);
    }
    database.commit();
    database.compact(index + "/compact", Xapian::Compactor::FULL);
  }
  fs::remove_all(loose);
  for (const fs::directory_entry& file : fs::directory_iterator(index + "/compact")) built.bytes += file.file_size();
  return built;
}

class XapianSide final : public Side {
 public:
  explicit XapianSide(const std::string& index) : database_(index + "/compact"), enquire_(database_) {
    enquire_.set_weighting_scheme(Xapian::BM25Weight(1.2, 0, 1, 0.75, 0));
  }

  std::string engine() const override { return "xapian"; }
  std::string version() const override { return Xapian::version_string(); }
  std::uint64_t documents() const override { return database_.get_doccount(); }
  bool has(const Cell& cell) const override { return !cell.shop; }
  std::uint64_t line(std::uint32_t document) const override { return document - 1; }

  void answer(const Cell& cell, std::string_view query, Answer& answer) override {
    std::vector<std::string> words;
    for_each_word(query, [&](std::string_view word) { words.emplace_back(word); });
    enquire_.set_query(Xapian::Query(cell.all_words ? Xapian::Query::OP_AND : Xapian::Query::OP_OR, words.begin(), words.end()));
    const Xapian::MSet found = enquire_.get_mset(0, static_cast<Xapian::doccount>(cell.k));
    for (Xapian::MSetIterator hit = found.begin(); hit != found.end(); ++hit) {
      answer.hits.push_back({*hit, static_cast<float>(hit.get_weight())});
    }
  }

 private:
  Xapian::Database database_;
  Xapian::Enquire enquire_;
};

}  // namespace
}  // namespace souk::bench

int main(int argc, char** argv) {
  using namespace souk::bench;
  try {
    return peer_main(argc, argv,
                     {build_index, [](const std::string& index, const std::string&) { return std::make_unique<XapianSide>(index); }});
  } catch (const Xapian::Error& problem) {  // not a std::exception
    std::fprintf(stderr, "xapian: %s\n", problem.get_description().c_str());
    return 1;
  }
}
