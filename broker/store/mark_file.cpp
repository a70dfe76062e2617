#include "broker/store/mark_file.h"

#include <utility>

#include "broker/store/log_inspection.h"

namespace zex::store {

std::string mark_file_bytes(const Mark& mark) {
    std::string bytes = to_block(mark);
    bytes.resize(second_block_at, '\0');
    return bytes + to_block(mark);
}

Result<MarkFile> MarkFile::open(Disk& disk, const std::string& directory, Mark last) {
    const std::string path = in(directory, mark_name);
    auto there = disk.look(path);
    if (!there) return there.error();
    auto file = disk.open(path, *there ? Access::write : Access::create);
    if (!file) return file.error();
    if (!*there) {
        if (Status done = (*file)->write(0, mark_file_bytes(last)); !done) return done.error();
        if (Status done = (*file)->sync(); !done) return done.error();
        if (Status done = disk.sync_directory(directory); !done) return done.error();
    }
    return MarkFile(std::move(*file), last);
}

Status MarkFile::write(const Mark& mark) {
    Status done = file_->write(mark.count % 2 == 0 ? 0 : second_block_at, to_block(mark));
    if (done) last_ = mark;
    return done;
}

Status MarkFile::write(log::Place place) {
    Mark mark = last_;
    ++mark.count;
    mark.segment = place.segment;
    mark.offset = place.offset;
    return write(mark);
}

Status MarkFile::write_both(log::Place place, std::uint32_t first) {
    Mark mark = last_;
    mark.first = first;
    mark.segment = place.segment;
    mark.offset = place.offset;
    for (int block = 0; block < 2; ++block) {
        ++mark.count;
        if (Status done = write(mark); !done) return done;
    }
    return file_->sync();
}

}  // namespace zex::store
