public import HTTPTypes

/// Answers some requests of one connection straight from their bytes, on its event loop, ahead of the web framework.
public protocol DirectResponder: AnyObject {
  /// Serves the request that `bytes` begin with, if it is one of those answered here: calls `connection.answer`, now or
  /// after `connection.awaitAnswer`.
  ///
  /// - Parameter bytes: valid during the call only.
  func serve(_ bytes: UnsafeRawBufferPointer, on connection: HTTPConnection) -> DirectReading

  /// Serves a request of any form, whose body is here and means nothing; false if it is not one of those answered here.
  func serve(_ head: RequestHead, on connection: HTTPConnection) -> Bool

  /// Why a request would be refused by its head alone: asked before a client is told to send its body.
  func examine(_ head: HTTPRequest) -> Problem?

  /// The client has ended its half. Who is still answering does so as before, or at once where that is possible.
  func inputEnded()

  /// The process is to stop: an answer that can take long is ended now.
  func drains()

  /// The connection ended. An answer that is awaited finds nobody.
  func connectionEnded()
}

/// What a direct responder made of a connection's bytes.
public enum DirectReading {
  /// A request of so many bytes was answered, or will be.
  case served(Int)
  /// The beginning of one, as far as can be told.
  case partial
  /// Not one of those answered here.
  case other
}
