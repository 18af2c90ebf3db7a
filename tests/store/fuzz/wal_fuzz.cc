// A write-ahead log of any bytes: what is good is followed by what is torn, and cutting the torn part leaves a log without one. The first
// byte's lowest bit asks for right checksums.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "souk/store/wal.h"

#include "tests/store/fuzz/sealed_log.h"

namespace {

using namespace souk::store;

void check(std::string_view log, bool checksums) {
  const WalTail tail = examine_wal(log, checksums);
  if (tail.good > log.size() || (tail.torn != 0 && tail.good + tail.torn != log.size())) std::abort();
  if (tail.torn == 0 && tail.valid_after_damage) std::abort();
  const WalTail cut = examine_wal(log.substr(0, tail.good), checksums);
  if (cut.good != tail.good || cut.torn != 0) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string log(reinterpret_cast<const char*>(data) + 1, size - 1);
  if ((data[0] & 1) != 0) log = souk::testing::sealed_log(log);
  check(log, false);
  check(log, true);
  static_cast<void>(log_reaches(log, data[0]));
  return 0;
}
