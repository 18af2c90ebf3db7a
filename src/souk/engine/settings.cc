#include "souk/engine/settings.h"

#include <algorithm>
#include <fmt/format.h>

#include "souk/base/config.h"
#include "souk/base/decimal.h"
#include "souk/text/analyzer.h"

namespace souk::engine {
namespace {

constexpr std::string_view kShelvesToml = R"(
# Shelves: everything a storefront shows. `retrieve` names the sources that are blended (with `weights`), `fill` those that only take
# places left empty, `arrange` what happens to the order. A shelf that is left out of this file keeps the default shown here.
[shelves.search]
context = "query"
retrieve = ["lexical"]
relax = "drop-words"              # what to do when no item has all the words: leave some out, and say so
k = 10
[shelves.search.settings.lexical]
popularity = 0.25                 # the most that popularity may add to a text score, beside a word that one item has; 0: text alone

[shelves.similar]
context = "item"                  # shopper | item | basket | query | none
retrieve = ["similar-text", "co-visit"]
weights = [1.0, 0.5]
fill = ["same-category", "popular"]
arrange = ["one-per-group"]       # one variant of a product
k = 10
truth = "purchase"                # the events that count as success when the shelf is judged
repeats = "keep"                  # keep | mask: may it show what the shopper already had?

[shelves.also-bought]
context = "item"
retrieve = ["also-bought"]
fill = ["similar-text", "popular"]
arrange = ["one-per-group"]
k = 10

[shelves.complete-the-basket]
context = "basket"
retrieve = ["buy-again", "basket"]
weights = [1.0, 0.6]
fill = ["co-visit", "recent-popular", "popular"]
arrange = ["one-per-group"]
k = 10
[shelves.complete-the-basket.settings.basket]
popularity = -0.5                 # the power of an item's popularity its score is multiplied by: below 0, rather the special

[shelves.for-you]
context = "shopper"
retrieve = ["buy-again", "co-visit", "recent-popular"]
weights = [1.0, 0.05, 0.05]
fill = ["popular", "new"]          # no one-per-group: variants that a shopper buys are things of their own
k = 10
[shelves.for-you.settings.buy-again]
visits = 20                       # visits after which a purchase counts half
fade = "150d"                     # and the time
repeat = 0.5                      # how much it matters that an item is one people buy again

[shelves.trending]
context = "none"
retrieve = ["trending"]
fill = ["recent-popular", "popular"]
arrange = ["one-per-group"]
k = 10

[shelves.new]
context = "none"
retrieve = ["new"]
arrange = ["one-per-group"]
k = 10
)";

constexpr std::string_view kRestToml = R"(
# How much each kind of event counts in what is learned; 0 leaves a kind out.
[weights]
purchase = 1.0
rating = 0.6
cart = 0.5
wishlist = 0.4
view = 0.2
click = 0.2

# Fields of the catalogue. title, description, brand, category, price and availability are always there; declare an attribute to search,
# count, filter or sort by it under this name even before the first item has it.
# [fields.colour]
# type = "keyword"                # keyword | text | number | bool | time
# search = 1.0                    # weight in full-text search; 0: not searched
# facet = true
# filter = true
# sort = false

# Words that mean the same: "a, b" finds either way, "a -> b" only b for a. Under "all", or under the language of the search.
# [search]
# synonym_weight = 0.8            # what a synonym counts beside the word that was typed
# compounds = true                # "Maschine" finds "Kaffeemaschine", in languages that write compounds as one word
# [search.synonyms]
# all = ["sofa, couch", "tv -> television, flat screen"]
# de = ["handy -> mobiltelefon"]

# Vectors that items may carry, by space. A space that is not declared has the dimension of the first vector that comes in it, by cosine.
# [spaces.image]
# dim = 512
# metric = "cosine"               # cosine | dot | l2
# encoder = "clip-vit-b32"        # what makes the vectors: those of another are never compared with them
# index = "HNSW16,SQ8,Refine"     # by default what suits the number of vectors

# How often `souk serve` learns anew by itself, for how long at most, and with how much memory (by default three quarters of the machine's).
# [jobs.train]
# every = "1d"
# budget = "10m"
# memory_mb = 4096

# How long events of a kind are kept: older ones are deleted when the shop is opened for serving, once a day after that, and by
# `souk compact`. A kind that is not named is kept for ever. Records of what was searched for and shown ("served") are kept as long as
# searches where they are not named.
# [retention]
# view = "400d"
# search = "90d"
# served = "30d"
)";

// A TOML basic string.
std::string toml_string(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    out += c;
  }
  return out + "\"";
}

tl::unexpected<Error> bad_value(const Config& table, std::string_view key, std::string what, std::string expected, std::string found) {
  return fail(Error{ErrorKind::invalid, std::move(what), table.where(key), std::move(expected), std::move(found), {}});
}

Result<ShopSettings> read_shop(const Config& table) {
  SOUK_CHECK(table.only({"name", "language", "currency", "timezone"}));
  ShopSettings shop;
  SOUK_TRY(shop.name, table.text("name", shop.name));
  SOUK_TRY(shop.language, table.text("language", shop.language));
  SOUK_TRY(shop.currency, table.text("currency", shop.currency));
  SOUK_TRY(shop.timezone, table.text("timezone", shop.timezone));
  if (!is_currency_code(shop.currency)) {
    return bad_value(table, "currency", "cannot read the shop's currency", "an ISO 4217 code such as EUR", shop.currency);
  }
  return shop;
}

Result<store::KindWeights> read_weights(const Config& table) {
  std::vector<std::string_view> known;
  for (std::size_t kind = 0; kind + 1 < store::kEventKinds; ++kind) known.push_back(store::name_of(static_cast<store::EventKind>(kind)));
  SOUK_CHECK(table.only(known));
  store::KindWeights weights = store::default_weights();
  for (std::size_t kind = 0; kind < known.size(); ++kind) {
    SOUK_TRY(const double weight, table.number(known[kind], weights[kind]));
    if (!(weight >= 0 && weight <= 1e6)) {
      return bad_value(table, known[kind], "cannot use this weight", "a number from 0 to 1000000", fmt::format("{}", weight));
    }
    weights[kind] = static_cast<float>(weight);
  }
  return weights;
}

Result<std::vector<index::SpaceSettings>> read_spaces(const Config& declared) {
  std::vector<index::SpaceSettings> spaces;
  for (const std::string& name : declared.keys()) {
    const Config table = declared.table(name);
    SOUK_CHECK(table.only({"dim", "metric", "encoder", "index"}));
    index::SpaceSettings& space = spaces.emplace_back();
    space.name = name;
    SOUK_TRY(const std::int64_t dim, table.integer("dim", 0));
    if (dim < 1 || dim > 65536)
      return bad_value(table, "dim", "cannot use this dimension", "a whole number from 1 to 65536", std::to_string(dim));
    space.dimension = static_cast<std::uint32_t>(dim);
    SOUK_TRY(const std::string metric, table.text("metric", "cosine"));
    SOUK_TRY(space.metric, index::parse_metric(metric, table.where("metric")));
    SOUK_TRY(space.encoder, table.text("encoder", ""));
    SOUK_TRY(const std::string spec, table.text("index", ""));
    if (!spec.empty()) {
      SOUK_TRY(space.index, index::parse_index_spec(spec, table.where("index")));
    }
    if (Status usable = index::check_space(space); !usable) {
      usable.error().where = table.where(spec.empty() ? "dim" : "index");
      return fail(std::move(usable).error());
    }
  }
  return spaces;
}

Result<TrainingSettings> read_training(const Config& jobs) {
  SOUK_CHECK(jobs.only({"train"}));
  const Config table = jobs.table("train");
  SOUK_CHECK(table.only({"every", "budget", "memory_mb"}));
  TrainingSettings training;
  SOUK_TRY(training.every, table.duration("every", jobs.has("train") ? kDay : 0));
  if (jobs.has("train") && training.every < kMinute) {
    return bad_value(table, "every", "cannot learn anew so often", "at least \"1m\"", format_duration(training.every));
  }
  SOUK_TRY(training.budget, table.duration("budget", training.budget));
  SOUK_TRY(const std::int64_t megabytes, table.integer("memory_mb", 0));
  if (table.has("memory_mb") && (megabytes < 512 || megabytes > (std::int64_t{1} << 30))) {
    return bad_value(table, "memory_mb", "cannot learn with this much memory", "a whole number of at least 512", std::to_string(megabytes));
  }
  training.memory = static_cast<std::uint64_t>(megabytes) << 20;
  return training;
}

Status read_retention(const Config& table, ShopConfig& config) {
  constexpr std::string_view kServed = "served";
  std::vector<std::string_view> known;
  for (std::size_t kind = 0; kind + 1 < store::kEventKinds; ++kind) known.push_back(store::name_of(static_cast<store::EventKind>(kind)));
  const auto read = [&](std::string_view name, std::optional<Duration>& limit) -> Status {
    if (!table.has(name)) return {};
    SOUK_TRY(limit, table.duration(name, kDay));
    if (*limit >= kDay) return {};
    return bad_value(table, name, "cannot keep records so shortly", "at least \"1d\"", format_duration(*limit));
  };
  for (std::size_t kind = 0; kind < known.size(); ++kind) SOUK_CHECK(read(known[kind], config.retention[kind]));
  known.push_back(kServed);
  SOUK_CHECK(table.only(known));
  // They hold what was searched for.
  const std::optional<Duration> searches = config.retention[static_cast<std::size_t>(store::EventKind::search)];
  config.keep_served = searches;
  SOUK_CHECK(read(kServed, config.keep_served));
  if (!searches || *config.keep_served <= *searches) return {};
  return bad_value(table, kServed, "records of answers hold searches, and cannot be kept for longer",
                   fmt::format("at most {}", format_duration(*searches)), format_duration(*config.keep_served));
}

Status read_search(const Config& search, index::Schema& schema) {
  SOUK_TRY(const double k1, search.number("k1", schema.k1()));
  if (!(k1 >= 0.01 && k1 <= 100)) return bad_value(search, "k1", "cannot use this k1", "a number from 0.01 to 100", fmt::format("{}", k1));
  schema.set_k1(static_cast<float>(k1));
  SOUK_TRY(const bool compounds, search.flag("compounds", schema.compounds()));
  schema.set_compounds(compounds);
  return {};
}

Result<std::vector<shelf::ShelfSpec>> read_shelves(const Config& declared) {
  SOUK_TRY(const Config defaults, Config::parse(kShelvesToml, "the built-in shelves"));
  const Config seeded = defaults.table("shelves");
  std::vector<shelf::ShelfSpec> shelves;
  for (const std::string& name : seeded.keys()) {
    SOUK_TRY(auto spec, shelf::ShelfSpec::from_config(name, declared.has(name) ? declared.table(name) : seeded.table(name)));
    shelves.push_back(std::move(spec));
  }
  for (const std::string& name : declared.keys()) {
    if (seeded.has(name)) continue;
    SOUK_TRY(auto spec, shelf::ShelfSpec::from_config(name, declared.table(name)));
    shelves.push_back(std::move(spec));
  }
  return shelves;
}

}  // namespace

std::string default_shop_toml(const InitOptions& options) {
  return fmt::format(
      "# The settings of this shop. Souk reads this file when it opens the shop and never writes it; every key shows its default.\n"
      "\n"
      "[shop]\n"
      "name = {}\n"
      "language = {:<24} # BCP 47: decides how words are cut and stemmed\n"
      "currency = {:<24} # ISO 4217: of amounts that do not name one\n"
      "timezone = \"UTC\"{:<20} # IANA name\n"
      "{}{}",
      toml_string(options.name.empty() ? "shop" : options.name), toml_string(options.language), toml_string(options.currency), "",
      kShelvesToml, kRestToml);
}

// TOML's inline tables are JSON's objects with other signs between names and values: every table at the top becomes a line.
std::string toml_of_json(std::string_view json) {
  std::string toml;
  std::size_t depth = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (quoted) {
      quoted = c != '"';
      if (c == '\\' && i + 1 < json.size() && json[++i] != '/') toml += c;  // JSON may escape a slash, TOML may not
      toml += json[i];
      continue;
    }
    quoted = c == '"';
    if (c == '}' || c == ']') depth -= depth > 0 ? 1 : 0;
    if (c == ':') {
      toml += " = ";
    } else if (c == ',' && depth == 1) {
      toml += '\n';
    } else if (c != '\n' && c != '\r' && (depth > 0 || (c != '{' && c != '}'))) {
      toml += c;
    }
    if (c == '{' || c == '[') ++depth;
  }
  return toml + "\n";
}

Result<ShopConfig> parse_shop_toml(std::string_view text, const std::string& name) {
  SOUK_TRY(const Config root, Config::parse(text, name));
  SOUK_CHECK(root.only({"shop", "fields", "spaces", "search", "shelves", "jobs", "retention", "weights"}));
  ShopConfig config;
  SOUK_TRY(config.shop, read_shop(root.table("shop")));
  SOUK_TRY(config.schema, index::Schema::from_config(root.table("fields")));
  SOUK_CHECK(read_search(root.table("search"), config.schema));
  if (config.schema.find("stats.popularity") == nullptr) {
    config.schema.put(
        {.name = "stats.popularity", .type = index::FieldType::number, .search = 0, .facet = false, .filter = true, .sort = true});
  }
  SOUK_TRY(config.weights, read_weights(root.table("weights")));
  SOUK_TRY(config.spaces, read_spaces(root.table("spaces")));
  SOUK_TRY(config.training, read_training(root.table("jobs")));
  SOUK_CHECK(read_retention(root.table("retention"), config));
  SOUK_TRY(config.shelves, read_shelves(root.table("shelves")));
  SOUK_TRY(config.synonyms, search::Synonyms::from_config(root.table("search"), *text::Analyzer::for_language(config.shop.language)));
  return config;
}

bool ShopConfig::retains() const {
  return keep_served || std::any_of(retention.begin(), retention.end(), [](const auto& limit) { return limit.has_value(); });
}

Result<ShopConfig> load_shop_toml(const fs::path& file) {
  SOUK_TRY(const std::string text, read_file(file));
  return parse_shop_toml(text, file.string());
}

}  // namespace souk::engine
