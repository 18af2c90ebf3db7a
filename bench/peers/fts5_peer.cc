// SQLite's FTS5 (Debian's libsqlite3-dev) in the search benchmark; protocol: README.md.
//
// A contentless table (the texts themselves are not stored), the ascii tokenizer, optimised into one b-tree. FTS5 always keeps positions
// unless told `detail=none`, with which bm25() has no word counts; so it has them. Its bm25() has k1 1.2 and b 0.75 built in and ranks best
// first by the smallest number. A row id is the line, counted from 1. FTS5 scores every match before it sorts, so its or-cells are slow.
#include <filesystem>
#include <sqlite3.h>

#include "search_peer.h"

namespace souk::bench {
namespace {

namespace fs = std::filesystem;

class Database {
 public:
  explicit Database(const std::string& path) {
    if (sqlite3_open(path.c_str(), &connection_) != SQLITE_OK) fail("open " + path);
  }
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;
  ~Database() { sqlite3_close(connection_); }

  void run(const char* sql) {
    if (sqlite3_exec(connection_, sql, nullptr, nullptr, nullptr) != SQLITE_OK) fail(sql);
  }

  sqlite3_stmt* prepare(const char* sql) {
    sqlite3_stmt* statement = nullptr;
    if (sqlite3_prepare_v2(connection_, sql, -1, &statement, nullptr) != SQLITE_OK) fail(sql);
    return statement;
  }

  [[noreturn]] void fail(const std::string& what) const { throw std::runtime_error(what + ": " + sqlite3_errmsg(connection_)); }

 private:
  sqlite3* connection_ = nullptr;
};

// A prepared statement, finalised before its database closes.
class Statement {
 public:
  Statement(Database& database, const char* sql) : database_(database), statement_(database.prepare(sql)) {}
  Statement(const Statement&) = delete;
  Statement& operator=(const Statement&) = delete;
  ~Statement() { sqlite3_finalize(statement_); }

  // The text must last until the next reset().
  void bind(int place, std::string_view text) {
    sqlite3_bind_text(statement_, place, text.data(), static_cast<int>(text.size()), SQLITE_STATIC);
  }
  void bind(int place, std::int64_t number) { sqlite3_bind_int64(statement_, place, number); }
  bool step() {
    const int status = sqlite3_step(statement_);
    if (status != SQLITE_ROW && status != SQLITE_DONE) database_.fail("step");
    return status == SQLITE_ROW;
  }
  void reset() { sqlite3_reset(statement_); }
  std::int64_t number(int column) const { return sqlite3_column_int64(statement_, column); }
  double real(int column) const { return sqlite3_column_double(statement_, column); }

 private:
  Database& database_;
  sqlite3_stmt* statement_;
};

Built build_index(const std::string& corpus, const std::string& columns, const std::string& index) {
  if (!columns.empty()) throw std::runtime_error("no shop cells");
  fs::create_directories(index);
  std::ifstream texts(corpus);
  if (!texts) throw std::runtime_error("cannot read " + corpus);
  const std::string path = index + "/fts5.db";
  Built built;
  {
    Database database(path);
    database.run(
        "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000;"
        "CREATE VIRTUAL TABLE texts USING fts5(text, content = '', tokenize = 'ascii'); BEGIN");
    Statement insert(database, "INSERT INTO texts(rowid, text) VALUES (?, ?)");
    for (std::string line; std::getline(texts, line);) {
      insert.bind(1, static_cast<std::int64_t>(++built.documents));
      insert.bind(2, line);
      insert.step();
      insert.reset();
    }
    database.run("INSERT INTO texts(texts) VALUES ('optimize'); COMMIT; VACUUM");
  }
  built.bytes = fs::file_size(path);
  return built;
}

class Fts5Side final : public Side {
 public:
  explicit Fts5Side(const std::string& index)
      : database_(index + "/fts5.db"), select_(database_, "SELECT rowid, rank FROM texts WHERE texts MATCH ? ORDER BY rank LIMIT ?") {
    database_.run("PRAGMA cache_size = -1000000; PRAGMA mmap_size = 1000000000");
    Statement count(database_, "SELECT count(*) FROM texts_docsize");
    count.step();
    documents_ = static_cast<std::uint64_t>(count.number(0));
  }

  std::string engine() const override { return "fts5"; }
  std::string version() const override { return sqlite3_libversion(); }
  std::uint64_t documents() const override { return documents_; }
  bool has(const Cell& cell) const override { return !cell.shop; }
  std::uint64_t line(std::uint32_t document) const override { return document - 1; }

  void answer(const Cell& cell, std::string_view query, Answer& answer) override {
    match_.clear();
    for_each_word(query, [&](std::string_view word) {
      match_ += match_.empty() ? "" : (cell.all_words ? " AND " : " OR ");
      match_.append("\"").append(word).append("\"");
    });
    select_.bind(1, match_);
    select_.bind(2, static_cast<std::int64_t>(cell.k));
    while (select_.step()) answer.hits.push_back({static_cast<std::uint32_t>(select_.number(0)), static_cast<float>(-select_.real(1))});
    select_.reset();
  }

 private:
  Database database_;
  Statement select_;
  std::uint64_t documents_ = 0;
  std::string match_;
};

}  // namespace
}  // namespace souk::bench

int main(int argc, char** argv) {
  using namespace souk::bench;
  return peer_main(argc, argv,
                   {build_index, [](const std::string& index, const std::string&) { return std::make_unique<Fts5Side>(index); }});
}
