internal import HTTPServing

/// The number of a worker, in a path.
struct WorkerID: PathParameter {
  static var nameInPath: String { "worker" }

  let rawValue: Int64

  init?(inPath text: String) {
    guard let number: Int64 = Self.number(text) else { return nil }
    rawValue = number
  }
}
