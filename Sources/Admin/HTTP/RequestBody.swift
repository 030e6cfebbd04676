internal import FlashSale
internal import HTTPServing
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore

extension Request {
  /// Checks the body's media type, then its stated length, before any of it is read.
  func checkBody() throws(Problem) {
    guard isJSON else { throw .unsupportedMediaType }
    if let length = headers[.contentLength].flatMap(Int.init), length > Limits.bodyBytes {
      throw .bodyTooLarge(limit: Limits.bodyBytes)
    }
  }

  /// What the body says. Throws the problem that names what is wrong with it.
  func parsed<Value>(_ parse: (UnsafeRawBufferPointer) throws(BodyError) -> Value) async throws -> Value {
    let body: ByteBuffer
    do {
      body = try await self.body.collect(upTo: Limits.bodyBytes)
    } catch is NIOTooManyBytesError {
      throw Problem.bodyTooLarge(limit: Limits.bodyBytes)
    }
    do throws(BodyError) {
      return try body.withUnsafeReadableBytes { bytes throws(BodyError) in try parse(bytes) }
    } catch {
      throw Problem.body(error)
    }
  }

  /// `application/json`, with or without parameters; the only type that intake takes too.
  private var isJSON: Bool {
    guard let type = headers[.contentType]?.prefix(while: { $0 != ";" }) else { return false }
    guard let last = type.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return false }
    return type[...last].lowercased() == "application/json"
  }
}
