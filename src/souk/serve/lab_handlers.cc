// Recorded runs and evaluations of shops, for the console's runs page: JSON files below a folder of results, read anew at each question.
#include <algorithm>
#include <fmt/format.h>

#include "souk/engine/json_writer.h"
#include "souk/lab/run.h"
#include "souk/lab/shelves.h"
#include "souk/serve/handlers.h"
#include "souk/serve/service.h"

namespace souk::serve {

namespace {

constexpr std::string_view kEnding = ".json";
constexpr std::string_view kShops = "shops";     // the folder of evaluations of shops: what stands there is no run
constexpr std::size_t kMostFiles = 10'000;       // of one list; a folder with more is not a folder of results
constexpr std::uintmax_t kMostBytes = 4U << 20;  // of one record

struct ResultFile {
  std::string name;  // below the folder, without ".json": "recommend/co-visitation/beauty-seed1"
  fs::path path;
};

struct Listed {
  std::vector<ResultFile> files;  // by name
  bool exists = false;            // the folder
  bool complete = true;           // false: there are more than kMostFiles
};

bool hidden(const fs::path& path) {
  return path.filename().string().starts_with('.');
}

// Regular files that end in .json; neither hidden ones nor symbolic links. What cannot be read is left out.
Listed list_files(const fs::path& folder, bool deep) {
  Listed out;
  std::error_code error;
  out.exists = !folder.empty() && fs::is_directory(folder, error);
  if (!out.exists) return out;
  fs::recursive_directory_iterator at(folder, fs::directory_options::skip_permission_denied, error);
  for (; !error && at != fs::recursive_directory_iterator(); at.increment(error)) {
    std::error_code ignored;
    const auto kind = at->symlink_status(ignored).type();
    if (kind == fs::file_type::directory) {
      const bool shops = at.depth() == 0 && at->path().filename() == kShops;
      if (!deep || shops || hidden(at->path())) at.disable_recursion_pending();
    } else if (kind == fs::file_type::regular && at->path().extension() == kEnding && !hidden(at->path())) {
      if (out.files.size() == kMostFiles) {
        out.complete = false;
        break;
      }
      std::string name = at->path().lexically_relative(folder).generic_string();
      name.resize(name.size() - kEnding.size());
      out.files.push_back({std::move(name), at->path()});
    }
  }
  std::sort(out.files.begin(), out.files.end(), [](const ResultFile& a, const ResultFile& b) { return a.name < b.name; });
  return out;
}

std::string written_at(const fs::path& path) {
  std::error_code error;
  const auto time = fs::last_write_time(path, error);
  if (error) return "";
  const auto since_epoch = std::chrono::file_clock::to_sys(time).time_since_epoch();
  return format_rfc3339(std::chrono::floor<std::chrono::seconds>(since_epoch).count() * kSecond);
}

Result<std::string> read_record(const ResultFile& file) {
  std::error_code error;
  const std::uintmax_t size = fs::file_size(file.path, error);
  if (!error && size > kMostBytes) {
    return fail(Error{ErrorKind::limit,
                      "the file is too large for a record",
                      file.name,
                      fmt::format("at most {} bytes", kMostBytes),
                      fmt::format("{} bytes", size),
                      {}});
  }
  return read_file(file.path);
}

// The record's own members after the name that the interface gives it. `json` is an object.
std::string named(const ResultFile& file, std::string_view json) {
  engine::JsonWriter head;
  head.begin_object().member("name", file.name).member("written", written_at(file.path));
  return head.take() + "," + std::string(json.substr(1));
}

Result<std::string> run_json(const ResultFile& file, bool whole) {
  SOUK_TRY(const std::string text, read_record(file));
  SOUK_TRY(lab::RunRecord record, lab::RunRecord::from_json(text, file.name + std::string(kEnding)));
  if (!whole) record.slices.clear();
  return named(file, record.to_json());
}

Result<std::string> shop_json(const ResultFile& file) {
  SOUK_TRY(const std::string text, read_record(file));
  SOUK_TRY(const lab::ShopReport report, lab::ShopReport::from_json(text, file.name + std::string(kEnding)));
  return named(file, report.to_json());
}

// {"folder", "exists", "complete", MEMBER: [...], "broken": [{"name", "problem"}]}: a file that cannot be read does not hide the others.
template <class Read>
HttpResponse list_response(const Call& call, const fs::path& folder, std::string_view member, const Listed& listed, Read read) {
  engine::JsonWriter json, broken;
  json.begin_object().member("folder", folder.string()).member("exists", listed.exists).member("complete", listed.complete);
  json.key(member).begin_array();
  broken.begin_array();
  for (const ResultFile& file : listed.files) {
    if (const Result<std::string> record = read(file)) {
      json.raw(*record);
    } else {
      broken.begin_object().member("name", file.name).member("problem", record.error().message()).end_object();
    }
  }
  json.end_array().key("broken").raw(broken.end_array().text()).end_object();
  return cacheable(json.take(), "application/json", call.request.header("if-none-match"));
}

}  // namespace

HttpResponse get_lab_runs(Service& service, const Call& call) {
  const fs::path& folder = service.options().results_dir;
  return list_response(call, folder, "runs", list_files(folder, true), [](const ResultFile& file) { return run_json(file, false); });
}

HttpResponse get_lab_run(Service& service, const Call& call) {
  const std::string& name = call.values.front();
  const fs::path& folder = service.options().results_dir;
  std::error_code error;
  const fs::path root = folder.empty() ? fs::path() : fs::canonical(folder, error);
  const auto path = error || root.empty() ? std::nullopt : file_below(root, name + std::string(kEnding));
  if (!path || name.starts_with(fmt::format("{}/", kShops))) {
    return to_response(Problem{404, "not-found", "there is no recorded run of this name; GET /v1/lab/runs lists them", {}, {}, 0});
  }
  const auto record = run_json({name, *path}, true);
  if (record) return cacheable(*record, "application/json", call.request.header("if-none-match"));
  const Error& wrong = record.error();
  return to_response(Problem{500, "broken-record", wrong.what, {{wrong.where, wrong.expected, wrong.found, 0}}, {}, 0});
}

HttpResponse get_lab_shops(Service& service, const Call& call) {
  const fs::path& results = service.options().results_dir;
  const fs::path folder = results.empty() ? fs::path() : results / kShops;
  return list_response(call, folder, "shops", list_files(folder, false), shop_json);
}

}  // namespace souk::serve
