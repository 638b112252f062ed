// Converts a response to JSON lines while it arrives, so that a response of any size takes the memory of a
// buffer.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <tapster/record_parser.hpp>

namespace tapster {

// Takes a full block, and leaves it empty: Records::push. It may block.
using BlockSink = std::function<Result<void>(Block& block)>;

// The largest record of a response that arrives in pieces, in bytes as the source sent it. It bounds the
// memory.
constexpr size_t largest_streamed_record = size_t{16} << 20;

// Parses one response in pieces: JSON, JSON Lines or CSV. One thread.
//
// If the connection breaks, request the response again and call `begin` again. The rows that have gone to the
// sink must come again in the same order, with the same columns; they are compared by a hash and left out.
class RecordStream {
 public:
  // `projection` must outlive it. `takes_rejects` as in Block. The visitor is called as by RecordParser, but
  // not for rows that are left out. The sink gets the records in blocks of about 256 KiB.
  RecordStream(const Projection& projection, RecordSelector selector, bool takes_rejects, RowVisitor visit,
               BlockSink sink);
  ~RecordStream();
  RecordStream(const RecordStream&) = delete;
  RecordStream& operator=(const RecordStream&) = delete;

  // Starts the response, for the first time or again. Drops the records that have not gone to the sink.
  void begin();

  // Parses the next piece, of any size and cut anywhere. Errors: those of RecordParser::parse; those of the
  // sink; source, for a record that is larger than largest_streamed_record, or if the response differs from
  // the one before.
  Result<void> feed(std::string_view piece);

  // Parses the end of the response and sends the last block. Errors: as `feed`; transient, if it is not
  // complete.
  Result<Page> finish();

  // Whether the last error was that the response, requested again, has other rows than before. The rows that
  // have gone to the sink cannot be completed then.
  [[nodiscard]] bool differs() const;

  // The rows that have gone to the sink or were discarded before.
  [[nodiscard]] size_t rows_sent() const;

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tapster
