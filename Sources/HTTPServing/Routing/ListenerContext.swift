public import Hummingbird
public import NIOCore

/// What the framework and our routes carry along with a request of any listener.
public struct ListenerContext: RequestContext {
  public var coreContext: CoreRequestContextStorage

  /// Whom the connection is with: a client, or a proxy.
  public let peer: SocketAddress?

  /// The connection's.
  public let eventLoop: any EventLoop

  /// The request's path does not take its method. It takes the way of OPTIONS, to be told what the path takes.
  var refusesMethod = false

  public init(source: ApplicationRequestContextSource) {
    coreContext = CoreRequestContextStorage(source: source)
    peer = source.channel.remoteAddress
    eventLoop = source.channel.eventLoop
  }
}
