import ServiceLifecycle

/// A service that listens: says which variable has the address, should that turn out to be taken.
struct Listening<Base: Service>: Service {
  let service: Base
  let variable: Variable
  let address: ListenAddress

  func run() async throws {
    do {
      try await service.run()
    } catch {
      guard let words = TakenAddress.words(of: error, variable, address) else { throw error }
      throw ConfigurationError(problems: [words])
    }
  }
}
