@testable import FlashSale
import Fuzzing
import Time

@main enum Record {
  static func main() { fuzz(testOneInput) }
}

/// Any bytes as the value of a record in the log: read by `PlainRecord`, and by SwiftProtobuf.
///
/// (1) It answers for any bytes, and reads none past their end (AddressSanitizer).
/// (2) The two readers agree: on the record, or on why there is none.
/// (3) A record that was read, written and read again is the same one, within its bound of bytes; and `PlainRecord`
///     reads what was written here, if it is a request.
@c(LLVMFuzzerTestOneInput)
public func testOneInput(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
  let bytes = UnsafeRawBufferPointer(start: start, count: count)
  let read = outcome { () throws(UnreadableRecord) in try LogRecord(decoding: bytes) }
  let reference = outcome { () throws(UnreadableRecord) in try LogRecord(decodingAnyForm: bytes) }
  check(read == reference, "read \(read), but it is \(reference)")
  guard case .success(let record) = read else { return 0 }
  let written = record.encoded()
  check(written.count <= Limits.recordBytes, "\(written.count) bytes: more than any record has")
  written.withUnsafeBytes { written in
    let again = outcome { () throws(UnreadableRecord) in try LogRecord(decodingAnyForm: written) }
    check(again == read, "written and read again it is \(again), not \(record)")
    // Protocol Buffers leave a field out that is 0. No clock says 1970, and no order's id has such a half.
    if case .place(let request) = record, request.acceptedAt.microseconds != 0, request.order.low != 0 {
      check(PlainRecord.request(in: written) == request, "written otherwise than it is plainly read: \(request)")
    }
  }
  return 0
}

private func outcome(
  _ read: () throws(UnreadableRecord) -> LogRecord
) -> Result<LogRecord, UnreadableRecord> {
  do throws(UnreadableRecord) {
    return .success(try read())
  } catch {
    return .failure(error)
  }
}
