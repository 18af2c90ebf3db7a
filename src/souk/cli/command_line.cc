#include "souk/cli/command_line.h"

#include <CLI/CLI.hpp>
#include <fmt/format.h>
#include <functional>
#include <limits>
#include <set>
#include <sstream>

#include "souk/base/config.h"
#include "souk/base/decimal.h"
#include "souk/base/log.h"
#include "souk/base/threads.h"
#include "souk/cli/forward.h"
#include "souk/cli/terminal.h"
#include "souk/cli/verbs.h"
#include "souk/engine/answerer.h"
#include "souk/engine/json_writer.h"

namespace souk::cli {
namespace {

// The parsed command line: flags of every verb, and what to call.
struct Line {
  Console console;
  unsigned threads = 0;
  std::string log_level = "warn";
  std::function<int()> chosen;
  const std::string* writes = nullptr;  // the shop that the chosen verb writes: whoever serves it does the verb

  InitFlags init;
  ImportFlags import;
  ExportFlags export_;
  SearchFlags search;
  RecommendFlags recommend;
  TrainFlags train;
  EvaluateFlags evaluate;
  ServeFlags serve;
  BackupFlags backup;
  ForgetFlags forget;
  std::string key_shop;
  KeyFlags key_add;
  KeyRevokeFlags key_revoke;
  std::string status, doctor, compact, upgrade, restore_from, restore_to, train_child;
  bool repair = false;
  std::string lab_show, lab_first, lab_second, lab_results = "results", lab_page = "-", lab_runs;
  LabRunFlags lab_run;
  LabJudgeFlags lab_judge;
  LabTuneFlags lab_tune;
};

// A verb's positionals are typed before what stands below it (`souk key SHOP add`); CLI11 leaves them out of the line it prints there.
class Formatter final : public CLI::Formatter {
 public:
  std::string make_usage(const CLI::App* app, std::string name) const override {
    if (app->get_parent() != nullptr) {
      for (const CLI::Option* option : app->get_parent()->get_options([](const CLI::Option* one) { return one->get_positional(); })) {
        name.insert(name.rfind(' '), " " + option->get_name());
      }
    }
    return CLI::Formatter::make_usage(app, std::move(name));
  }
};

CLI::App& verb(CLI::App& parent, const std::string& name, const std::string& about, const std::string& examples) {
  CLI::App& sub = *parent.add_subcommand(name, about);
  sub.footer("Examples:\n" + examples);
  return sub;
}

void shop_argument(CLI::App& sub, std::string& shop) {
  sub.add_option("SHOP", shop, "The shop's folder")->required();
}

// What is done when the verb is chosen. `writes`: the shop that it writes.
void does(CLI::App& sub, Line& line, std::function<int()> verb, const std::string* writes = nullptr) {
  sub.callback([&line, verb = std::move(verb), writes] {
    line.chosen = verb;
    line.writes = writes;
  });
}

// Says what is wrong without the ends of the type's range, which CLI11's own checks print.
CLI::Validator at_least(double least, const char* what) {
  return {[=](const std::string& text) {
            double number = 0;
            if (CLI::detail::lexical_cast(text, number) && number >= least) return std::string();
            return fmt::format("expected {}, found {}", what, text);
          },
          "NUMBER"};
}
CLI::Validator not_negative() {
  return at_least(0, "a number of at least 0");
}
CLI::Validator positive() {
  return at_least(std::numeric_limits<double>::denorm_min(), "a number above 0");
}

CLI::Validator currency_code() {
  return {[](const std::string& text) {
            return is_currency_code(text) ? std::string() : fmt::format("expected an ISO 4217 code such as EUR, found {}", text);
          },
          "CODE"};
}

// Lists take one word, with commas, or are repeated: `--facets brand SHOP` does not swallow the shop.
void one_value_each(CLI::App& app) {
  for (CLI::Option* const option :
       app.get_options([](const CLI::Option* each) { return !each->get_positional() && each->get_expected_max() > 1; })) {
    option->allow_extra_args(false);
  }
  for (CLI::App* const sub : app.get_subcommands({})) one_value_each(*sub);
}

// Where a file or folder is asked for, nothing ("$SHOP", unset) is a slip, not the default.
void names_where_paths_are(CLI::App& app) {
  static const std::set<std::string> kPaths{"SHOP",     "FILE",  "DEST",         "BACKUP",       "--config",  "--data",
                                            "--folder", "--to",  "--judgements", "--record",     "--results", "--cert",
                                            "--key",    "--run", "--runs",       "--access-log", "--earlier", "--against"};
  const CLI::Validator named(
      [](const std::string& text) { return text.empty() ? std::string("expected a name, found nothing") : std::string(); }, "");
  for (CLI::Option* const option : app.get_options([](const CLI::Option* each) { return kPaths.contains(each->get_name()); })) {
    option->check(named);
  }
  for (CLI::App* const sub : app.get_subcommands({})) names_where_paths_are(*sub);
}

// An option that is given nothing ("$DAYS", unset) would mean what it means when it is left out, such as a key that never expires.
void values_where_options_are(CLI::App& app) {
  const CLI::Validator given(
      [](const std::string& text) { return text.empty() ? std::string("expected a value, found nothing") : std::string(); }, "");
  const auto takes_one = [](const CLI::Option* each) { return !each->get_positional() && each->get_expected_max() > 0; };
  for (CLI::Option* const option : app.get_options(takes_one)) option->check(given);
  for (CLI::App* const sub : app.get_subcommands({})) values_where_options_are(*sub);
}

CLI::Range list_length() {
  return CLI::Range(1, static_cast<int>(engine::kMaxAnswer));
}

// What is wrong with a setting; empty: nothing.
std::string setting_problem(const std::string& text) {
  const std::size_t equals = text.find('=');
  return equals == std::string::npos || equals == 0 ? "expected KEY=VALUE, found " + text : std::string();
}

void add_init(CLI::App& app, Line& line) {
  CLI::App& sub = verb(app, "init", "Make a new shop: a folder with shop.toml and an empty store",
                       "  souk init demo --name \"Demo\" --currency USD\n  souk init copy --config config.json\n");
  shop_argument(sub, line.init.shop);
  auto* name = sub.add_option("--name", line.init.name, "The shop's name; by default the folder's");
  auto* language = sub.add_option("--language", line.init.language, "Language of the catalogue (BCP 47)")->capture_default_str();
  auto* currency = sub.add_option("--currency", line.init.currency, "Currency of amounts that do not name one (ISO 4217)")
                       ->capture_default_str()
                       ->check(currency_code());
  sub.add_option("--config", line.init.config, "Settings of another shop: its shop.toml, or what `souk export --as config` wrote")
      ->excludes(name)
      ->excludes(language)
      ->excludes(currency);
  sub.callback([&line] { line.chosen = [&line] { return init(line.console, line.init); }; });
}

void add_import(CLI::App& app, Line& line) {
  CLI::App& sub = verb(app, "import", "Read items, events, shoppers or reviews from files; the same import again changes nothing",
                       "  souk import demo items.jsonl events.csv.gz\n"
                       "  souk import demo products.csv --as items --map title=name,key=sku --full\n"
                       "  souk import demo --data complete-journey --folder build/demo-data/complete-journey\n"
                       "  zcat events.jsonl.gz | souk import demo - --as events\n"
                       "  souk import demo titles.npy --as vectors --space text --keys keys.txt\n");
  ImportFlags& flags = line.import;
  shop_argument(sub, flags.shop);
  auto* files = sub.add_option("FILE", flags.files, "Files (JSONL, CSV or TSV, also gzip or zstd); - is standard input");
  auto* data = sub.add_option("--data", flags.data, "A described data set: a name under recipes/data, or a descriptor file");
  sub.add_option("--folder", flags.folder, "Where the data set's files are; by default under $SOUK_DATA")->needs(data);
  data->excludes(files);
  sub.add_option("--as", flags.as, "What the rows are: items, events, shoppers, reviews or vectors; by default told by their fields");
  sub.add_option("--format", flags.format,
                 "auto, jsonl, csv, tsv, recbole (atomic files), spaces, pairs, sequences, sessions, baskets, lists, cases or json-map")
      ->capture_default_str();
  sub.add_option("--map", flags.map, "Where fields come from: title=name,time=ts:s")->delimiter(',');
  auto* full = sub.add_flag("--full", flags.full, "Items: remove what the feed no longer has");
  sub.add_option("--max-delete", flags.max_delete, "With --full: refuse to remove more than this share")->capture_default_str();
  sub.add_option("--max-rejects", flags.max_rejects, "Apply nothing when more than this share of rows is refused")->capture_default_str();
  sub.add_flag("--strict", flags.strict, "Refuse everything for one bad row or unknown field");
  sub.add_flag("--merge", flags.merge, "Items: change the given fields and keep the others")->excludes(full);
  sub.add_option("--space", flags.space, "Vectors (.npy, .fvecs, .bvecs, .safetensors, .jsonl): the space they are of");
  sub.add_option("--keys", flags.keys, "Vectors of a file without keys: a file with the key of an item a line");
  sub.add_option("--tensor", flags.tensor, "Vectors: which tensor of a .safetensors file");
  sub.add_option("--encoder", flags.encoder, "Vectors: what made them; refused when shop.toml says that it was another");
  does(
      sub, line, [&line] { return import_records(line.console, line.import); }, &line.import.shop);
}

void add_export(CLI::App& app, Line& line) {
  CLI::App& sub = verb(app, "export", "Write records as JSONL that import reads back",
                       "  souk export demo --as items > items.jsonl\n  souk export demo --as events --to events.jsonl\n");
  shop_argument(sub, line.export_.shop);
  sub.add_option("--as", line.export_.as, "items, events, shoppers, reviews or config")->required();
  sub.add_option("--to", line.export_.to, "The file to write; - is standard output")->capture_default_str();
  sub.callback([&line] { line.chosen = [&line] { return export_records(line.console, line.export_); }; });
}

void add_search(CLI::App& app, Line& line) {
  CLI::App& sub = verb(app, "search", "Answer one query",
                       "  souk search demo \"whole milk\" -k 5\n"
                       "  souk search demo kettle --filter 'brand = \"Sony\" AND price < 100' --facets brand,category\n"
                       "  souk search demo --sort price:asc --json\n");
  SearchFlags& flags = line.search;
  shop_argument(sub, flags.shop);
  sub.add_option("QUERY", flags.query, "What to look for; nothing: every item");
  sub.add_option("-k", flags.k, "How many items; by default what the shelf says")->check(list_length());
  sub.add_option("--offset", flags.offset, "How many to leave out first")->check(not_negative());
  sub.add_option("--cursor", flags.cursor, "The cursor of the page before");
  sub.add_option("--filter", flags.filter, "Only items for which this holds");
  sub.add_option("--facets", flags.facets, "Fields to count")->delimiter(',');
  sub.add_option("--facet", flags.facet_filters, "A facet's choice, FIELD=VALUE; may be repeated");
  sub.add_option("--sort", flags.sort, "FIELD:asc or FIELD:desc, first key first")->delimiter(',');
  sub.add_option("--fields", flags.fields, "With --json: fields of the items to print")->delimiter(',');
  sub.add_option("--match", flags.match, "auto, all or any of the words")->capture_default_str();
  sub.add_option("--shopper", flags.shopper, "Who asks");
  sub.add_option("--session", flags.session, "Visit in which it is asked");
  sub.add_option("--language", flags.language, "Language of the answer");
  sub.add_option("--market", flags.market, "Market whose price counts");
  sub.add_flag("--typing", flags.typing, "The last word may be unfinished");
  sub.add_flag("--variants", flags.variants, "Show every variant of a product, not only the best");
  sub.add_flag("--explain", flags.explain, "Say how each score came about");
  sub.callback([&line] { line.chosen = [&line] { return search(line.console, line.search); }; });
}

void add_recommend(CLI::App& app, Line& line) {
  CLI::App& sub = verb(app, "recommend", "Answer one shelf",
                       "  souk recommend demo --shelf for-you --shopper 900\n"
                       "  souk recommend demo --shelf also-bought --item 1039612 -k 5\n"
                       "  souk recommend demo --shelf complete-the-basket --basket 1039612,995242\n");
  RecommendFlags& flags = line.recommend;
  shop_argument(sub, flags.shop);
  sub.add_option("--shelf", flags.shelf, "search similar also-bought complete-the-basket for-you trending new, or the shop's own")
      ->required();
  sub.add_option("--shopper", flags.shopper, "Who looks");
  sub.add_option("--session", flags.session, "Visit in which it is asked");
  sub.add_option("--item", flags.items, "What is looked at")->delimiter(',');
  sub.add_option("--basket", flags.basket, "What is in the basket")->delimiter(',');
  sub.add_option("--exclude", flags.exclude, "What not to show")->delimiter(',');
  sub.add_option("-k", flags.k, "How many items; by default what the shelf says")->check(list_length());
  sub.add_option("--filter", flags.filter, "Only items for which this holds");
  sub.add_option("--language", flags.language, "Language of the answer");
  sub.add_option("--market", flags.market, "Market whose price counts");
  sub.add_flag("--explain", flags.explain, "Show what each part of the shelf did");
  sub.callback([&line] { line.chosen = [&line] { return recommend(line.console, line.recommend); }; });
}

// Judging the search instead of the shelves: what only one of them takes excludes the other.
void add_judgements(CLI::App& sub, EvaluateFlags& flags) {
  auto* judgements =
      sub.add_option("--judgements", flags.judgements, "Judge the search by this file: CSV or TSV (query,item,grade), TREC qrels, JSON");
  sub.add_flag("--per-query", flags.per_query, "With --judgements: every query's values")->needs(judgements);
  for (const char* name : {"--shelf", "--split", "--max-cases", "--markdown", "--record"}) judgements->excludes(sub.get_option(name));
}

void add_learning(CLI::App& app, Line& line) {
  CLI::App& train_verb =
      verb(app, "train", "Learn what the shop's shelves need from its events", "  souk train demo\n  souk train demo --budget 10m\n");
  shop_argument(train_verb, line.train.shop);
  train_verb.add_option("MODEL", line.train.models, "What to train; by default everything (tables)");
  train_verb.add_option("--budget", line.train.budget, "Stop after this time, keeping what answered before");
  does(
      train_verb, line, [&line] { return train(line.console, line.train); }, &line.train.shop);
  CLI::App& child = verb(app, "train-child", "What `train` starts to do its work; not for people", "");
  child.group("")->add_option("WORK", line.train_child, "The folder of the work")->required();
  does(child, line, [&line] { return train_child(line.console, line.train_child); });

  CLI::App& sub = verb(app, "evaluate", "Judge the shelves on held-out events, beside their floors",
                       "  souk evaluate demo\n  souk evaluate demo --shelf for-you --split time:14d -k 10,20\n"
                       "  souk evaluate demo --judgements ratings.csv\n");
  EvaluateFlags& flags = line.evaluate;
  shop_argument(sub, flags.shop);
  sub.add_option("--shelf", flags.shelves, "A shelf to judge; may be repeated; by default every shelf");
  sub.add_option("--split", flags.split,
                 "What is held out: time (the last tenth of the span) or time:14d, last-day, session[:7d], cold[:5], loo (each shopper's "
                 "last event) or random[:0.1]; by default time, and loo where events have no times");
  sub.add_option("-k", flags.cutoffs, "List lengths that are judged")->delimiter(',')->check(list_length())->capture_default_str();
  sub.add_option("--max-cases", flags.max_cases, "Ask at most so many questions a shelf, sampled with --seed; 0: all")
      ->check(not_negative())
      ->capture_default_str();
  sub.add_flag("--markdown", flags.markdown, "Print tables for a page");
  sub.add_option("--record", flags.results, "Keep the evaluation under this folder (results)");
  add_judgements(sub, flags);
  sub.callback([&line] {
    line.chosen = [&line] {
      return line.evaluate.judgements.empty() ? evaluate(line.console, line.evaluate) : evaluate_search(line.console, line.evaluate);
    };
  });
}

void add_serve(CLI::App& app, Line& line) {
  CLI::App& sub =
      verb(app, "serve", "Serve the shop over HTTP, with storefront and console, until Ctrl-C",
           "  souk serve demo\n  souk serve demo --listen 127.0.0.1:9000 --read-only\n"
           "  souk serve demo --listen 0.0.0.0:8443 --cert fullchain.pem --key privkey.pem --allow-origin https://shop.example\n");
  shop_argument(sub, line.serve.shop);
  sub.add_option("--listen", line.serve.listen, "ADDRESS:PORT; port 0 takes a free one")->capture_default_str();
  sub.add_flag("--read-only", line.serve.read_only, "Serve beside the process that writes");
  sub.add_option("--results", line.serve.results, "Folder of recorded runs for the console; by default SHOP/results, else Souk's own");
  auto* certificate = sub.add_option("--cert", line.serve.certificate, "Speak TLS: the certificate with its chain (PEM)");
  auto* key = sub.add_option("--key", line.serve.key, "The certificate's private key (PEM)")->needs(certificate);
  certificate->needs(key);
  sub.add_option("--host", line.serve.hosts, "A name to answer under, besides this machine's own; may be repeated");
  sub.add_option("--allow-origin", line.serve.origins, "A site whose pages may ask, such as https://shop.example, or *; may be repeated");
  sub.add_option("--rate", line.serve.rate, "Requests a second of one address; by default any number")->check(positive());
  sub.add_option("--client-connections", line.serve.client_connections, "Connections of one address; by default any number")
      ->check(positive());
  sub.add_option("--access-log", line.serve.access_log, "Write a JSON line for each answer to this file; - is standard output");
  sub.callback([&line] { line.chosen = [&line] { return serve(line.console, line.serve); }; });
}

void add_care(CLI::App& app, Line& line) {
  CLI::App& status_verb =
      verb(app, "status", "Say what is in the shop and how it stands", "  souk status demo\n  souk status demo --json\n");
  shop_argument(status_verb, line.status);
  status_verb.callback([&line] { line.chosen = [&line] { return status(line.console, line.status); }; });

  CLI::App& doctor_verb = verb(app, "doctor", "Verify every checksum and what the shop runs on",
                               "  souk doctor demo\n  souk doctor demo --repair\n  souk doctor /backup/demo-monday\n");
  doctor_verb.add_option("SHOP", line.doctor, "The shop's folder, or that of a backup")->required();
  doctor_verb.add_flag("--repair", line.repair, "Rebuild what is damaged and can be rebuilt");
  does(
      doctor_verb, line, [&line] { return doctor(line.console, line.doctor, line.repair); }, &line.doctor);

  CLI::App& compact_verb = verb(app, "compact", "Give disk space back and make reading faster", "  souk compact demo\n");
  shop_argument(compact_verb, line.compact);
  does(
      compact_verb, line, [&line] { return compact(line.console, line.compact); }, &line.compact);

  CLI::App& upgrade_verb =
      verb(app, "upgrade", "Bring a shop of an older Souk to the newest format; opening it never does", "  souk upgrade demo\n");
  shop_argument(upgrade_verb, line.upgrade);
  does(
      upgrade_verb, line, [&line] { return upgrade(line.console, line.upgrade); }, &line.upgrade);
}

void add_forget(CLI::App& app, Line& line) {
  CLI::App& sub = verb(app, "forget", "Erase a person: record, events, reviews, visits, and what files say of them",
                       "  souk forget demo --shopper 4711\n  souk compact demo\n");
  shop_argument(sub, line.forget.shop);
  sub.add_option("--shopper", line.forget.shopper, "The person's key")->required();
  does(
      sub, line, [&line] { return forget(line.console, line.forget); }, &line.forget.shop);
}

void add_key(CLI::App& app, Line& line) {
  CLI::App& sub = verb(app, "key", "API keys: who may ask the shop's server for what",
                       "  souk key demo add --scope search --name storefront\n"
                       "  souk key demo add --scope write --name backend --expires 365d --rate 50\n"
                       "  souk key demo list\n  souk key demo revoke 4f0c9a1b2d3e\n");
  sub.require_subcommand(1);
  shop_argument(sub, line.key_shop);
  CLI::App& add = verb(sub, "add", "Make a key and show it, this once", "  souk key demo add --scope search --name storefront\n");
  add.add_option("--scope", line.key_add.scope, "search (safe in a browser), write (the shop's backend) or admin (its owner)")->required();
  add.add_option("--name", line.key_add.name, "What it is for");
  add.add_option("--expires", line.key_add.expires, "How long it holds, such as 90d; by default until it is revoked");
  add.add_option("--rate", line.key_add.rate, "Requests a second; by default any number")->check(positive());
  does(
      add, line,
      [&line] {
        line.key_add.shop = line.key_shop;
        return key_add(line.console, line.key_add);
      },
      &line.key_shop);
  does(verb(sub, "list", "The keys there are, without their text", "  souk key demo list\n"), line,
       [&line] { return key_list(line.console, line.key_shop); });
  CLI::App& revoke = verb(sub, "revoke", "End a key at once", "  souk key demo revoke 4f0c9a1b2d3e\n");
  revoke.add_option("ID", line.key_revoke.id, "Which; `souk key SHOP list` shows them");
  revoke.add_flag("--all", line.key_revoke.all, "Every key, also where the list of keys cannot be read");
  does(
      revoke, line,
      [&line] {
        line.key_revoke.shop = line.key_shop;
        return key_revoke(line.console, line.key_revoke);
      },
      &line.key_shop);
}

void add_backup(CLI::App& app, Line& line) {
  CLI::App& sub = verb(app, "backup", "Copy all of the shop that cannot be made anew, while it is served",
                       "  souk backup demo /backup/demo-monday\n"
                       "  souk backup demo /backup/demo-tuesday --earlier /backup/demo-monday\n");
  shop_argument(sub, line.backup.shop);
  sub.add_option("DEST", line.backup.to, "The folder to make")->required();
  sub.add_option("--earlier", line.backup.earlier, "A backup on the same disk: files that did not change are shared with it (hard links)");
  does(
      sub, line, [&line] { return backup(line.console, line.backup); }, &line.backup.shop);

  CLI::App& restore_verb =
      verb(app, "restore", "Make a shop of a backup; every file is verified", "  souk restore /backup/demo-monday demo\n");
  restore_verb.add_option("BACKUP", line.restore_from, "The backup's folder")->required();
  restore_verb.add_option("SHOP", line.restore_to, "The folder to make")->required();
  does(restore_verb, line, [&line] { return restore(line.console, line.restore_from, line.restore_to); });
}

void lab_run_flags(CLI::App& sub, LabRunFlags& flags) {
  sub.add_option("RECIPE", flags.recipe, "A recipe's name or file")->required();
  sub.add_option("--data", flags.data, "Other data: a set's name, a descriptor, a file or a folder");
  sub.add_option("--set", flags.set, "A setting, KEY=VALUE; may be repeated")->check(CLI::Validator(setting_problem, ""));
  sub.add_option("--record", flags.results, "Keep the run under this folder (results)");
  sub.add_option("--runs", flags.runs,
                 "Where finished stages are kept, so that a killed run goes on; by default $SOUK_RUNS, else your state folder");
}

void lab_results_flag(CLI::App& sub, Line& line) {
  sub.add_option("--results", line.lab_results, "The folder of recorded runs")->capture_default_str();
}

void add_lab_judge(CLI::App& lab, Line& line) {
  CLI::App& sub =
      verb(lab, "judge", "Ranked lists against graded judgements, with intervals, as trec_eval counts",
           "  souk lab judge --qrels qrels.txt --run bm25.run\n"
           "  souk lab judge --qrels ratings.csv --run new.tsv --against old.tsv --metrics nDCG@10,MRR,'Recall(2)@100'\n"
           "Metrics: nDCG nDCGexp Recall Precision MAP MRR Success Judged; @k cuts the list, (g) asks for a grade of g or more.\n"
           "Files: TREC, CSV or TSV with a header (query,item,grade and query,item,score), judgements also as JSON; gzip, zstd.\n");
  LabJudgeFlags& flags = line.lab_judge;
  sub.add_option("--qrels,--judgements", flags.judgements, "What people said of items for queries")->required();
  sub.add_option("--run", flags.run, "The lists to judge: query, item and score")->required();
  sub.add_option("--against", flags.against, "Other lists to compare with, query by query");
  sub.add_option("--metrics", flags.metrics, "By default nDCG@10 nDCGexp@10 Recall@100 Precision@10 MAP MRR Judged@10")->delimiter(',');
  sub.add_flag("--answered-only", flags.answered_only,
               "Leave out judged queries without a list (trec_eval without -c) instead of counting them as 0");
  sub.add_flag("--per-query", flags.per_query, "Every query's values as well");
  sub.callback([&line] { line.chosen = [&line] { return lab_judge(line.console, line.lab_judge); }; });
}

void add_lab_reports(CLI::App& lab, Line& line) {
  add_lab_judge(lab, line);

  CLI::App& compare = verb(lab, "compare", "Two recorded runs side by side, over all cases and by slices",
                           "  souk lab compare results/recommend/popularity/amazon-s3rec-beauty-seed1.json \\\n"
                           "    results/recommend/co-visitation/amazon-s3rec-beauty-seed1.json\n");
  compare.add_option("RUN", line.lab_first, "A recorded run")->required();
  compare.add_option("OTHER", line.lab_second, "Another")->required();
  compare.add_option("--runs", line.lab_runs, "Where the runs' cases are kept, for a test in pairs; as for run");
  compare.callback(
      [&line] { line.chosen = [&line] { return lab_compare(line.console, line.lab_first, line.lab_second, line.lab_runs); }; });

  CLI::App& results = verb(lab, "results", "Every recorded run as one page of tables", "  souk lab results --to docs/results.md\n");
  lab_results_flag(results, line);
  results.add_option("--to", line.lab_page, "The file to write; - is standard output")->capture_default_str();
  results.callback([&line] { line.chosen = [&line] { return lab_results(line.console, line.lab_results, line.lab_page); }; });

  CLI::App& systems =
      verb(lab, "systems", "The published systems, and which of them are built", "  souk lab systems --to docs/systems.md\n");
  lab_results_flag(systems, line);
  systems.add_option("--to", line.lab_page, "The file to write; - is standard output")->capture_default_str();
  systems.callback([&line] { line.chosen = [&line] { return lab_systems(line.console, line.lab_results, line.lab_page); }; });
}

void add_lab(CLI::App& app, Line& line) {
  CLI::App& lab = verb(app, "lab", "Recipes: published methods, tuned, run and compared",
                       "  souk lab list\n  souk lab run recommend/co-visitation --data amazon-s3rec-beauty\n");
  lab.require_subcommand(1);
  CLI::App& list = verb(lab, "list", "The recipes there are, and what is recorded of them", "  souk lab list\n");
  lab_results_flag(list, line);
  list.callback([&line] { line.chosen = [&line] { return lab_list(line.console, line.lab_results); }; });

  CLI::App& show = verb(lab, "show", "What a recipe does, and its recorded runs", "  souk lab show recommend/co-visitation\n");
  show.add_option("RECIPE", line.lab_show, "A recipe's name or file")->required();
  lab_results_flag(show, line);
  show.callback([&line] { line.chosen = [&line] { return lab_show(line.console, line.lab_show, line.lab_results); }; });

  CLI::App& run_verb = verb(lab, "run", "Run a recipe: load, train, evaluate beside the floors",
                            "  souk lab run recommend/co-visitation\n"
                            "  souk lab run recommend/co-visitation --set split.fit=train+validation --record results\n"
                            "  souk lab run recommend/popularity --data my-sequences.txt --set split.history=kept --json\n");
  lab_run_flags(run_verb, line.lab_run);
  run_verb.callback([&line] { line.chosen = [&line] { return lab_run(line.console, line.lab_run); }; });

  CLI::App& tune = verb(lab, "tune", "Try every combination of a recipe's [tune] table on validation; run the best on test, once",
                        "  souk lab tune recommend/item-knn --data amazon-s3rec-beauty\n"
                        "  souk lab tune recommend/item-knn --data amazon-s3rec-beauty --budget 10m --write --record results\n");
  LabTuneFlags& flags = line.lab_tune;
  lab_run_flags(tune, flags.run);
  tune.add_option("--budget", flags.budget, "Begin no trial after this long, such as 10m");
  tune.add_flag("--write", flags.write, "Write the best settings into the recipe, for this data");
  tune.add_option("--on", flags.on, "What settings are judged on")->capture_default_str();
  tune.add_flag("--force-test-tuning", flags.force_test, "Allow --on test, which spoils the result; the record says so");
  tune.callback([&line] { line.chosen = [&line] { return lab_tune(line.console, line.lab_tune); }; });
  add_lab_reports(lab, line);
}

void add_global(CLI::App& app, Line& line) {
  app.require_subcommand(1);
  app.fallthrough();
  app.set_version_flag("--version", "souk " + std::string(engine::kVersion));
  app.add_flag("--json", line.console.json, "Print one JSON object (or a line for each record) on stdout, nothing else");
  app.add_flag("--quiet,-q", line.console.quiet, "No progress and no notes");
  app.add_option("--threads", line.threads, "Threads to use; by default every core")->check(CLI::Range(1, 1024));
  app.add_option("--seed", line.console.seed, "Where random numbers start")->check(not_negative())->capture_default_str();
  app.add_option("--log-level", line.log_level, "trace, debug, info, warn, error or off")->capture_default_str();
  app.footer(
      "Exit status: 0 done, 1 failed, 2 wrong usage, 3 nothing applied because too many rows were refused,\n"
      "4 the shop is held by another process. `souk VERB --help` shows a verb's flags with examples.\n");
}

// A usage error may come before --json was parsed.
bool asks_for_json(const std::vector<std::string>& arguments) {
  return std::find(arguments.begin(), arguments.end(), "--json") != arguments.end();
}

// The command that was to be chosen where none was: the word that stands for it, and the names there are.
std::optional<Error> unknown_verb(const CLI::App& app) {
  const CLI::App* chosen = &app;
  while (!chosen->get_subcommands().empty()) chosen = chosen->get_subcommands().front();
  std::vector<std::string> names;
  for (const CLI::App* sub : chosen->get_subcommands([](const CLI::App* one) { return !one->get_group().empty(); }))
    names.push_back(sub->get_name());
  const std::vector<std::string> rest = app.remaining(true);
  if (names.empty() || rest.empty() || rest.front().starts_with('-')) return {};
  const auto near = nearest_name(rest.front(), names);
  return Error{ErrorKind::invalid,
               "unknown verb",
               {},
               fmt::format("one of {}", fmt::join(names, ", ")),
               "'" + rest.front() + "'",
               near ? fmt::format("Did you mean '{}'?", *near) : "`souk --help` lists the verbs."};
}

// "--expires=" with nothing behind it ("--expires=$DAYS", unset), for which CLI11 takes the next word.
std::optional<Error> option_without_value(const std::vector<std::string>& arguments) {
  for (const std::string& word : arguments) {
    if (word == "--") break;
    if (!word.starts_with("--") || word.find('=') != word.size() - 1) continue;
    return Error{ErrorKind::invalid, "an option is given nothing", word.substr(0, word.size() - 1), "a value", "nothing", {}};
  }
  return {};
}

// --help and --version.
int answer_about_itself(const Console& console, const CLI::App& app, const CLI::Success& asked) {
  std::ostringstream text, errors;
  const int status = app.exit(asked, text, errors);
  if (!console.json) {
    print(console, text.str());
    return status;
  }
  const bool version = dynamic_cast<const CLI::CallForVersion*>(&asked) != nullptr;
  engine::JsonWriter json;
  json.begin_object().member(version ? "version" : "help", version ? std::string(engine::kVersion) : text.str());
  print_line(console, json.end_object().text());
  return status;
}

// Fills in the line; an exit status where there is nothing more to do.
std::optional<int> parse_line(Line& line, const std::vector<std::string>& arguments) {
  CLI::App app("Souk, a commerce engine: search, recommendation and evaluation for one shop in one folder.", "souk");
  app.formatter(std::make_shared<Formatter>());  // inherited by what is added to it
  add_global(app, line);
  add_init(app, line);
  add_import(app, line);
  add_export(app, line);
  add_search(app, line);
  add_recommend(app, line);
  add_learning(app, line);
  add_serve(app, line);
  add_care(app, line);
  add_forget(app, line);
  add_key(app, line);
  add_backup(app, line);
  add_lab(app, line);
  one_value_each(app);
  names_where_paths_are(app);
  values_where_options_are(app);
  if (const auto wrong = option_without_value(arguments)) {
    line.console.json = asks_for_json(arguments);
    return report_usage(line.console, *wrong);
  }
  std::vector<std::string> words(arguments.rbegin(), arguments.rend());  // as CLI11 takes them
  try {
    app.parse(std::move(words));
  } catch (const CLI::Success& asked) {
    line.console.json = asks_for_json(arguments);
    return answer_about_itself(line.console, app, asked);
  } catch (const CLI::ParseError& error) {
    line.console.json = asks_for_json(arguments);
    if (const auto unknown = unknown_verb(app)) return report_usage(line.console, *unknown);
    return report_usage(line.console,
                        Error{ErrorKind::invalid, error.what(), {}, {}, {}, "`souk --help` and `souk VERB --help` show the usage."});
  }
  line.console.threads = line.threads > 0 ? line.threads : default_threads();
  return {};
}

int run_line(Caller& caller, const std::vector<std::string>& arguments) {
  Line line;
  line.console.caller = &caller;
  if (const auto over = parse_line(line, arguments)) return *over;
  if (const Status level = log::set_level(line.log_level); !level) return report_usage(line.console, level.error());
  if (line.writes != nullptr) {
    if (const auto done = forward(line.console, *line.writes, arguments)) return *done;
  }
  return line.chosen();
}

}  // namespace

int run(int argc, char** argv, const fs::path& program) {
  Terminal terminal(program);
  return terminal.finish(run_line(terminal, {argv + std::min(argc, 1), argv + argc}));
}

int run_forwarded(Caller& caller, const std::vector<std::string>& arguments) {
  Line line;
  line.console.caller = &caller;
  if (const auto over = parse_line(line, arguments)) return *over;
  if (line.writes != nullptr) return line.chosen();
  return report(line.console,
                Error{ErrorKind::unsupported, "only commands that write the shop are done by the process that serves it", {}, {}, {}, {}});
}

}  // namespace souk::cli
