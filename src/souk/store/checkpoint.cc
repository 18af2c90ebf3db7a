// A copy of the store of one moment, for backups and for work in other processes.
#include "souk/store/store_impl.h"

namespace souk::store {

Status Store::checkpoint(const fs::path& to) const {
  if (!impl_->committer) return refuse_writing();
  SOUK_CHECK(impl_->committer->write_served());
  return impl_->database->checkpoint(to);
}

}  // namespace souk::store
