public import FlashSale
internal import HTTPTypes
public import Hummingbird
internal import NIOCore

/// Refuses a POST or PATCH by its head, before any of its body is read: by the media type, then by the stated length.
public struct JSONBody: RouterMiddleware {
  private let limit: Int

  /// - Parameter limit: in bytes.
  public init(limit: Int) { self.limit = limit }

  public func handle(
    _ request: Request, context: ListenerContext, next: (Request, ListenerContext) async throws -> Response
  ) async throws -> Response {
    if request.method == .post || request.method == .patch {
      guard let type = request.headers[.contentType], isJSON(mediaType: type) else {
        throw Problem.unsupportedMediaType
      }
      if let length = request.headers[.contentLength].flatMap(Int.init), length > limit {
        throw Problem.bodyTooLarge(limit: limit)
      }
    }
    return try await next(request, context)
  }
}

extension Request {
  /// What the body says. Throws the problem that names what is wrong with it.
  ///
  /// - Parameter limit: in bytes.
  public func parsed<Value>(
    upTo limit: Int, _ parse: (UnsafeRawBufferPointer) throws(BodyError) -> Value
  ) async throws -> Value {
    let body: ByteBuffer
    do {
      body = try await self.body.collect(upTo: limit)
    } catch is NIOTooManyBytesError {
      throw Problem.bodyTooLarge(limit: limit)
    }
    do throws(BodyError) {
      return try body.withUnsafeReadableBytes { bytes throws(BodyError) in try parse(bytes) }
    } catch {
      throw Problem.body(error)
    }
  }
}

/// Whether a `Content-Type` says `application/json`, with or without parameters; no other type is taken.
public func isJSON(mediaType: String) -> Bool {
  let type = mediaType.prefix { $0 != ";" }.drop { $0 == " " || $0 == "\t" }
  guard let last = type.lastIndex(where: { $0 != " " && $0 != "\t" }) else { return false }
  return type[...last].lowercased() == "application/json"
}
