internal import NIOCore

/// Takes a request's body out of a connection's bytes, up to its end and not a byte further.
struct BodyReader {
  /// What comes next.
  enum Step {
    case part(ByteBuffer)
    /// The body is whole; what follows is the next request's.
    case end
    /// More bytes are needed.
    case partial
    /// The chunks are not well-formed; where the body ends nobody can tell.
    case malformed
  }

  private enum State {
    /// So many bytes of a body of stated length are still to come.
    case length(Int)
    case chunkSize
    case chunk(Int)
    case chunkEnd
    case trailers
    case ended
  }

  private var state: State
  private var trailerBytes = 0

  init(_ framing: RequestHead.Framing) {
    switch framing {
    case .length(let bytes): state = .length(bytes)
    case .chunked: state = .chunkSize
    }
  }

  mutating func next(_ bytes: inout ByteBuffer) -> Step {
    while true {
      switch state {
      case .ended: return .end
      case .length(0): state = .ended
      case .length(let left):
        guard let part = bytes.readSlice(length: min(left, bytes.readableBytes)), part.readableBytes > 0 else {
          return .partial
        }
        state = .length(left - part.readableBytes)
        return .part(part)
      case .chunkSize:
        switch Self.line(&bytes, limit: Limits.chunkLineBytes) {
        case .partial: return .partial
        case .malformed: return .malformed
        case .line(let line):
          guard let size = Self.chunkSize(line) else { return .malformed }
          state = size == 0 ? .trailers : .chunk(size)
        }
      case .chunk(0): state = .chunkEnd
      case .chunk(let left):
        guard let part = bytes.readSlice(length: min(left, bytes.readableBytes)), part.readableBytes > 0 else {
          return .partial
        }
        state = .chunk(left - part.readableBytes)
        return .part(part)
      case .chunkEnd:
        guard let end = bytes.getBytes(at: bytes.readerIndex, length: min(2, bytes.readableBytes)), end.count == 2
        else {
          let isWrong = bytes.readableBytes == 1 && bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) != 0x0D
          return isWrong ? .malformed : .partial
        }
        guard end == [0x0D, 0x0A] else { return .malformed }
        bytes.moveReaderIndex(forwardBy: 2)
        state = .chunkSize
      case .trailers:
        // Trailer fields are read and dropped (RFC 9112 §7.1.2): nothing here has a use for them.
        switch Self.line(&bytes, limit: Limits.headerFieldBytes) {
        case .partial: return .partial
        case .malformed: return .malformed
        case .line(let line):
          trailerBytes += line.count
          guard trailerBytes <= Limits.headerListBytes else { return .malformed }
          if line.isEmpty {
            state = .ended
          } else {
            guard line.withUnsafeBytes({ $0.field != nil }) else { return .malformed }
          }
        }
      }
    }
  }
}

// MARK: - Lines

extension BodyReader {
  private enum Line {
    case line([UInt8])
    case partial
    case malformed
  }

  /// The next line, without the CR LF that ends it.
  private static func line(_ bytes: inout ByteBuffer, limit: Int) -> Line {
    let view = bytes.readableBytesView
    guard let feed = view.firstIndex(of: 0x0A) else { return view.count > limit ? .malformed : .partial }
    let line = Array(view[..<feed])
    guard line.last == 0x0D, line.count <= limit else { return .malformed }
    bytes.moveReaderIndex(forwardBy: line.count + 1)
    return .line(line.dropLast())
  }

  /// `chunk-size [ chunk-ext ]` (RFC 9112 §7.1): hexadecimal digits, at most 2^60, and extensions that are ignored.
  private static func chunkSize(_ line: [UInt8]) -> Int? {
    let digits = line.prefix(while: isHexDigit)
    guard (1...15).contains(digits.count), let size = Int(String(decoding: digits, as: UTF8.self), radix: 16) else {
      return nil
    }
    let rest = line.dropFirst(digits.count).drop { $0 == 0x20 || $0 == 0x09 }
    guard rest.isEmpty || rest.first == UInt8(ascii: ";"), rest.allSatisfy({ $0 >= 0x20 && $0 != 0x7F || $0 == 0x09 })
    else { return nil }
    return size
  }
}
