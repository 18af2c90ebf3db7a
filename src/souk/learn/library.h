// The door to libsouk_learn.so. Models over libtorch stand in that library, which is opened when the first of them is asked for; whoever
// asks needs no libtorch. What they are made by is known by kind (an interface of a higher room) and name.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <typeindex>
#include <utility>
#include <vector>

#include "souk/base/file.h"
#include "souk/base/result.h"

namespace souk::learn {

// Kind and name -> a pointer to what a model's file registered: static data of the library, which is never closed.
class Registry {
 public:
  template <class Entry>
  void add(std::string_view name, const Entry* entry) {
    entries_[{std::type_index(typeid(Entry)), std::string(name)}] = entry;
  }
  template <class Entry>
  const Entry* find(std::string_view name) const {  // null: there is none
    const auto found = entries_.find({std::type_index(typeid(Entry)), std::string(name)});
    return found == entries_.end() ? nullptr : static_cast<const Entry*>(found->second);
  }
  template <class Entry>
  std::vector<const Entry*> all() const {  // by name
    std::vector<const Entry*> result;
    for (const auto& [key, entry] : entries_) {
      if (key.first == std::type_index(typeid(Entry))) result.push_back(static_cast<const Entry*>(entry));
    }
    return result;
  }

 private:
  std::map<std::pair<std::type_index, std::string>, const void*> entries_;
};

// What a file of the library puts at namespace scope to be found: `const learn::Registered<recommend::RankModelEntry> kModel("sasrec",
// &kEntry);` It becomes part of a list that souk_learn_register() walks. Only in files of the library.
class Registration {
 public:
  using Add = void (*)(const Registration& self, Registry& registry);
  static void add_all(Registry& registry);

 protected:
  explicit Registration(Add add);

 private:
  Add add_;
  const Registration* next_;
};

template <class Entry>
class Registered : public Registration {
 public:
  Registered(std::string_view name, const Entry* entry) : Registration(add), name_(name), entry_(entry) {}

 private:
  static void add(const Registration& self, Registry& registry) {
    const auto& own = static_cast<const Registered&>(self);
    registry.add(own.name_, own.entry_);
  }
  std::string_view name_;
  const Entry* entry_;
};

// Opens the library (half a second and 160 MB) and lists what it holds. Refused (ErrorKind::unsupported) when it is not there, cannot be
// loaded, or was built from other headers than this program. It stays open for the life of the process.
Result<Registry> open_library(const fs::path& path);
// Where it stands: beside libsouk.so.
fs::path library_path();

// The models of this installation; opened at the first call, from any thread, and once. An error is told again at each call.
Result<const Registry*> models();

// What the library exports, as souk_learn_register: false, and nothing done, for another build's id than its own.
using RegisterFunction = bool (*)(Registry* registry, std::uint64_t build_id);
inline constexpr const char* kRegisterFunction = "souk_learn_register";

}  // namespace souk::learn
