#include "souk/serve/admission.h"

#include <gtest/gtest.h>

namespace souk::serve {
namespace {

using std::chrono::seconds;

const Clock::time_point kNow = Clock::time_point() + std::chrono::hours(1);

std::shared_ptr<Guest> guest(const std::string& client, Clock::time_point may_go = Clock::time_point::max()) {
  auto made = std::make_shared<Guest>();
  made->client = client;
  made->may_go = may_go;
  return made;
}

TEST(Admission, AClientIsAnAddressOrANetOfIpv6) {
  EXPECT_EQ(client_of("192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(client_of("::ffff:192.0.2.7"), "192.0.2.7");
  EXPECT_EQ(client_of("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64");
  EXPECT_EQ(client_of("2001:db8:1:2::9%1"), "2001:db8:1:2::/64");
}

TEST(Admission, TakesSoManyAndSoManyOfOneClient) {
  Admission admission(3, 2);
  std::shared_ptr<Guest> leaver;
  const auto a = guest("a"), b = guest("a"), c = guest("b");
  EXPECT_TRUE(admission.enter(a, kNow, leaver));
  EXPECT_TRUE(admission.enter(b, kNow, leaver));
  EXPECT_FALSE(admission.enter(guest("a"), kNow, leaver));
  EXPECT_TRUE(admission.enter(c, kNow, leaver));
  EXPECT_FALSE(admission.enter(guest("c"), kNow, leaver)) << "all of them work";
  EXPECT_EQ(leaver, nullptr);
  admission.leave(a.get());
  EXPECT_EQ(admission.size(), 2U);
  EXPECT_TRUE(admission.enter(guest("a"), kNow, leaver));
}

TEST(Admission, TheOneThatMightHaveGoneLongestMakesWay) {
  Admission admission(3, 0);
  std::shared_ptr<Guest> leaver;
  const auto late = guest("a", kNow - seconds(1)), early = guest("a", kNow - seconds(2)), working = guest("a");
  for (const auto& one : {late, early, working}) EXPECT_TRUE(admission.enter(one, kNow, leaver));
  EXPECT_EQ(leaver, nullptr) << "there was room";
  EXPECT_FALSE(admission.enter(guest("b"), kNow - seconds(3), leaver)) << "nobody has waited long enough";
  EXPECT_TRUE(admission.enter(guest("b"), kNow, leaver));
  EXPECT_EQ(leaver, early);
  EXPECT_TRUE(admission.enter(guest("b"), kNow, leaver));
  EXPECT_EQ(leaver, late) << "one is not asked twice";
  EXPECT_FALSE(admission.enter(guest("b"), kNow, leaver));
  admission.leave(early.get());
  EXPECT_FALSE(admission.enter(guest("b"), kNow, leaver)) << "its place was given away already";
  admission.leave(working.get());
  EXPECT_TRUE(admission.enter(guest("b"), kNow, leaver));
}

TEST(Admission, OneThatStaysCountsAgain) {
  Admission admission(1, 0);
  std::shared_ptr<Guest> leaver;
  const auto first = guest("a", kNow), second = guest("b");
  EXPECT_TRUE(admission.enter(first, kNow, leaver));
  EXPECT_TRUE(admission.enter(second, kNow, leaver));
  EXPECT_EQ(leaver, first);
  first->may_go = Clock::time_point::max();
  admission.stays(first.get());
  EXPECT_EQ(admission.size(), 2U);
  admission.leave(second.get());
  EXPECT_FALSE(admission.enter(guest("c"), kNow, leaver));
  admission.leave(first.get());
  EXPECT_TRUE(admission.enter(guest("c"), kNow, leaver));
}

}  // namespace
}  // namespace souk::serve
