#include <fmt/format.h>

#include "souk/shelf/shelf.h"

namespace souk::shelf {
namespace {

template <class Makers>
std::vector<Registry::Entry> entries(const Makers& makers) {
  std::vector<Registry::Entry> result;
  for (const auto& [name, maker] : makers) result.push_back({name, maker.first});
  return result;
}

template <class T, class Makers>
Result<std::unique_ptr<T>> make(const Makers& makers, std::string_view kind, std::string_view name, const Config& settings) {
  if (const auto found = makers.find(name); found != makers.end()) return found->second.second(settings);
  std::vector<std::string> known;
  for (const auto& entry : makers) known.push_back(entry.first);
  const auto near = nearest_name(name, known);
  return fail(Error{
      .kind = ErrorKind::invalid,
      .what = fmt::format("there is no {} '{}'", kind, name),
      .where = {},
      .expected = known.empty() ? fmt::format("nothing: this build has no {}s", kind) : fmt::format("one of {}", fmt::join(known, ", ")),
      .found = std::string(name),
      .hint = near ? fmt::format("Did you mean '{}'?", *near) : std::string()});
}

}  // namespace

void Registry::add_retriever(std::string name, std::string help, Maker<Retriever> make) {
  retrievers_[std::move(name)] = {std::move(help), make};
}
void Registry::add_relaxer(std::string name, std::string help, Maker<Relaxer> make) {
  relaxers_[std::move(name)] = {std::move(help), make};
}
void Registry::add_scorer(std::string name, std::string help, Maker<Scorer> make) {
  scorers_[std::move(name)] = {std::move(help), make};
}
void Registry::add_arranger(std::string name, std::string help, Maker<Arranger> make) {
  arrangers_[std::move(name)] = {std::move(help), make};
}

Result<std::unique_ptr<Retriever>> Registry::retriever(std::string_view name, const Config& settings) const {
  return make<Retriever>(retrievers_, "retriever", name, settings);
}
Result<std::unique_ptr<Relaxer>> Registry::relaxer(std::string_view name, const Config& settings) const {
  return make<Relaxer>(relaxers_, "relaxer", name, settings);
}
Result<std::unique_ptr<Scorer>> Registry::scorer(std::string_view name, const Config& settings) const {
  return make<Scorer>(scorers_, "scorer", name, settings);
}
Result<std::unique_ptr<Arranger>> Registry::arranger(std::string_view name, const Config& settings) const {
  return make<Arranger>(arrangers_, "arranger", name, settings);
}

std::vector<Registry::Entry> Registry::retrievers() const {
  return entries(retrievers_);
}
std::vector<Registry::Entry> Registry::relaxers() const {
  return entries(relaxers_);
}
std::vector<Registry::Entry> Registry::scorers() const {
  return entries(scorers_);
}
std::vector<Registry::Entry> Registry::arrangers() const {
  return entries(arrangers_);
}

}  // namespace souk::shelf
