// A moment of a VectorStore. Inside this room: users see vector_store.h.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "souk/base/pool.h"
#include "souk/index/bits.h"
#include "souk/index/vector_store.h"

namespace souk::index {

struct VectorView {  // a segment as one reader sees it
  std::shared_ptr<const VectorSegment> segment;
  std::string file;                  // its name; empty: in memory
  std::shared_ptr<const Bits> live;  // rows that were neither replaced nor removed; null: all
  std::uint32_t live_rows = 0;

  VectorView(std::shared_ptr<const VectorSegment> shown, std::string name)
      : segment(std::move(shown)), file(std::move(name)), live_rows(segment->rows()) {}
  bool is_live(std::uint32_t row) const { return live == nullptr || test_bit(*live, row); }
  // The row of an item, where it is live.
  std::optional<std::uint32_t> find(std::uint32_t item) const {
    const auto row = segment->row_of(item);
    return row && is_live(*row) ? row : std::nullopt;
  }
};

struct SpaceViews {
  VectorSpace is = {};
  bool declared = false;
  std::vector<VectorView> views = {};
  RefusedVectors refused = {};
};

struct SearchRoom {  // lent to one query at a time
  WalkScratch walk;
  Bits rows;
  std::vector<Scored> found;
};
using SearchRooms = Pool<SearchRoom>;

class VectorMoment final : public VectorReader {
 public:
  using Spaces = std::map<std::string, SpaceViews, std::less<>>;
  VectorMoment(Spaces spaces, Seq seq, std::shared_ptr<SearchRooms> rooms)
      : spaces_(std::move(spaces)), seq_(seq), rooms_(std::move(rooms)) {}

  Result<std::vector<Hit>> search(const SpaceQuery& query) const override;
  std::optional<std::span<const float>> vector(std::string_view space, ItemId item) const override;
  const VectorSpace* space(std::string_view name) const override;
  std::vector<SpaceState> spaces() const override;
  Seq through_seq() const override { return seq_; }

 private:
  Spaces spaces_;
  Seq seq_;
  std::shared_ptr<SearchRooms> rooms_;
};

}  // namespace souk::index
