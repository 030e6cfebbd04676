public import Hummingbird

/// What the framework and our routes carry along with a request of any listener.
public struct ListenerContext: RequestContext {
  public var coreContext: CoreRequestContextStorage

  /// The request's path does not take its method. It takes the way of OPTIONS, to be told what the path takes.
  var refusesMethod = false

  public init(source: ApplicationRequestContextSource) { coreContext = CoreRequestContextStorage(source: source) }
}
