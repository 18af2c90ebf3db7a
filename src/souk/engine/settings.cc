#include "souk/engine/settings.h"

#include <algorithm>
#include <fmt/format.h>

#include "souk/base/config.h"

namespace souk::engine {
namespace {

constexpr std::string_view kShelvesToml = R"(
# Shelves: everything a storefront shows. `retrieve` names the sources that are blended (with `weights`), `fill` those that only take
# places left empty, `arrange` what happens to the order. A shelf that is left out of this file keeps the default shown here.
[shelves.search]
context = "query"
retrieve = ["lexical"]
k = 10
[shelves.search.settings.lexical]
popularity = 3.0                  # the most that popularity may add to a text score (BM25F units); 0 ranks by text alone

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

# Vectors that items may carry, by space.
# [spaces.image]
# dim = 512
# metric = "cosine"               # cosine | dot | l2

# When to learn anew, for a scheduler to read, and for how long at most.
# [jobs.train]
# every = "1d"
# budget = "10m"

# How long events of a kind are worth keeping.
# [retention]
# view = "400d"
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
  const bool letters =
      shop.currency.size() == 3 && std::all_of(shop.currency.begin(), shop.currency.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
  if (!letters) return bad_value(table, "currency", "cannot read the shop's currency", "an ISO 4217 code such as EUR", shop.currency);
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

Status check_spaces(const Config& spaces) {
  for (const std::string& name : spaces.keys()) {
    const Config space = spaces.table(name);
    SOUK_CHECK(space.only({"dim", "metric"}));
    SOUK_TRY(const std::int64_t dim, space.integer("dim", 0));
    if (dim < 1 || dim > 65536)
      return bad_value(space, "dim", "cannot use this dimension", "a whole number from 1 to 65536", std::to_string(dim));
    SOUK_TRY(const std::string metric, space.text("metric", "cosine"));
    if (metric != "cosine" && metric != "dot" && metric != "l2") {
      return bad_value(space, "metric", "unknown metric", "cosine, dot or l2", metric);
    }
  }
  return {};
}

Status check_jobs(const Config& jobs) {
  SOUK_CHECK(jobs.only({"train"}));
  const Config train = jobs.table("train");
  SOUK_CHECK(train.only({"every", "budget"}));
  SOUK_CHECK(train.duration("every", kDay));
  SOUK_CHECK(train.duration("budget", 10 * kMinute));
  return {};
}

Status check_retention(const Config& retention) {
  std::vector<std::string_view> known;
  for (std::size_t kind = 0; kind + 1 < store::kEventKinds; ++kind) known.push_back(store::name_of(static_cast<store::EventKind>(kind)));
  SOUK_CHECK(retention.only(known));
  for (const std::string& kind : retention.keys()) SOUK_CHECK(retention.duration(kind, kDay));
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

Result<ShopConfig> parse_shop_toml(std::string_view text, const std::string& name) {
  SOUK_TRY(const Config root, Config::parse(text, name));
  SOUK_CHECK(root.only({"shop", "fields", "spaces", "shelves", "jobs", "retention", "weights"}));
  ShopConfig config;
  SOUK_TRY(config.shop, read_shop(root.table("shop")));
  SOUK_TRY(config.schema, index::Schema::from_config(root.table("fields")));
  if (config.schema.find("stats.popularity") == nullptr) {
    config.schema.put(
        {.name = "stats.popularity", .type = index::FieldType::number, .search = 0, .facet = false, .filter = true, .sort = true});
  }
  SOUK_TRY(config.weights, read_weights(root.table("weights")));
  SOUK_CHECK(check_spaces(root.table("spaces")));
  SOUK_CHECK(check_jobs(root.table("jobs")));
  SOUK_CHECK(check_retention(root.table("retention")));
  SOUK_TRY(config.shelves, read_shelves(root.table("shelves")));
  return config;
}

Result<ShopConfig> load_shop_toml(const fs::path& file) {
  SOUK_TRY(const std::string text, read_file(file));
  return parse_shop_toml(text, file.string());
}

}  // namespace souk::engine
