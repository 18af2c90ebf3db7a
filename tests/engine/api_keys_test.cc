// API keys and shopper tokens: what is kept of them, what opens, and what does not.
#include "souk/engine/api_keys.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "souk/base/hash.h"
#include "souk/store/store.h"

#include "tests/support/data.h"

namespace souk::engine {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ApiKeysTest : public ::testing::Test {
 protected:
  void SetUp() override { open(true); }
  void open(bool create) {
    keys_.reset();
    store_.reset();
    auto store = create ? store::Store::create(dir_ / "store") : store::Store::open(dir_ / "store");
    ASSERT_TRUE(store) << store.error().message();
    store_ = std::move(*store);
    keys_ = std::make_unique<ApiKeys>(*store_);
  }
  NewKey add(Scope scope, std::string name = {}) {
    auto made = keys_->add({scope, std::move(name), {}, 0});
    EXPECT_TRUE(made) << made.error().message();
    return made.value_or(NewKey{});
  }
  std::shared_ptr<const KeyRing> ring() const { return keys_->current().value(); }

  testing::TempDir dir_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<ApiKeys> keys_;
};

// FIPS 180-4 and RFC 4231 (test case 2), RFC 4648 (section 10).
TEST(Crypto, KnowsTheStandardsExamples) {
  const auto hex = [](const Digest& digest) {
    std::string out;
    for (const unsigned char byte : digest) out += fmt::format("{:02x}", byte);
    return out;
  };
  EXPECT_EQ(hex(*sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(hex(*hmac_sha256("Jefe", "what do ya want for nothing?")), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(base64url(std::string_view("foobar")), "Zm9vYmFy");
  EXPECT_EQ(base64url(std::string_view("fooba")), "Zm9vYmE");
  EXPECT_EQ(base64url(std::string_view("foob")), "Zm9vYg");
  EXPECT_EQ(base64url(std::string_view("")), "");
  EXPECT_EQ(base64url(std::string_view("\xFB\xFF\xFE")), "-__-");
  EXPECT_TRUE(equal_in_constant_time(std::string_view("same"), std::string_view("same")));
  EXPECT_FALSE(equal_in_constant_time(std::string_view("same"), std::string_view("samE")));
  EXPECT_FALSE(equal_in_constant_time(std::string_view("same"), std::string_view("sam")));
}

TEST_F(ApiKeysTest, AKeyOpensAndItsTextIsKeptNowhere) {
  const NewKey made = add(Scope::search, "storefront");
  EXPECT_THAT(made.text, ::testing::StartsWith("souk_s_"));
  EXPECT_EQ(made.text.size(), 7U + 43U);
  const ApiKey* const found = ring()->find(made.text);
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->id, made.key.id);
  EXPECT_EQ(found->name, "storefront");
  EXPECT_THAT(write_keys(ring()->keys()), Not(HasSubstr(made.text)));
  EXPECT_THAT(store_->get_meta("api-keys")->value(), Not(HasSubstr(made.text.substr(7))));
}

TEST_F(ApiKeysTest, NothingElseOpens) {
  const std::string text = add(Scope::admin).text;
  EXPECT_EQ(ring()->find(""), nullptr);
  EXPECT_EQ(ring()->find(text + "x"), nullptr);
  EXPECT_EQ(ring()->find(text.substr(0, text.size() - 1)), nullptr);
  for (std::size_t i = 0; i < text.size(); ++i) {
    std::string other = text;
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_EQ(ring()->find(other), nullptr) << i;
  }
}

TEST_F(ApiKeysTest, KeysAreNeverAlike) {
  std::set<std::string> texts, ids;
  for (int i = 0; i < 20; ++i) {
    const NewKey made = add(Scope::search);
    texts.insert(made.text);
    ids.insert(made.key.id);
  }
  EXPECT_EQ(texts.size(), 20U);
  EXPECT_EQ(ids.size(), 20U);
}

TEST_F(ApiKeysTest, KeysOutliveTheProcess) {
  const auto made = keys_->add({Scope::write, "back\"end, ü", 90 * kDay, 12.5});
  ASSERT_TRUE(made);
  open(false);
  ASSERT_EQ(ring()->keys().size(), 1U);
  const ApiKey& key = ring()->keys().front();
  EXPECT_EQ(key.id, made->key.id);
  EXPECT_EQ(key.name, "back\"end, ü");
  EXPECT_EQ(key.scope, Scope::write);
  EXPECT_EQ(key.expires, made->key.expires);
  EXPECT_EQ(key.created, made->key.created);
  EXPECT_EQ(key.requests_per_second, 12.5);
  EXPECT_EQ(key.token_secret, made->key.token_secret);
  EXPECT_NE(ring()->find(made->text), nullptr);
}

TEST_F(ApiKeysTest, ARevokedKeyOpensNothingFromThenOn) {
  const NewKey first = add(Scope::search), second = add(Scope::search);
  const auto revoked = keys_->revoke(first.key.id);
  ASSERT_TRUE(revoked);
  EXPECT_EQ(revoked->id, first.key.id);
  EXPECT_EQ(ring()->find(first.text), nullptr);
  EXPECT_NE(ring()->find(second.text), nullptr);
  EXPECT_EQ(keys_->revoke(first.key.id).error().kind, ErrorKind::not_found);
  open(false);
  EXPECT_EQ(ring()->find(first.text), nullptr);
  EXPECT_NE(ring()->find(second.text), nullptr);
}

TEST_F(ApiKeysTest, ExpiryIsKnown) {
  const auto made = keys_->add({Scope::search, {}, kDay, 0});
  ASSERT_TRUE(made);
  EXPECT_FALSE(made->key.expired(made->key.created + kDay - 1));
  EXPECT_TRUE(made->key.expired(made->key.created + kDay));
  EXPECT_FALSE(add(Scope::search).key.expired(INT64_MAX));
  EXPECT_FALSE(keys_->add({Scope::search, {}, ApiKeys::kLongestLife, 0}).value().key.expired(now()));
}

TEST_F(ApiKeysTest, WhatCannotBeAKeyIsRefused) {
  const auto kind = [&](const KeyRequest& request) { return keys_->add(request).error().kind; };
  EXPECT_EQ(kind({Scope::none, {}, {}, 0}), ErrorKind::invalid);
  EXPECT_EQ(kind({Scope::search, "two\nlines", {}, 0}), ErrorKind::invalid);
  EXPECT_EQ(kind({Scope::search, "a\tcolumn", {}, 0}), ErrorKind::invalid);
  EXPECT_EQ(kind({Scope::search, "\xFF", {}, 0}), ErrorKind::invalid);
  EXPECT_EQ(kind({Scope::search, std::string(101, 'x'), {}, 0}), ErrorKind::invalid);
  EXPECT_EQ(kind({Scope::search, {}, 0, 0}), ErrorKind::invalid);
  for (const Duration lifetime : {ApiKeys::kLongestLife + 1, INT64_MAX / kDay * kDay, INT64_MAX}) {
    EXPECT_EQ(kind({Scope::search, {}, lifetime, 0}), ErrorKind::invalid) << lifetime;
  }
  EXPECT_EQ(kind({Scope::search, {}, {}, -1}), ErrorKind::invalid);
  EXPECT_EQ(kind({Scope::search, {}, {}, std::numeric_limits<double>::quiet_NaN()}), ErrorKind::invalid);
  EXPECT_TRUE(ring()->empty());
}

// Every byte of the record changed in every bit, and every length of it: an error each time, never fewer keys.
TEST_F(ApiKeysTest, ADamagedRecordIsAnErrorAndNeverOpen) {
  (void)add(Scope::search, "one");
  (void)add(Scope::write, "two");
  const std::string record = write_keys(ring()->keys());
  ASSERT_TRUE(read_keys(record));
  for (std::size_t i = 0; i < record.size(); ++i) {
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = record;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      EXPECT_FALSE(read_keys(damaged)) << i << ' ' << bit;
    }
    EXPECT_FALSE(read_keys(record.substr(0, i))) << i;
  }
}

TEST_F(ApiKeysTest, WithADamagedRecordNothingOpensUntilItIsGivenUp) {
  const NewKey made = add(Scope::search);
  ASSERT_TRUE(store_->put_meta("api-keys", "souk-keys 1 nonsense\n"));
  open(false);
  ASSERT_FALSE(keys_->current());
  EXPECT_EQ(keys_->current().error().kind, ErrorKind::corrupt);
  EXPECT_THAT(keys_->current().error().hint, HasSubstr("--all"));
  EXPECT_EQ(keys_->add({Scope::search, {}, {}, 0}).error().kind, ErrorKind::corrupt);
  EXPECT_EQ(keys_->revoke(made.key.id).error().kind, ErrorKind::corrupt);
  ASSERT_TRUE(keys_->revoke_all());
  EXPECT_TRUE(ring()->empty());
  EXPECT_EQ(ring()->find(made.text), nullptr);
}

TEST(ApiKeyRecord, WithAGoodChecksumOverWrongLinesIsAnError) {
  const auto sealed = [](const std::string& lines) { return "souk-keys 1 " + hash128(lines).hex() + "\n" + lines; };
  const std::string digest(64, 'a');
  EXPECT_TRUE(read_keys(sealed("id\tsearch\t1\t0\t0\t" + digest + "\t-\tname\n")));
  EXPECT_TRUE(read_keys(sealed("")));
  for (const std::string& lines : {"id\tsearch\t1\t0\t0\t" + digest + "\t-\tname", "id\tsearch\t1\t0\t0\t" + digest + "\t-\n",
                                   "id\tnone\t1\t0\t0\t" + digest + "\t-\t\n", "id\tsearch\tx\t0\t0\t" + digest + "\t-\t\n",
                                   "id\tsearch\t1\t0\t0\t" + digest.substr(1) + "\t-\t\n", std::string("\n")}) {
    EXPECT_FALSE(read_keys(sealed(lines))) << lines;
  }
}

class Tokens : public ApiKeysTest {
 protected:
  void SetUp() override {
    ApiKeysTest::SetUp();
    secret_ = add(Scope::write).key.token_secret;
  }
  TokenState check(const std::string& token, const std::string& shopper = "ann") { return ring()->check_token(token, shopper, kNow); }
  std::string token(const std::string& shopper, Timestamp expires = kNow + kHour) { return make_token(secret_, shopper, expires).value(); }

  static constexpr Timestamp kNow = 1'800'000'000'000;
  std::string secret_;
};

TEST_F(Tokens, VouchForTheirShopperAlone) {
  EXPECT_EQ(check(token("ann")), TokenState::good);
  EXPECT_EQ(check(token("bob")), TokenState::of_another);
  EXPECT_EQ(check(token("ann"), "bob"), TokenState::of_another);
  EXPECT_EQ(check(token("ann "), "ann"), TokenState::of_another);
  const std::string odd = "session:x.y\xC3\xBC";
  EXPECT_EQ(check(token(odd), odd), TokenState::good);
}

TEST_F(Tokens, Expire) {
  EXPECT_EQ(check(token("ann", kNow + kSecond)), TokenState::good);
  EXPECT_EQ(check(token("ann", kNow)), TokenState::expired);
  EXPECT_EQ(check(token("ann", kNow - kDay)), TokenState::expired);
}

TEST_F(Tokens, CannotBeChanged) {
  const std::string good = token("ann");
  for (std::size_t i = 0; i < good.size(); ++i) {
    std::string changed = good;
    changed[i] = changed[i] == 'A' ? 'B' : 'A';
    if (changed == good) continue;
    EXPECT_NE(check(changed), TokenState::good) << changed;
    EXPECT_NE(check(good.substr(0, i)), TokenState::good);
  }
  // Another shopper, or a longer life, under the old signature.
  const std::string signature = good.substr(good.rfind('.'));
  EXPECT_EQ(
      check("v1." + base64url(std::string_view("bob")) + good.substr(good.find('.', 3), good.rfind('.') - good.find('.', 3)) + signature,
            "bob"),
      TokenState::forged);
}

TEST_F(Tokens, OfAnotherFormAreNone) {
  for (const char* text : {"", "v1", "v1...", "v2.YW5u.1900000000.x", "v1.YW5u.-1.x", "v1.YW5u.99999999999999999999.x", "v1.YW5u.1e9.x",
                           "v1.YW5u.1900000000.x.y", "....", "null"}) {
    EXPECT_EQ(check(text), TokenState::malformed) << text;
  }
  EXPECT_EQ(check("v1.YW5u.1900000000."), TokenState::forged);
}

TEST_F(Tokens, EndWithTheKeyThatSignedThem) {
  const NewKey other = add(Scope::write);
  const std::string by_other = make_token(other.key.token_secret, "ann", kNow + kHour).value();
  EXPECT_EQ(check(by_other), TokenState::good);
  ASSERT_TRUE(keys_->revoke(other.key.id));
  EXPECT_EQ(check(by_other), TokenState::forged);
  EXPECT_EQ(check(token("ann")), TokenState::good);
}

TEST_F(Tokens, AreSignedByKeysThatWriteAndByNoOther) {
  EXPECT_TRUE(add(Scope::search).key.token_secret.empty());
  EXPECT_TRUE(add(Scope::admin).key.token_secret.empty());
  EXPECT_EQ(check(make_token("", "ann", kNow + kHour).value()), TokenState::forged);
}

}  // namespace
}  // namespace souk::engine
