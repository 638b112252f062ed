#include "output/files/compression.hpp"

#include <zlib.h>
#include <zstd.h>

#include <array>
#include <new>

namespace tapster::host {

namespace {

constexpr size_t block_size = size_t{64} << 10U;

class GzipEncoder : public Compressor {
 public:
  GzipEncoder() {
    constexpr int window = 15 + 16;  // the largest, with a gzip header
    if (::deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) != Z_OK)
      throw std::bad_alloc();
  }
  GzipEncoder(const GzipEncoder&) = delete;
  GzipEncoder& operator=(const GzipEncoder&) = delete;
  ~GzipEncoder() override { ::deflateEnd(&stream_); }

  void write(std::string_view text, std::string& out) override {
    is_open_ = is_open_ || !text.empty();
    while (!text.empty()) {
      const auto part = text.substr(0, size_t{1} << 30U);  // zlib counts in 32 bits
      run(part, Z_NO_FLUSH, out);
      text.remove_prefix(part.size());
    }
  }
  void end_frame(std::string& out) override {
    if (!is_open_) return;
    run({}, Z_FINISH, out);
    drop_frame();
  }
  void drop_frame() override {
    is_open_ = false;
    ::deflateReset(&stream_);
  }

 private:
  void run(std::string_view text, int flush, std::string& out) {
    std::array<unsigned char, block_size> block;  // NOLINT: filled by deflate
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream_.avail_in = static_cast<uInt>(text.size());
    do {
      stream_.next_out = block.data();
      stream_.avail_out = static_cast<uInt>(block.size());
      ::deflate(&stream_, flush);
      out.append(reinterpret_cast<const char*>(block.data()), block.size() - stream_.avail_out);
    } while (stream_.avail_out == 0);
  }

  z_stream stream_{};
  bool is_open_ = false;
};

class ZstdEncoder : public Compressor {
 public:
  ZstdEncoder() : context_(::ZSTD_createCCtx()) {
    if (!context_) throw std::bad_alloc();
    ::ZSTD_CCtx_setParameter(context_.get(), ZSTD_c_checksumFlag, 1);
  }

  void write(std::string_view text, std::string& out) override {
    is_open_ = is_open_ || !text.empty();
    run(text, ZSTD_e_continue, out);
  }
  void end_frame(std::string& out) override {
    if (is_open_) run({}, ZSTD_e_end, out);
    is_open_ = false;
  }
  void drop_frame() override {
    is_open_ = false;
    ::ZSTD_CCtx_reset(context_.get(), ZSTD_reset_session_only);
  }

 private:
  void run(std::string_view text, ZSTD_EndDirective directive, std::string& out) {
    std::array<char, block_size> block;  // NOLINT: filled by zstd
    ZSTD_inBuffer in{text.data(), text.size(), 0};
    size_t left = 0;
    do {
      ZSTD_outBuffer room{block.data(), block.size(), 0};
      left = ::ZSTD_compressStream2(context_.get(), &room, &in, directive);
      if (::ZSTD_isError(left) != 0) throw std::bad_alloc();  // the only possible error
      out.append(block.data(), room.pos);
    } while (directive == ZSTD_e_end ? left > 0 : in.pos < in.size);
  }

  struct Free {
    void operator()(ZSTD_CCtx* context) const { ::ZSTD_freeCCtx(context); }
  };
  std::unique_ptr<ZSTD_CCtx, Free> context_;
  bool is_open_ = false;
};

}  // namespace

std::string_view extension(Compression compression) {
  switch (compression) {
    case Compression::gzip:
      return ".gz";
    case Compression::zstd:
      return ".zst";
    case Compression::none:
      break;
  }
  return "";
}

std::unique_ptr<Compressor> make_compressor(Compression compression) {
  switch (compression) {
    case Compression::gzip:
      return std::make_unique<GzipEncoder>();
    case Compression::zstd:
      return std::make_unique<ZstdEncoder>();
    case Compression::none:
      break;
  }
  return nullptr;
}

}  // namespace tapster::host
