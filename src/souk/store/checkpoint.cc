// A copy of the store of one moment, for backups and for work in other processes.
#include <rocksdb/utilities/checkpoint.h>

#include "souk/store/store_impl.h"

namespace souk::store {

Status Store::checkpoint(const fs::path& to) const {
  if (!impl_->committer) return refuse_writing();
  SOUK_CHECK(impl_->committer->write_served());
  rocksdb::Checkpoint* made = nullptr;
  if (const auto status = rocksdb::Checkpoint::Create(&impl_->database->db(), &made); !status.ok()) {
    return fail(status, "cannot make a checkpoint of the store");
  }
  const std::unique_ptr<rocksdb::Checkpoint> checkpoint(made);
  // What is in memory only is written to files first: a checkpoint's write-ahead log holds at most what was committed since.
  if (const auto status = checkpoint->CreateCheckpoint(to.string()); !status.ok()) {
    return fail(status, "cannot make a checkpoint of the store in " + to.string());
  }
  return {};
}

}  // namespace souk::store
