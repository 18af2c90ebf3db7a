// Files of the S3-Rec form: one line a user, "user item item ...", separated by spaces, items in time order.
#include <algorithm>
#include <charconv>

#include "souk/feeds/byte_stream.h"
#include "souk/feeds/descriptor.h"

namespace souk::feeds {
namespace {

tl::unexpected<Error> bad_line(const fs::path& file, std::size_t line, std::string expected, std::string_view found) {
  return fail(Error{ErrorKind::invalid,
                    "cannot read the sequences",
                    file.string() + ":" + std::to_string(line),
                    std::move(expected),
                    std::string(found.substr(0, 40)),
                    {}});
}

// The numbers of a line; what is not one otherwise.
Status read_numbers(const fs::path& file, std::size_t line, std::string_view text, std::vector<std::uint64_t>& numbers) {
  numbers.clear();
  for (;;) {
    const std::size_t begin = text.find_first_not_of(" \t\r");
    if (begin == std::string_view::npos) return {};
    text.remove_prefix(begin);
    const std::string_view word = text.substr(0, text.find_first_of(" \t\r"));
    const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), numbers.emplace_back());
    if (error != std::errc() || end != word.data() + word.size()) return bad_line(file, line, "whole numbers, separated by spaces", word);
    text.remove_prefix(word.size());
  }
}

}  // namespace

Result<Sequences> read_sequences(const fs::path& file) {
  SOUK_TRY(const auto stream, ByteStream::open(file));
  std::string text;
  for (bool ended = false; !ended;) SOUK_CHECK(stream->read(text, 4u << 20, ended));

  std::vector<std::vector<std::uint64_t>> users;
  std::vector<std::uint64_t> numbers;
  std::size_t line = 0;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    SOUK_CHECK(read_numbers(file, ++line, rest.substr(0, end), numbers));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (numbers.size() == 1) return bad_line(file, line, "a user and at least one item", "a user alone");
    if (!numbers.empty()) users.emplace_back(numbers.begin() + 1, numbers.end());
  }

  // Item rows: the file's item numbers in ascending order.
  std::vector<std::uint64_t> items;
  for (const auto& user : users) items.insert(items.end(), user.begin(), user.end());
  const std::size_t events = items.size();
  std::ranges::sort(items);
  items.erase(std::unique(items.begin(), items.end()), items.end());
  if (items.size() > UINT32_MAX || users.size() > UINT32_MAX) return fail(ErrorKind::limit, "too many users or items", file.string());

  store::InteractionsBuilder builder;
  builder.reserve(events);
  for (std::size_t user = 0; user < users.size(); ++user) {
    for (const std::uint64_t number : users[user]) {
      store::InteractionsBuilder::Added event;
      event.shopper = static_cast<std::uint32_t>(user);
      event.item = static_cast<std::uint32_t>(std::ranges::lower_bound(items, number) - items.begin());
      builder.add(event);
    }
  }
  std::vector<std::string> keys;
  keys.reserve(items.size());
  for (const std::uint64_t number : items) keys.push_back(std::to_string(number));
  SOUK_TRY(auto log, std::move(builder).build(std::move(keys), {}, {}, false));
  return Sequences{std::move(log), hash128(text).hex()};
}

}  // namespace souk::feeds
