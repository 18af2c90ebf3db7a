#include "souk/cli/console.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>

#include "souk/engine/json_writer.h"

namespace souk::cli {
namespace {

std::size_t code_points(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (static_cast<unsigned char>(c) & 0xC0) != 0x80; }));
}

std::string_view kind_name(ErrorKind kind) {
  switch (kind) {
    case ErrorKind::invalid:
      return "invalid";
    case ErrorKind::not_found:
      return "not_found";
    case ErrorKind::exists:
      return "exists";
    case ErrorKind::corrupt:
      return "corrupt";
    case ErrorKind::version:
      return "version";
    case ErrorKind::io:
      return "io";
    case ErrorKind::disk_full:
      return "disk_full";
    case ErrorKind::busy:
      return "busy";
    case ErrorKind::limit:
      return "limit";
    case ErrorKind::unsupported:
      return "unsupported";
    case ErrorKind::cancelled:
      return "cancelled";
    case ErrorKind::internal:
      return "internal";
  }
  return "internal";
}

int report_as(const Console& console, const Error& error, int status) {
  if (console.json) print_line(console, error_json(error));
  console.caller->err("souk: " + error.message() + "\n");
  return status;
}

}  // namespace

void print(const Console& console, std::string_view text) {
  console.caller->out(text);
}

void print_line(const Console& console, std::string_view text) {
  console.caller->out(std::string(text) + "\n");
}

void note(const Console& console, std::string_view text) {
  if (!console.quiet) console.caller->err(std::string(text) + "\n");
}

std::string error_json(const Error& error) {
  engine::JsonWriter json;
  json.begin_object().key("error").begin_object().member("kind", kind_name(error.kind)).member("what", error.what);
  const auto optional = [&](std::string_view name, const std::string& text) {
    if (!text.empty()) json.member(name, text);
  };
  optional("where", error.where);
  optional("expected", error.expected);
  optional("found", error.found);
  optional("hint", error.hint);
  return json.member("message", error.message()).end_object().end_object().take();
}

int report(const Console& console, const Error& error) {
  return report_as(console, error, error.kind == ErrorKind::busy ? kBusy : kFailed);
}

int report_usage(const Console& console, const Error& error) {
  return report_as(console, error, kUsage);
}

int report_question(const Console& console, const Error& error) {
  // A question that names what the shop does not have is as wrong as one that cannot be read.
  const bool wrong = error.kind == ErrorKind::invalid || error.kind == ErrorKind::limit || error.kind == ErrorKind::not_found;
  return wrong ? report_usage(console, error) : report(console, error);
}

Result<std::shared_ptr<engine::Shop>> open_shop(const Console& console, const std::string& directory, Access access) {
  engine::OpenOptions options{.read_only = false, .for_repair = access == Access::repair, .threads = console.threads};
  auto shop = console.caller->open(directory, access, options);
  if (shop || access != Access::read) return shop;
  const bool held = shop.error().kind == ErrorKind::busy;
  if (!held && shop.error().kind != ErrorKind::unsupported) return shop;  // unsupported: it cannot be written
  options.read_only = true;
  auto beside = console.caller->open(directory, access, options);
  if (!beside) {  // both can be acted on
    std::string& hint = shop.error().hint;
    if (!hint.empty()) hint += hint.ends_with('.') ? " " : ". ";
    hint += "Reading it as it stands failed too: " + beside.error().message();
    return shop;
  }
  const Seq seq = (*beside)->store().counts().seq;
  if (held) {
    note(console, fmt::format("souk: the shop is held by {}: reading beside it, as it stood at commit {}",
                              shop.error().found.empty() ? "another process" : shop.error().found, seq));
  } else {
    note(console, fmt::format("souk: the shop cannot be written here ({}): reading it as it stood at commit {}", shop.error().found, seq));
  }
  return beside;
}

Table::Table(std::vector<std::string> header, std::vector<Align> align) : header_(std::move(header)), align_(std::move(align)) {}

std::string Table::text(std::string_view indent) const {
  std::vector<std::size_t> widths;
  const auto measure = [&](const std::vector<std::string>& cells) {
    widths.resize(std::max(widths.size(), cells.size()), 0);
    for (std::size_t i = 0; i < cells.size(); ++i) widths[i] = std::max(widths[i], code_points(cells[i]));
  };
  measure(header_);
  for (const auto& row : rows_) measure(row);
  std::string out;
  const auto write = [&](const std::vector<std::string>& cells) {
    std::string line(indent);
    for (std::size_t i = 0; i < cells.size(); ++i) {
      const std::string padding(widths[i] - code_points(cells[i]), ' ');
      const bool right = i < align_.size() && align_[i] == Align::right;
      line += right ? padding + cells[i] : cells[i] + padding;
      line += "  ";
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  };
  if (!header_.empty()) write(header_);
  for (const auto& row : rows_) write(row);
  return out;
}

std::string clipped(std::string_view text, std::size_t columns) {
  if (code_points(text) <= columns) return std::string(text);
  std::size_t bytes = 0, seen = 0;
  while (bytes < text.size()) {
    if ((static_cast<unsigned char>(text[bytes]) & 0xC0) != 0x80 && ++seen == columns) break;
    ++bytes;
  }
  return std::string(text.substr(0, bytes)) + "…";
}

std::string bytes_text(std::uint64_t bytes) {
  double amount = static_cast<double>(bytes);
  std::string_view unit = "bytes";
  for (const std::string_view larger : {"kB", "MB", "GB", "TB"}) {
    if (amount < 1000) break;
    amount /= 1000;
    unit = larger;
  }
  return unit == "bytes" ? fmt::format("{} bytes", bytes) : fmt::format("{:.1f} {}", amount, unit);
}

std::string price_text(const store::Item& item) {
  if (item.offers.empty()) return {};
  return fmt::format("{} {}", item.offers.front().amount.to_string(), item.offers.front().currency);
}

Result<double> parse_share(std::string_view text, std::string_view flag) {
  const bool percent = text.ends_with('%');
  const std::string_view digits = percent ? text.substr(0, text.size() - 1) : text;
  double value = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), value);
  if (error == std::errc() && end == digits.data() + digits.size()) {
    if (percent) value /= 100;
    if (value >= 0 && value <= 1) return value;
  }
  return fail(Error{ErrorKind::invalid, "cannot read a share", std::string(flag), "a share such as 10% or 0.1", std::string(text), {}});
}

}  // namespace souk::cli
