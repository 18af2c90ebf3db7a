// Going through one list of a query: see ranked.h.
#include <algorithm>

#include "souk/index/ranked.h"

namespace souk::index {
namespace {

using Block = std::array<std::uint32_t, kBlockPostings + kernels::kPackGroup>;

}  // namespace

void ListCursor::open(const TermList& list) {
  list_ = &list;
  blocks_ = (list.frequency() + kBlockPostings - 1) / kBlockPostings;
  block_ = count_ = 0;
  loaded_ = false;
  bound_ = 0;
  if (blocks_ == 0) return;
  if (blocks_ == 1) load(0);  // the last document of a single block is known to those who decode it
  if (gathered()) {
    bound_ = list.idf * *std::max_element(list.units.begin(), list.units.end());
  } else if (list.postings.frequency() == 1) {
    bound_ = block_scores()[0];
  } else {
    bound_ = list.idf * list.scores->bound(list.postings.max_impact());
  }
}

std::uint32_t ListCursor::find_block(std::uint32_t block, std::uint32_t document) const {
  if (blocks_ == 1) return block == 0 && document <= documents_[count_ - 1] ? 0 : 1;
  if (!gathered()) return list_->postings.seek(block, document);
  const auto begin = list_->documents.begin() + std::ptrdiff_t{block} * kBlockPostings;
  const auto found = std::lower_bound(begin, list_->documents.end(), document);
  return found == list_->documents.end() ? blocks_ : static_cast<std::uint32_t>(found - list_->documents.begin()) / kBlockPostings;
}

std::uint32_t ListCursor::block_last(std::uint32_t block) const {
  if (blocks_ == 1) return documents_[count_ - 1];
  if (!gathered()) return list_->postings.last(block);
  return list_->documents[std::min<std::size_t>(list_->documents.size(), (std::size_t{block} + 1) * kBlockPostings) - 1];
}

std::span<const std::uint32_t> ListCursor::load(std::uint32_t block) {
  if (loaded_ && block == block_) return {documents_, count_};
  loaded_ = true;
  scored_ = false;
  block_ = block;
  if (gathered()) {
    const auto rest = list_->documents.subspan(std::size_t{block} * kBlockPostings);
    count_ = static_cast<std::uint32_t>(std::min<std::size_t>(kBlockPostings, rest.size()));
    documents_ = rest.data();
    if (count_ < kBlockPostings) {  // copied, to be filled up
      std::copy(rest.begin(), rest.end(), decoded_.begin());
      documents_ = decoded_.data();
    }
  } else {
    documents_ = decoded_.data();
    count_ = list_->postings.documents(block, decoded_.data());
  }
  if (count_ < kBlockPostings) std::fill(decoded_.begin() + count_, decoded_.begin() + kBlockPostings, UINT32_MAX);
  return {documents_, count_};
}

bool ListCursor::move_to(std::uint32_t document) {
  std::uint32_t from = 0;
  if (loaded_) {
    if (document > documents_[count_ - 1]) {
      from = block_ + 1;
    } else if (block_ == 0 || document > block_last(block_ - 1)) {
      return true;  // before the first of this block
    }
  }
  const std::uint32_t block = from < blocks_ ? find_block(from, document) : blocks_;
  if (block >= blocks_) return false;
  load(block);
  return true;
}

std::size_t ListCursor::find(std::span<const std::uint32_t> wanted, std::uint32_t* places, float* scores) {
  std::array<std::uint32_t, kBlockPostings + 1> at;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled as far as it is read
  std::size_t found = 0;
  for (std::size_t i = 0; i < wanted.size();) {
    if (!reach(wanted[i])) break;
    const std::uint32_t last = documents_[count_ - 1];
    const std::size_t first = found;
    do {
      const std::uint32_t place = lower_bound(wanted[i]);
      places[found] = static_cast<std::uint32_t>(i);
      at[found - first] = place;
      found += documents_[place] == wanted[i] ? 1 : 0;
      ++i;
    } while (i < wanted.size() && wanted[i] <= last);
    for (std::size_t j = first; j < found; ++j) scores[j] = score(at[j - first]);
  }
  return found;
}

std::span<const float> ListCursor::block_scores() {
  const std::span<const float> all(block_scores_.data(), count_);
  if (scored_) return all;
  scored_ = true;
  const float idf = list_->idf;
  if (gathered()) {
    const float* units = list_->units.data() + std::size_t{block_} * kBlockPostings;
    for (std::uint32_t i = 0; i < count_; ++i) block_scores_[i] = idf * units[i];
    return all;
  }
  Block codes;  // NOLINT(cppcoreguidelines-pro-type-member-init): filled next
  list_->postings.codes(block_, codes.data());
  for (std::uint32_t i = 0; i < count_; ++i) block_scores_[i] = idf * (*list_->scores)(documents_[i], codes[i]);
  return all;
}

}  // namespace souk::index
