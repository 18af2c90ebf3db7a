// The verbs: each takes what its flags said, does its work and returns the exit status. Each stands in its own verb_*.cc.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "souk/cli/console.h"

namespace souk::cli {

struct InitFlags {
  std::string shop, name, language = "en", currency = "EUR";
  std::string config;  // a file with the settings, as TOML or as `export --as config` wrote them; empty: the defaults
};
int init(const Console& console, const InitFlags& flags);

struct ImportFlags {
  std::string shop, as, format = "auto", data, folder;
  std::string space, encoder, keys, tensor;  // of vectors
  std::vector<std::string> files, map;
  std::string max_rejects = "1%", max_delete = "10%";
  bool full = false, strict = false, merge = false;
};
int import_records(const Console& console, const ImportFlags& flags);

struct ExportFlags {
  std::string shop, as, to = "-";
};
int export_records(const Console& console, const ExportFlags& flags);

struct SearchFlags {
  std::string shop, query, filter, shopper, session, language, market, match = "auto", cursor;
  std::vector<std::string> facets, sort, fields, facet_filters;  // facet_filters: "brand=Sony"
  std::size_t k = 0, offset = 0;
  bool explain = false, typing = false, variants = false;
};
int search(const Console& console, const SearchFlags& flags);

struct RecommendFlags {
  std::string shop, shelf, shopper, session, filter, language, market;
  std::vector<std::string> items, basket, exclude;
  std::size_t k = 0;
  bool explain = false;
};
int recommend(const Console& console, const RecommendFlags& flags);

struct TrainFlags {
  std::string shop, budget;
  std::vector<std::string> models;
};
int train(const Console& console, const TrainFlags& flags);
int train_child(const Console& console, const std::string& work);  // engine/learn.h; not for people

struct EvaluateFlags {
  std::string shop, split;  // split: as lab::shop_rule takes it
  std::vector<std::string> shelves;
  std::vector<std::uint32_t> cutoffs = {10, 20};
  std::size_t max_cases = 4000;  // a shelf; more are sampled; 0: all
  bool markdown = false;
  std::string results;     // folder to keep the evaluation under; empty: nowhere
  std::string judgements;  // a file of them: judges the search instead of the shelves; empty: none
  bool per_query = false;  // with judgements
};
int evaluate(const Console& console, const EvaluateFlags& flags);
int evaluate_search(const Console& console, const EvaluateFlags& flags);  // flags.judgements

struct ServeFlags {
  std::string shop, listen = "127.0.0.1:8080";
  std::string results;  // empty: results_dir()
  bool read_only = false;
  std::string certificate, key;             // TLS; empty: plain HTTP
  std::vector<std::string> hosts, origins;  // further names, and sites whose pages may ask
  double rate = 0;                          // requests a second of one address; 0: any
  std::size_t client_connections = 0;       // of one address; 0: any
  std::string access_log;                   // a file, or "-"; empty: none
};
int serve(const Console& console, const ServeFlags& flags);

int status(const Console& console, const std::string& shop);
int doctor(const Console& console, const std::string& shop, bool repair);
int compact(const Console& console, const std::string& shop);

struct BackupFlags {
  std::string shop, to, earlier;  // earlier: a backup whose equal files are shared; empty: none
};
int backup(const Console& console, const BackupFlags& flags);
int restore(const Console& console, const std::string& backup, const std::string& shop);
int upgrade(const Console& console, const std::string& shop);

struct KeyFlags {
  std::string shop, scope, name, expires;  // expires: a duration such as 90d; empty: never
  double rate = 0;                         // requests a second; 0: any
};
struct KeyRevokeFlags {
  std::string shop, id;
  bool all = false;
};
int key_add(const Console& console, const KeyFlags& flags);
int key_list(const Console& console, const std::string& shop);
int key_revoke(const Console& console, const KeyRevokeFlags& flags);

struct ForgetFlags {
  std::string shop, shopper;
};
int forget(const Console& console, const ForgetFlags& flags);

struct LabRunFlags {
  std::string recipe, data, results, runs;  // results: folder to keep the record under; runs: of finished stages, empty: the usual one
  std::vector<std::string> set;
};
struct LabJudgeFlags {
  std::string judgements, run, against;
  std::vector<std::string> metrics;  // empty: the usual ones
  bool answered_only = false, per_query = false;
};
int lab_judge(const Console& console, const LabJudgeFlags& flags);

struct LabTuneFlags {
  LabRunFlags run;
  std::string budget, on = "validation";
  bool force_test = false, write = false;
};
int lab_list(const Console& console, const std::string& results);
int lab_show(const Console& console, const std::string& recipe, const std::string& results);
int lab_run(const Console& console, const LabRunFlags& flags);
int lab_tune(const Console& console, const LabTuneFlags& flags);
int lab_compare(const Console& console, const std::string& a, const std::string& b, const std::string& runs);
int lab_results(const Console& console, const std::string& results, const std::string& to);
int lab_systems(const Console& console, const std::string& results, const std::string& to);

}  // namespace souk::cli
